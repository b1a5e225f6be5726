import { RecentSound } from '../audio/recent-sound.js';

/** Seconds of sound around an event. */
export interface Around {
  /** 0 to 60. */
  readonly before: number;
  /** 0 to 60. */
  readonly after: number;
}

/** Sound around an event, as the model heard it: mono, at its sample rate. */
export interface Clip {
  /** In [−1, 1). Fewer than asked for where the stream begins or ends. */
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
  /** Seconds from the start of the stream to the first sample. */
  readonly start: number;
}

/** @param samples overwritten by the next clip; `start` in seconds */
export type ClipSink = (id: number, samples: Float32Array, sampleRate: number, start: number) => void;

/** The most of either: seconds. */
export const LONGEST_AROUND = 60;
/** An event is told when its frame has been heard, and the chunk around it: sound that is kept beyond `before` and `after`. */
const MARGIN = 2; // s
/** Events whose sound is still to come. */
const MOST_PENDING = 64;

/** @throws TypeError, RangeError naming the part that is no duration */
export function checkAround(audio: Around): void {
  if (typeof audio !== 'object' || audio === null)
    throw new TypeError(`audio: got ${String(audio)}, expected { before, after } in seconds`);
  for (const part of ['before', 'after'] as const) {
    const seconds: unknown = audio[part];
    if (typeof seconds !== 'number')
      throw new TypeError(`audio: ${part}: got ${typeof seconds}, expected seconds, 0 to ${LONGEST_AROUND}`);
    if (!(seconds >= 0 && seconds <= LONGEST_AROUND))
      throw new RangeError(`audio: ${part}: got ${seconds}, expected seconds, 0 to ${LONGEST_AROUND}`);
  }
}

/** Cuts the sound around events out of a stream, once all of it was heard. Allocates nothing on the way. */
export class Clips {
  readonly #sampleRate: number;
  readonly #before: number; // samples
  readonly #after: number;
  readonly #recent: RecentSound;
  readonly #out: Float32Array; // [before + after]
  readonly #ids = new Float64Array(MOST_PENDING);
  readonly #middles = new Float64Array(MOST_PENDING); // samples, in the order of the events
  readonly #give: ClipSink;
  #pending = 0;
  /** Where the sound ends; behind it only silence was heard that is none of the stream's. */
  #end: number;

  /**
   * @param first the number of the first sample that will come
   * @param longest samples that come at a time
   * @throws TypeError, RangeError for what is no duration
   */
  constructor(sampleRate: number, first: number, longest: number, audio: Around, give: ClipSink) {
    checkAround(audio);
    this.#sampleRate = sampleRate;
    this.#before = Math.round(audio.before * sampleRate);
    this.#after = Math.round(audio.after * sampleRate);
    this.#recent = new RecentSound(this.#before + this.#after + MARGIN * sampleRate + longest, first);
    this.#end = first;
    this.#out = new Float32Array(this.#before + this.#after);
    this.#give = give;
  }

  /** Takes the next samples: int16, or floats in [−1, 1). */
  hear(samples: Int16Array | Float32Array): void {
    this.#recent.push(samples);
    this.#end = this.#recent.heard;
    this.#settle(this.#end);
  }

  /** Takes silence that is added behind the end of a recording: clips end before it. */
  pad(silence: Int16Array): void {
    this.#recent.push(silence);
    this.#settle(this.#recent.heard);
  }

  /**
   * Asks for the sound around a moment of the last piece. Where more events wait than any ear tells apart, the oldest is given short.
   *
   * @param time seconds since the start of the stream
   */
  ask(id: number, time: number): void {
    if (this.#pending === MOST_PENDING) this.#giveFirst();
    this.#ids[this.#pending] = id;
    this.#middles[this.#pending] = Math.round(time * this.#sampleRate);
    this.#pending++;
    this.#settle(this.#recent.heard);
  }

  /** The stream ends here: what is asked for is given as far as it was heard. */
  finish(): void {
    this.#settle(Infinity);
  }

  reset(): void {
    this.finish();
    this.#recent.reset();
    this.#end = 0;
  }

  #settle(heard: number): void {
    while (this.#pending > 0 && this.#middles[0] + this.#after <= heard) this.#giveFirst();
  }

  #giveFirst(): void {
    const recent = this.#recent;
    const middle = this.#middles[0];
    const from = Math.min(Math.max(middle - this.#before, recent.oldest), this.#end);
    const to = Math.max(from, Math.min(middle + this.#after, this.#end));
    recent.copy(from, to, this.#out);
    const id = this.#ids[0];
    this.#ids.copyWithin(0, 1);
    this.#middles.copyWithin(0, 1);
    this.#pending--;
    const whole = to - from === this.#out.length;
    this.#give(id, whole ? this.#out : this.#out.subarray(0, to - from), this.#sampleRate, from / this.#sampleRate);
  }
}
