/** How recordings become streams: each for itself with silence around it, or one after the other with noise between. */
import type { StreamPlan } from './heard.js';
import { NoiseSource } from './noise.js';
import type { Excerpt, RecordingSet, Sound, Utterance } from './sound.js';
import type { Take } from './take.js';

export type Arrangement = 'files' | 'joined';

/** What all streams of an evaluation have in common. */
export interface Setting {
  readonly arrangement: Arrangement;
  readonly sampleRate: number; // Hz
  /** Silence before a file that is heard alone, in which the network's state settles: seconds. */
  readonly lead: number;
  /** Recordings at `sampleRate`, [samples] each; none: pauses are silent, and nothing can be mixed in. */
  readonly noise: readonly Float32Array[];
}

/**
 * Silence before and after a file that is heard alone: seconds. A clip that is cut right at the word then behaves as in
 * a stream: before it, the network's state settles; after it, smoothing catches up.
 */
export const LEAD = 0.5;
export const TAIL = 0.5;

/** Noise before the first recording of a joined stream, and after each: s, RMS, RMS relative to the recording's. */
const PAUSE = 1.5;
const OPENING = 0.001;
const PAUSE_LEVEL = 10 ** (-30 / 20);

/** One stream for each file, or for each set. */
export function plansOf(sets: readonly RecordingSet[], arrangement: Arrangement): StreamPlan[] {
  const groups = sets.flatMap(({ name, kind, recordings }) => {
    const set = { name, kind };
    if (arrangement === 'joined') return recordings.length > 0 ? [{ set, recordings }] : [];
    return recordings.map((recording) => ({ set, recordings: [recording] }));
  });
  return groups.map((group, index) => ({ ...group, index }));
}

/**
 * The samples of one stream under one condition, a recording at a time, so that hours of them need not be in memory at
 * once. With noise mixed in, and in joined streams, samples are rounded to 16 bits and clipped, as a sound card gives
 * them.
 */
export class Rendering {
  readonly #setting: Setting;
  readonly #snr: number | null;
  readonly #source: NoiseSource | null;

  /**
   * @param index of the stream among all streams: files that are heard alone get different noise
   * @param snr dB by which noise over a recording lies below its active speech; null: none over it
   */
  constructor(setting: Setting, index: number, snr: number | null) {
    const { arrangement, noise } = setting;
    this.#setting = setting;
    this.#snr = snr;
    this.#source = noise.length > 0 ? new NoiseSource(noise, arrangement === 'joined' ? 0 : index) : null;
  }

  /** What comes before the first recording. */
  opening(): Float32Array {
    const { arrangement, sampleRate, lead } = this.#setting;
    if (arrangement === 'files') return new Float32Array(Math.round(lead * sampleRate));
    return toInt16Steps(this.#noise(Math.round(PAUSE * sampleRate), OPENING));
  }

  /** The next recording, and what comes after it. */
  add(take: Take): readonly [recording: Float32Array, after: Float32Array] {
    const { arrangement, sampleRate } = this.#setting;
    if (arrangement === 'files') return [this.#recording(take), new Float32Array(Math.round(TAIL * sampleRate))];
    const recording = this.#recording(take);
    return [recording, toInt16Steps(this.#noise(Math.round(PAUSE * sampleRate), take.level * PAUSE_LEVEL))];
  }

  #recording(take: Take): Float32Array {
    const { samples } = take;
    if (this.#snr === null) return this.#setting.arrangement === 'joined' ? toInt16Steps(samples.slice()) : samples;
    const mixed = this.#noise(samples.length, take.speech * 10 ** (-this.#snr / 20));
    for (let i = 0; i < mixed.length; i++) mixed[i] += samples[i];
    return toInt16Steps(mixed);
  }

  #noise(length: number, rms: number): Float32Array {
    return this.#source?.excerpt(length, rms) ?? new Float32Array(length);
  }
}

/** Where in a stream its recordings and utterances are, which is the same under all conditions. */
export class Layout {
  readonly excerpts: Excerpt[] = [];
  readonly utterances: Utterance[] = [];
  readonly #setting: Setting;
  #at: number; // samples

  constructor(setting: Setting) {
    const { arrangement, sampleRate, lead } = setting;
    this.#setting = setting;
    this.#at = Math.round((arrangement === 'joined' ? PAUSE : lead) * sampleRate);
  }

  add({ file, samples, utterances }: Take): void {
    const { arrangement, sampleRate } = this.#setting;
    const start = this.#at / sampleRate;
    this.excerpts.push({ file, start, duration: samples.length / sampleRate });
    for (const { keyword, ...times } of utterances) {
      this.utterances.push({
        keyword,
        start: start + times.start,
        end: start + times.end,
        wordEnd: start + times.wordEnd,
      });
    }
    this.#at += samples.length + Math.round((arrangement === 'joined' ? PAUSE : TAIL) * sampleRate);
  }

  /** Seconds that count: all of a joined stream, but not the silence around a file that is heard alone. */
  get duration(): number {
    if (this.#setting.arrangement === 'joined') return this.#at / this.#setting.sampleRate;
    return this.excerpts.reduce((sum, { duration }) => sum + duration, 0);
  }
}

/** A whole stream under one condition. */
export function soundOf(takes: readonly Take[], setting: Setting, index: number, snr: number | null): Sound {
  const rendering = new Rendering(setting, index, snr);
  const layout = new Layout(setting);
  const parts = [rendering.opening()];
  for (const take of takes) {
    layout.add(take);
    parts.push(...rendering.add(take));
  }
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  const { excerpts, utterances } = layout;
  return { samples, sampleRate: setting.sampleRate, excerpts, utterances };
}

/** Adding and taking it away leaves a double without fraction, ties to even: IEEE 754, section 4.3.1. */
const ROUNDING = 1.5 * 2 ** 52;

/** The samples at the nearest values that 16 bits hold, in place. */
function toInt16Steps(samples: Float32Array): Float32Array {
  for (let i = 0; i < samples.length; i++) {
    const rounded = samples[i] * 32768 + ROUNDING - ROUNDING;
    samples[i] = (rounded > 32767 ? 32767 : rounded < -32768 ? -32768 : rounded) / 32768;
  }
  return samples;
}
