import { InputError } from '../errors.js';
import { checkSampleType } from '../typed-arrays.js';
import { ContextStream } from './context.js';
import type { Extractor } from './extractor.js';
import { FrameContext } from './frame-context.js';
import type { Context, FrontEndPlan } from './plan.js';

/**
 * Samples in, vectors of features out, whatever the chunks that samples come in:
 *
 *     for (let at = stream.fill(chunk); stream.ready; at = stream.fill(chunk, at)) use(stream.next());
 *
 * and where a recording ends:
 *
 *     for (stream.finish(); stream.ready; ) use(stream.next());
 */
export class FeatureStream {
  /** Features of a vector. */
  readonly size: number;
  /** Seconds from one vector to the next. */
  readonly period: number;
  readonly #extractor: Extractor;
  readonly #context: ContextStream | FrameContext;
  readonly #framing: FrontEndPlan['framing'];
  readonly #sampleRate: number; // Hz
  /** Frames that were there when the last vector was given. */
  #heard = 0;
  #isClosed = false;

  /** @internal Use `frontEnd.open()`. */
  constructor(extractor: Extractor, { framing, context, numFeatures, sampleRate }: FrontEndPlan) {
    this.size = numFeatures * (1 + context.deltas) * context.stack;
    this.#extractor = extractor;
    this.#context = isOfFrames(context) ? new FrameContext(numFeatures) : new ContextStream(context, numFeatures);
    this.#framing = framing;
    this.#sampleRate = sampleRate;
    this.period = (framing.hopLength * context.stackStride) / sampleRate;
  }

  /** Vectors that were given since the start or the last reset. */
  get frames(): number {
    return this.#context.given;
  }

  /** Whether there is a vector for `next`. */
  get ready(): boolean {
    return !this.#isClosed && this.#context.has(this.#extractor.framer.ready ? 1 : 0);
  }

  /** Seconds from the start of the stream to the end of the newest frame that was heard for the last vector; 0 before the first. */
  get time(): number {
    const { hopLength, before, frameLength } = this.#framing;
    return this.#heard === 0 ? 0 : ((this.#heard - 1) * hopLength - before + frameLength) / this.#sampleRate;
  }

  /**
   * Takes samples from `start` on until a vector is complete or they end. Their values are not inspected, which would take a third
   * of the time of MFCC: one that is not finite spoils the vectors near it.
   *
   * @param samples mono, at the recipe's sample rate: int16, or floats in [−1, 1)
   * @param start 0 to samples.length
   * @returns the index of the first sample that was not taken
   * @throws TypeError for another type; RangeError for another start; InputError after `finish` and after `close`
   */
  fill(samples: Int16Array | Float32Array, start = 0): number {
    this.#assertOpen();
    if (this.#extractor.framer.hasEnded)
      throw new InputError('these features have ended with finish(); reset() begins a new stream');
    checkSampleType(samples);
    if (!Number.isInteger(start) || start < 0 || start > samples.length) {
      throw new RangeError(
        `start: got ${String(start)}, expected 0 to ${samples.length}, the chunk's length: 0 for a new one, then what fill gave`,
      );
    }
    return this.fillUnchecked(samples, start);
  }

  /** @internal `fill` of an open stream that has not ended, with samples and a start that the caller has checked. */
  fillUnchecked(samples: Int16Array | Float32Array, start: number): number {
    const { framer } = this.#extractor;
    let at = framer.fill(samples, start);
    while (framer.ready && !this.ready) {
      this.#take();
      at = framer.fill(samples, at);
    }
    return at;
  }

  /**
   * The vector that is ready, [size]; overwritten by the next one.
   *
   * @throws InputError where none is ready, and after `close`
   */
  next(): Float32Array {
    if (!this.ready) {
      this.#assertOpen();
      throw new InputError('no vector of features is ready: fill the stream with more samples until `ready` is true');
    }
    if (this.#extractor.framer.ready) this.#take();
    this.#heard = this.#extractor.framer.frames;
    const vector = this.#context.next();
    if (this.#extractor.framer.hasEnded) this.#drain();
    return vector;
  }

  /**
   * The sound ends here: what is left is as the original has it at the end of a clip. Ends it once; again it does nothing.
   *
   * @throws InputError after `close`
   */
  finish(): void {
    this.#assertOpen();
    const { framer } = this.#extractor;
    if (framer.hasEnded) return;
    framer.finish();
    this.#drain();
  }

  /** Begins a new stream. Throws InputError after `close`. */
  reset(): void {
    this.#assertOpen();
    this.#extractor.reset();
    this.#context.reset();
    this.#heard = 0;
  }

  /** Gives the stream's memory back; it can't be used any more. Closes it once; again it does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#extractor.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new InputError('these features are closed; begin other ones with frontEnd.open()');
  }

  /** Takes the frame that is ready. */
  #take(): void {
    const extractor = this.#extractor;
    extractor.extract();
    this.#context.push(extractor.memory, extractor.features);
    extractor.framer.advance();
  }

  /** The last frames, as far as no vector comes of them. */
  #drain(): void {
    const { framer } = this.#extractor;
    while (framer.ready && !this.ready) this.#take();
    if (!framer.ready) this.#context.finish();
  }
}

/** Whether vectors are the features of single frames as they are. */
function isOfFrames({ deltas, stack, stackStride, mean, scale }: Context): boolean {
  return deltas === 0 && stack === 1 && stackStride === 1 && !mean && !scale;
}
