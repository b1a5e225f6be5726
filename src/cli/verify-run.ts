/** What `tympan verify` does. */
import { featureSpan } from '../index.js';
import { readAudio } from '../node/index.js';
import { featureSequence, randomSequence, type Sequence } from '../verification/sequence.js';
import { speechLike } from '../verification/sound.js';
import { pairOf, usualFrames, verify, type Pair } from '../verification/verify.js';
import { about, loadModelOf, requireContract } from './options.js';
import { plural, toJson } from './terminal.js';
import { openReference } from './verify-reference.js';
import { jsonOf, reportOf } from './verify-text.js';
import type { VerifyFlags } from './verify.js';

export async function runVerify(file: string, flags: VerifyFlags): Promise<void> {
  const load = (precision: 'f32' | 'int8') => loadModelOf({ ...flags, model: file, precision }, (model) => model);
  const f32 = await load('f32');
  const pair = await pairOf(f32, await load('int8'));
  const { on, sequences } = await about(file, () => heardBy(pair, flags));
  const { reference, ...other } = await openReference(file);
  try {
    const { checks, notes: others } = await about(file, () => verify(pair, sequences, reference, flags));
    const notes = [...(other.missing === null ? [] : [other.missing]), ...others];
    const verified = { file, on, onnxruntime: other.name, notes, checks };
    process.stdout.write(flags.json ? `${toJson(jsonOf(verified), 2)}\n` : `${reportOf(verified).join('\n')}\n`);
    if (checks.some(({ passed }) => !passed)) process.exitCode = 1;
  } finally {
    await other.close();
  }
}

/** What the model is given, and what that is. */
async function heardBy(pair: Pair, flags: VerifyFlags): Promise<{ on: string; sequences: Sequence[] }> {
  const { f32: model, layout } = pair;
  if (flags.audio) return { on: plural(flags.audio.length, 'file'), sequences: await featuresOf(pair, flags.audio) };
  const frames = flags.frames ?? usualFrames(pair);
  const { frontend } = model.metadata;
  if (!frontend) {
    const sequence = randomSequence(model, layout, frames, flags.seed);
    return { on: `${plural(sequence.frames, 'frame')} of random numbers, seed ${flags.seed}`, sequences: [sequence] };
  }
  const { sampleRate, hopLength, stackStride } = frontend;
  const samples = featureSpan(frontend) + (frames - 1) * hopLength * stackStride;
  const sound = speechLike(samples, sampleRate, flags.seed);
  const on = `${(samples / sampleRate).toFixed(1)} s of sound like speech, seed ${flags.seed}`;
  return { on, sequences: [featureSequence(layout, model.features(sound))] };
}

async function featuresOf({ f32: model, layout }: Pair, files: readonly string[]): Promise<Sequence[]> {
  requireContract(model, 'frontend');
  const { sampleRate } = model.metadata.frontend!;
  const sequences: Sequence[] = [];
  for (const file of files) {
    const { samples } = await readAudio(file, { sampleRate });
    sequences.push(await about(file, async () => featureSequence(layout, model.features(samples))));
  }
  return sequences;
}
