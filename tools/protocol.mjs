/**
 * Real recordings as a detector hears them: clips of a word in list order in one stream that is never reset, 1.5 s of
 * environmental noise 30 dB below the clip before it between them; negatives likewise.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAudio } from 'tympan/node';

const SAMPLE_RATE = 16000;
const PAUSE = 1.5 * SAMPLE_RATE; // samples between clips
const PAUSE_LEVEL = 10 ** (-30 / 20); // of the RMS of the clip before
const AFTER = 0.5; // seconds after a clip's end in which its word may still be heard
const QUIETEST = 1e-4; // RMS below which an excerpt can't be scaled to a level

const SPLITS = {
  validation: {
    list: 'validation_list.txt',
    fold: 2,
    negatives: { ljspeech: 'ljspeech', arabic: 'arabic-commands/val' },
  },
  testing: {
    list: 'testing_list.txt',
    fold: 3,
    negatives: {
      librispeech: 'librispeech/27',
      arabic: 'arabic-commands/test',
      'not-wake-words': 'community/not-wake-words',
    },
  },
};

/** FLAC files below a folder, in the order of their paths. */
function flacFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.flac'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Clips on one of the official lists that are present, in list order. */
export function listed(audio, list) {
  const root = join(audio, 'speech-commands');
  return readFileSync(join(root, list), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ word: line.split('/')[0], path: join(root, line.replace(/\.wav$/, '.flac')) }))
    .filter(({ path }) => existsSync(path));
}

const rms = (samples) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

/** Excerpts of noise recordings in a fixed order, each from where the last one of its recording ended. */
class NoiseSource {
  #positions;
  #next = 0;

  constructor(recordings) {
    this.recordings = recordings;
    this.#positions = recordings.map(() => 0);
  }

  excerpt(length, level) {
    for (let tries = 0; tries < this.recordings.length; tries++) {
      const k = this.#next;
      this.#next = (k + 1) % this.recordings.length;
      const recording = this.recordings[k];
      const noise = Float32Array.from({ length }, (_, i) => recording[(this.#positions[k] + i) % recording.length]);
      this.#positions[k] = (this.#positions[k] + length) % recording.length;
      const own = rms(noise);
      if (own > QUIETEST) return noise.map((x) => (x * level) / own);
    }
    throw new Error(`noise: got ${this.recordings.length} recordings, expected one at least with sound in it`);
  }
}

async function readAll(paths) {
  const clips = [];
  for (const path of paths) clips.push((await readAudio(path)).samples);
  return clips;
}

/** The split's recordings: the word's clips, negatives by set, noise. */
export async function readSplit(audio, split, word) {
  const { list, fold, negatives } = SPLITS[split];
  const clips = listed(audio, list);
  const noise = await readAll(
    flacFiles(join(audio, 'esc10')).filter((path) => path.split('/').pop().startsWith(`${fold}-`)),
  );
  const sets = {};
  for (const [name, folder] of Object.entries(negatives)) sets[name] = await readAll(flacFiles(join(audio, folder)));
  sets[`esc10 fold ${fold}`] = noise;
  sets['other words'] = await readAll(clips.filter((clip) => clip.word !== word).map(({ path }) => path));
  return {
    positives: await readAll(clips.filter((clip) => clip.word === word).map(({ path }) => path)),
    negatives: sets,
    noise,
  };
}

/**
 * One stream of clips and pauses.
 *
 * @param mixed dB by which noise laid over each clip is quieter than the clip; none where absent
 */
function buildStream(clips, noise, mixed) {
  const source = new NoiseSource(noise);
  const parts = [source.excerpt(PAUSE, 0.001)];
  const spans = [];
  let at = PAUSE;
  for (const clip of clips) {
    const level = rms(clip);
    spans.push({ start: at / SAMPLE_RATE, end: (at + clip.length) / SAMPLE_RATE });
    const over = mixed === undefined ? undefined : source.excerpt(clip.length, level * 10 ** (-mixed / 20));
    parts.push(over ? clip.map((x, i) => x + over[i]) : clip, source.excerpt(PAUSE, level * PAUSE_LEVEL));
    at += clip.length + PAUSE;
  }
  const samples = new Int16Array(at);
  let to = 0;
  for (const part of parts)
    for (const x of part) samples[to++] = Math.max(-32768, Math.min(32767, Math.round(x * 32768)));
  return { samples, spans, hours: at / SAMPLE_RATE / 3600 };
}

/** Events of a new detector over a stream, pushed in the chunks of a sound card. */
function listen(model, samples, options) {
  const detector = model.detector(options);
  const events = [];
  for (let at = 0; at < samples.length; at += 512) events.push(...detector.push(samples.subarray(at, at + 512)));
  detector.close();
  return events;
}

/** The first event of a clip, from its start to half a second after its end, is a hit; all others are alarms. */
function score(events, spans) {
  const heard = new Set();
  let alarms = 0;
  for (const { time } of events) {
    const k = spans.findLastIndex(({ start }) => start <= time);
    if (k >= 0 && time <= spans[k].end + AFTER && !heard.has(k)) heard.add(k);
    else alarms++;
  }
  return { missed: spans.length - heard.size, alarms };
}

/** Misses and alarms of a model on a split. */
export async function evaluate(model, recordings, { mixed, ...options } = {}) {
  const { positives, negatives, noise } = recordings;
  const stream = buildStream(positives, noise, mixed);
  const { missed, alarms } = score(listen(model, stream.samples, options), stream.spans);
  const sets = { 'between the clips': { alarms, hours: stream.hours } };
  for (const [name, clips] of Object.entries(negatives)) {
    const { samples, hours } = buildStream(clips, noise);
    sets[name] = { alarms: listen(model, samples, options).length, hours };
  }
  return { clips: positives.length, missed, sets };
}
