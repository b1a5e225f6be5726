import { checkFeatures, posteriorOf, required, type Contract } from './contract.js';
import { resolveSettings, type DetectionOptions, type DetectionSettings } from './detection/settings.js';
import { Trigger } from './detection/trigger.js';
import { InputError } from './errors.js';
import type { Framer } from './features/framer.js';
import type { FrontEnd } from './features/front-end.js';
import { checkSamples } from './features/samples.js';
import type { Stream } from './inference/stream.js';
import type { Network } from './model/network.js';

export interface DetectorOptions extends DetectionOptions {
  /**
   * Called for every frame that the model answers, before its events, with the posterior of every label (overwritten by the
   * next frame) and the seconds from the start of the stream to the end of the frame. What it throws is thrown by `push` once all samples of the
   * chunk were heard; the events of that chunk then come with those of the next.
   */
  readonly onFrame?: (posteriors: Float32Array, time: number) => void;
}

/** A keyword was heard. */
export interface Detection {
  readonly keyword: string;
  /** The smoothed posterior, 0 to 1, that reached the threshold. */
  readonly posterior: number;
  /** Seconds from the start of the stream to the end of the frame that fired. */
  readonly time: number;
}

interface Keyword {
  readonly name: string;
  readonly index: number; // of its posterior
  readonly trigger: Trigger;
}

const OPTIONS = ['threshold', 'smoothing', 'refractory', 'onFrame'];
const LONGEST_FLUSH = 60; // s

/** Samples in, events out: front end, recurrent steps, decisions. Results do not depend on how samples are cut into chunks. */
export class Detector {
  /** Hz of the samples that `push` takes. */
  readonly sampleRate: number;
  /** What the features of the posterior are called. */
  readonly labels: readonly string[];
  readonly settings: DetectionSettings;
  readonly #framer: Framer;
  readonly #stream: Stream;
  readonly #output: string;
  readonly #keywords: readonly Keyword[];
  readonly #onFrame: DetectorOptions['onFrame'];
  #state: 'idle' | 'pushing' | 'closed' = 'idle';
  #events: Detection[] = [];
  #thrown: { readonly by: unknown } | undefined;

  /**
   * @param stream of `network`, which becomes the detector's own
   * @throws MetadataError when the labels are missing, or the contract does not fit the network; TypeError or RangeError for
   *   wrong options
   */
  constructor(network: Network, stream: Stream, frontEnd: FrontEnd, contract: Contract, options: DetectorOptions = {}) {
    checkOptions(options);
    const labels = required(contract, 'labels');
    checkFeatures(stream.inputSlots, frontEnd.recipe);
    this.#output = posteriorOf(network, stream.outputSlots, labels);
    this.labels = labels.names;
    this.sampleRate = frontEnd.recipe.sampleRate;
    this.settings = resolveSettings(labels.names, contract.detection, options);
    this.#onFrame = options.onFrame;
    const { smoothing, refractory, thresholds } = this.settings;
    const { every } = stream.outputSlots.find(({ name }) => name === this.#output)!;
    const frames = (milliseconds: number): number =>
      Math.round((milliseconds * this.sampleRate) / 1000 / frontEnd.recipe.hopLength / every);
    this.#keywords = Object.entries(thresholds).map(([name, threshold]) => ({
      name,
      index: labels.names.indexOf(name),
      trigger: new Trigger(threshold, Math.max(1, frames(smoothing)), frames(refractory)),
    }));
    this.#framer = frontEnd.open();
    this.#stream = stream;
  }

  /** The labels that can fire. */
  get keywords(): readonly string[] {
    return this.#keywords.map(({ name }) => name);
  }

  /**
   * Takes the next samples of the stream, any number of them.
   *
   * @param samples mono, at `sampleRate`: int16, or floats in [−1, 1)
   * @returns the events that these samples completed, in order
   * @throws TypeError for another type; InputError for samples that are not finite or on another scale, and then none was
   *   taken, after `close`, and inside `onFrame`
   */
  push(samples: Int16Array | Float32Array): Detection[] {
    this.#assertIdle();
    checkSamples(samples);
    this.#state = 'pushing';
    try {
      for (let at = this.#framer.fill(samples, 0); this.#framer.ready; at = this.#framer.fill(samples, at))
        this.#step();
    } finally {
      this.#state = 'idle';
    }
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown) throw thrown.by;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /**
   * Ends a recording: hears silence, so that a word at the very end can still fire.
   *
   * @param seconds 0 to 60
   * @returns the events that the silence completed; their times may lie behind the recording's end
   */
  flush(seconds = 0.5): Detection[] {
    if (!(seconds >= 0 && seconds <= LONGEST_FLUSH)) {
      throw new RangeError(`flush: got ${seconds} seconds, expected 0 to ${LONGEST_FLUSH}`);
    }
    return this.push(new Int16Array(Math.round(seconds * this.sampleRate)));
  }

  /** Begins a new stream. */
  reset(): void {
    this.#assertIdle();
    this.#framer.reset();
    this.#stream.reset();
    this.#events = [];
    for (const { trigger } of this.#keywords) trigger.reset();
  }

  /** Events of a source of samples as they happen; where the source ends, `flush` completes the last word. */
  async *listen(
    source: AsyncIterable<Int16Array | Float32Array> | Iterable<Int16Array | Float32Array>,
  ): AsyncGenerator<Detection> {
    for await (const samples of source) yield* this.push(samples);
    yield* this.flush();
  }

  /** Gives the detector's memory back to the model; it can't be used any more. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#assertIdle();
    this.#state = 'closed';
    this.#stream.close();
    this.#framer.close();
  }

  #step(): void {
    const posteriors = this.#stream.step(this.#framer.next())[this.#output];
    if (!this.#stream.isFresh(this.#output)) return;
    const { time } = this.#framer;
    try {
      this.#onFrame?.(posteriors, time);
    } catch (error) {
      this.#thrown ??= { by: error };
    }
    for (const { name, index, trigger } of this.#keywords) {
      if (trigger.push(posteriors[index])) this.#events.push({ keyword: name, posterior: trigger.smoothed, time });
    }
  }

  #assertIdle(): void {
    if (this.#state === 'closed')
      throw new InputError('this detector is closed; make another one with model.detector()');
    if (this.#state === 'pushing')
      throw new InputError("this detector is in the middle of push; onFrame can't call it");
  }
}

function checkOptions(options: DetectorOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`"${unknown}" is no option of a detector; options are ${OPTIONS.join(', ')}`);
  const { onFrame } = options;
  if (onFrame !== undefined && typeof onFrame !== 'function')
    throw new TypeError(`onFrame: got ${typeof onFrame}, expected a function`);
}
