import { InputError } from '../errors.js';
import { checkSamples } from '../features/samples.js';
import type { Around } from './clips.js';
import type { WithAudio } from './heard-events.js';
import type { Hearing } from './hearing.js';
import { checkListenOptions, listenTo, type ListenOptions } from './listen.js';
import { checkSource, type Source } from './source.js';

/** A keyword was heard. */
export interface Detection {
  readonly keyword: string;
  /** The smoothed posterior, 0 to 1, that reached the threshold. */
  readonly posterior: number;
  /**
   * Seconds of sound from the first sample of the stream to the end of the frame that fired: the sample of number
   * time × sampleRate, counted from 0, is the first that this frame did not hear. The word ended before, by the model's latency.
   */
  readonly time: number;
}

const LONGEST_FLUSH = 60; // s

/** What takes samples and gives events, of one model or of several. How samples are cut into chunks changes nothing. */
export abstract class Ear<Event extends Detection> {
  /** Hz of the samples that `push` takes. */
  abstract readonly sampleRate: number;
  #state: 'idle' | 'pushing' | 'closed' = 'idle';
  #events: Event[] = [];
  #thrown: { readonly by: unknown } | undefined;

  /** @internal */
  abstract readonly hearing: Hearing;
  /** @internal Which model an event is of. */
  abstract partOf(event: Event): number;
  /** @internal What the ear is called in errors, and how another is made. */
  abstract readonly words: { readonly name: string; readonly remedy: string };
  /** @internal Gives memory back. */
  abstract release(): void;

  /**
   * Takes the next samples of the stream, any number of them.
   *
   * @param samples mono, at `sampleRate`: int16, or floats in [−1, 1)
   * @returns the events that these samples completed, in order
   * @throws TypeError for another type; InputError for samples that are not finite or on another scale, and then none was
   *   taken, after `close`, and inside `onFrame`
   */
  push(samples: Int16Array | Float32Array): Event[] {
    this.assertIdle();
    checkSamples(samples);
    return this.#take(() => this.hearing.hear(samples));
  }

  /**
   * Ends a recording: hears silence, so that a word at the very end can still fire.
   *
   * @param seconds 0 to 60
   * @returns the events that the silence completed; their times may lie behind the recording's end
   */
  flush(seconds = 0.5): Event[] {
    if (!(seconds >= 0 && seconds <= LONGEST_FLUSH)) {
      throw new RangeError(`flush: got ${seconds} seconds, expected 0 to ${LONGEST_FLUSH}`);
    }
    this.assertIdle();
    return this.#take(() => this.hearing.flush(seconds));
  }

  /** Begins a new stream. */
  reset(): void {
    this.assertIdle();
    this.#events = [];
    this.hearing.reset();
  }

  /**
   * Events of a source of samples as they happen; where the source ends, `flush` completes the last word.
   *
   * With `audio`, every event has the sound around it as `audio`, a promise of a clip that settles once the sound after the event
   * was heard. Awaiting it inside the loop is fine: the source is read on meanwhile.
   *
   * @param options `signal` ends the iteration, which then throws its reason; `audio` in seconds, 0 to 60
   * @throws TypeError, RangeError for what is no source, or one of another rate, and for wrong options; the iteration throws what `push` throws, and
   *   InputError where another loop with `audio` is at work
   */
  listen(
    source: Source,
    options: ListenOptions & { readonly audio: Around },
  ): AsyncGenerator<Required<WithAudio<Event>>>;
  listen(source: Source, options?: ListenOptions): AsyncGenerator<WithAudio<Event>>;
  listen(source: Source, options: ListenOptions = {}): AsyncGenerator<WithAudio<Event>> {
    checkSource(source, this.sampleRate);
    checkListenOptions(options);
    return listenTo(this, this.hearing, (event) => this.partOf(event), source, options);
  }

  /** Gives its memory back; it can't be used any more. */
  close(): void {
    if (this.#state === 'closed') return;
    this.assertIdle();
    this.#state = 'closed';
    this.hearing.close();
    this.release();
  }

  /** @internal */
  add(event: Event): void {
    this.#events.push(event);
  }

  /** @internal Calls a listener; what it throws is thrown once all samples of the chunk were heard. */
  tell(listener: (posteriors: Float32Array, time: number) => void, posteriors: Float32Array, time: number): void {
    try {
      listener(posteriors, time);
    } catch (error) {
      this.#thrown ??= { by: error };
    }
  }

  /** @internal */
  assertIdle(): void {
    const { name, remedy } = this.words;
    if (this.#state === 'closed') throw new InputError(`this ${name} is closed; ${remedy}`);
    if (this.#state === 'pushing') throw new InputError(`this ${name} is in the middle of push; onFrame can't call it`);
  }

  #take(hear: () => void): Event[] {
    this.#state = 'pushing';
    try {
      hear();
    } finally {
      this.#state = 'idle';
    }
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown) throw thrown.by;
    const events = this.#events;
    this.#events = [];
    return events.sort((a, b) => a.time - b.time); // several models are heard one after the other
  }
}
