import { checkFeatures, posteriorOf, required, type Contract } from './contract.js';
import { framesOf } from './detection/frames.js';
import { Gate } from './detection/gate.js';
import { MovingAverage } from './detection/moving-average.js';
import {
  FIELDS,
  modelSettings,
  unknownKey,
  withOptions,
  type DetectionOptions,
  type DetectionSettings,
} from './detection/settings.js';
import { InputError } from './errors.js';
import type { FeatureStream } from './features/feature-stream.js';
import type { FrontEnd } from './features/front-end.js';
import { checkSamples } from './features/samples.js';
import type { Stream } from './inference/stream.js';
import type { Network } from './model/network.js';

export interface DetectorOptions extends DetectionOptions {
  /**
   * Called for every frame that the model answers, before its events, with the posterior of every label (overwritten
   * by the next frame) and the seconds from the start of the stream to the end of the frame. What it throws is thrown
   * by `push` once all samples of the chunk were heard; the events of that chunk then come with those of the next.
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
  readonly average: MovingAverage;
  readonly gate: Gate;
}

const LONGEST_FLUSH = 60; // s

/** Samples in, events out: front end, recurrent steps, decisions. How samples are cut into chunks changes nothing. */
export class Detector {
  /** Hz of the samples that `push` takes. */
  readonly sampleRate: number;
  /** Seconds from one answer of the network to the next. */
  readonly period: number;
  /** What the features of the posterior are called. */
  readonly labels: readonly string[];
  #settings: DetectionSettings;
  readonly #features: FeatureStream;
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
    const { onFrame } = options;
    checkNames('a detector', options, [...FIELDS, 'onFrame']);
    if (onFrame !== undefined && typeof onFrame !== 'function')
      throw new TypeError(`onFrame: got ${typeof onFrame}, expected a function`);
    const labels = required(contract, 'labels');
    checkFeatures(stream.inputSlots, frontEnd.recipe);
    this.#output = posteriorOf(network, stream.outputSlots, labels);
    this.labels = labels.names;
    this.sampleRate = frontEnd.recipe.sampleRate;
    this.#onFrame = onFrame;
    const { every } = stream.outputSlots.find(({ name }) => name === this.#output)!;
    this.period = (frontEnd.hopLength * every) / this.sampleRate;
    const settings = modelSettings(labels.names, contract.detection);
    this.#keywords = Object.keys(settings.keywords).map((name) => ({
      name,
      index: labels.names.indexOf(name),
      average: new MovingAverage(0),
      gate: new Gate(0, 0),
    }));
    this.#settings = this.#decideBy(withOptions(settings, options));
    this.#features = frontEnd.open();
    this.#stream = stream;
  }

  /** How the labels that can fire do so now. */
  get settings(): DetectionSettings {
    return this.#settings;
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
      const features = this.#features;
      for (let at = features.fillUnchecked(samples, 0); features.ready; at = features.fillUnchecked(samples, at))
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
    this.#features.reset();
    this.#stream.reset();
    this.#events = [];
    for (const { average, gate } of this.#keywords) {
      average.reset();
      gate.reset();
    }
  }

  /**
   * Decides by other settings from the next frame on, in this stream and in those after a `reset`. Averages keep the
   * posteriors that fit the new smoothing, and refractory periods count from the last event. A keyword whose smoothed
   * posterior already lies above its new threshold fires with the next frame, unless it has not been below one since
   * its last event.
   *
   * @param options what is left out stays as it is
   * @throws TypeError or RangeError for wrong options, of which none then takes effect; InputError after `close`, and
   *   inside `onFrame`
   */
  configure(options: DetectionOptions): void {
    this.#assertIdle();
    checkNames('configure', options, FIELDS);
    this.#settings = this.#decideBy(withOptions(this.#settings, options));
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
    this.#features.close();
  }

  #step(): void {
    const posteriors = this.#stream.step(this.#features.next())[this.#output];
    if (!this.#stream.isFresh(this.#output)) return;
    const { time } = this.#features;
    try {
      this.#onFrame?.(posteriors, time);
    } catch (error) {
      this.#thrown ??= { by: error };
    }
    for (const { name, index, average, gate } of this.#keywords) {
      const posterior = average.push(posteriors[index]);
      if (gate.push(posterior)) this.#events.push({ keyword: name, posterior, time });
    }
  }

  #decideBy(settings: DetectionSettings): DetectionSettings {
    for (const { name, average, gate } of this.#keywords) {
      const { threshold, smoothing, refractory } = settings.keywords[name];
      average.resize(framesOf(smoothing, this.period));
      gate.configure(threshold, framesOf(refractory, this.period));
    }
    return settings;
  }

  #assertIdle(): void {
    if (this.#state === 'closed')
      throw new InputError('this detector is closed; make another one with model.detector()');
    if (this.#state === 'pushing')
      throw new InputError("this detector is in the middle of push; onFrame can't call it");
  }
}

function checkNames(where: string, options: object, names: readonly string[]): void {
  const unknown = unknownKey(options, names);
  if (unknown !== undefined)
    throw new TypeError(`"${unknown}" is no option of ${where}; options are ${names.join(', ')}`);
}
