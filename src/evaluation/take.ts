/** A recording once it is decoded: where its keywords end, and how loud its speech is. */
import { AudioError } from '../errors.js';
import { activityOf } from './activity.js';
import { rmsOf } from './noise.js';
import type { Label, Recording, Utterance } from './sound.js';

/** Seconds by which a label may end after its file: programs round what they write. */
const SLACK = 0.01;

/** A file's samples and utterances; its levels are measured when noise is to be laid over it or after it. */
export class Take {
  readonly file: string;
  readonly samples: Float32Array; // mono, [-1, 1)
  /** By their start; seconds from the start of the file. */
  readonly utterances: readonly Utterance[];
  readonly #sampleRate: number;
  /** Where it is labelled. */
  readonly #stretches: readonly Float32Array[];
  #speech: number | undefined;
  #level: number | undefined;

  /**
   * @param samples of the whole file, mono, at `sampleRate` Hz
   * @throws AudioError naming the file, for a label that does not lie in it
   */
  constructor({ file, labels }: Recording, samples: Float32Array, sampleRate: number) {
    this.file = file;
    this.samples = samples;
    this.#sampleRate = sampleRate;
    const end = samples.length / sampleRate;
    const spoken = 'whole' in labels ? [{ keyword: labels.whole, start: 0, end }] : labels;
    const stretches = spoken.map((label) => stretchOf(file, label, samples, sampleRate));
    this.utterances = spoken
      .map(({ keyword, start, end }, i) => {
        const wordEnd = start + activityOf(stretches[i], sampleRate).end;
        return { keyword, start, end, wordEnd: Math.min(wordEnd, end) };
      })
      .sort((a, b) => a.start - b.start);
    this.#stretches = 'whole' in labels ? [] : stretches;
  }

  /** RMS of the active speech, of the labelled stretches or of the whole file: noise over it is relative to this. */
  get speech(): number {
    // Labels may be points, and have no level.
    return (this.#speech ??= this.#labelled() || activityOf(this.samples, this.#sampleRate).rms);
  }

  /** RMS of the whole file, or of the active speech where it is labelled: noise after it is relative to this. */
  get level(): number {
    return (this.#level ??= this.#labelled() || rmsOf(this.samples));
  }

  #labelled(): number {
    return this.#stretches.length === 0 ? 0 : activityOf(concat(this.#stretches), this.#sampleRate).rms;
  }
}

function stretchOf(
  file: string,
  { keyword, start, end }: Label,
  samples: Float32Array,
  sampleRate: number,
): Float32Array {
  const duration = samples.length / sampleRate;
  if (start >= duration || end > duration + SLACK) {
    throw new AudioError(
      `${file}: its label "${keyword}" is from ${start} to ${end} s, but the file ends at ${duration.toFixed(3)} s; ` +
        'correct the label, or take the audio file that it was made for',
    );
  }
  return samples.subarray(Math.round(start * sampleRate), Math.round(end * sampleRate));
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
