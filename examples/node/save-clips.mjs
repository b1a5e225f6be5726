/**
 * `node examples/node/save-clips.mjs FOLDER`: writes what was said around every wake word, 1.5 s before it to 3 s after it, as a WAV file
 * for a speech recognizer.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from 'tympan';
import { encodeWav, microphone } from 'tympan/node';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('got no folder, expected where clips are to be written');
await mkdir(folder, { recursive: true });

const detector = (await loadModel(new URL('../../models/happy.onnx', import.meta.url))).detector();
const sound = microphone({ sampleRate: detector.sampleRate });
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

/** Writes a clip once the sound after the word was heard; the loop goes on meanwhile. */
async function save({ keyword, time, audio }) {
  const { samples, sampleRate } = await audio;
  const path = join(folder, `${keyword}-${time.toFixed(2)}.wav`);
  await writeFile(path, encodeWav(samples, sampleRate));
  console.log(`${path}: ${(samples.length / sampleRate).toFixed(2)} s`);
}

const saved = [];
try {
  for await (const wake of detector.listen(sound, { audio: { before: 1.5, after: 3 }, signal: stop.signal }))
    saved.push(save(wake));
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
await Promise.all(saved);
