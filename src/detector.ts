import { parseSettings, type DetectionOptions, type DetectionSettings } from './detection/settings.js';
import { Trigger } from './detection/trigger.js';
import { InputError, MetadataError } from './errors.js';
import { FrontEnd } from './features/front-end.js';
import { parseRecipe } from './features/recipe.js';
import type { Session, Stream } from './inference/session.js';
import type { Labels, Metadata } from './model/metadata.js';

export interface DetectorOptions extends DetectionOptions {
  /**
   * Called for every frame, before its events, with the posterior of every label (overwritten by the next frame) and the
   * seconds from the start of the stream to the end of the frame.
   */
  readonly onFrame?: (posteriors: Float32Array, time: number) => void;
}

/** A keyword was heard. */
export interface Detection {
  readonly keyword: string;
  /** The smoothed posterior, 0 to 1, that reached the threshold. */
  readonly posterior: number;
  /** Seconds from the start of the stream to the end of the frame that fired: a whole number of hops after the first window. */
  readonly time: number;
}

interface Keyword {
  readonly name: string;
  readonly index: number;
  readonly trigger: Trigger;
}

/** Samples in, events out: front end, recurrent steps, decisions. Results do not depend on how samples are cut into chunks. */
export class Detector {
  /** Hz of the samples that `push` takes. */
  readonly sampleRate: number;
  /** What the features of the posterior are called. */
  readonly labels: readonly string[];
  readonly settings: DetectionSettings;
  readonly #frontEnd: FrontEnd;
  readonly #stream: Stream;
  readonly #output: string;
  readonly #keywords: readonly Keyword[];
  readonly #onFrame: DetectorOptions['onFrame'];

  /** @throws MetadataError when the front end or the labels are missing, or do not fit the network */
  constructor(session: Session, metadata: Metadata, options: DetectorOptions = {}) {
    const { frontend, labels } = metadata;
    if (!frontend) throw missing('front end', 'frontend');
    if (!labels) throw missing('labels', 'labels');
    this.#frontEnd = new FrontEnd(parseRecipe(frontend));
    this.#output = posteriorOutput(session, labels);
    checkFeatures(session, this.#frontEnd.recipe.numCoefficients);
    this.labels = labels.names;
    this.sampleRate = this.#frontEnd.recipe.sampleRate;
    this.settings = parseSettings(labels.names, metadata.detection, options);
    this.#onFrame = options.onFrame;
    const frames = (milliseconds: number): number =>
      Math.round((milliseconds / 1000) * (this.sampleRate / this.#frontEnd.recipe.hopLength));
    this.#keywords = Object.entries(this.settings.thresholds).map(([name, threshold]) => ({
      name,
      index: labels.names.indexOf(name),
      trigger: new Trigger(threshold, Math.max(1, frames(this.settings.smoothing)), frames(this.settings.refractory)),
    }));
    this.#stream = session.open();
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
   * @throws TypeError for another type; InputError for a sample that is not finite, and then none was taken
   */
  push(samples: Int16Array | Float32Array): Detection[] {
    checkSamples(samples);
    const detections: Detection[] = [];
    for (let at = this.#frontEnd.fill(samples, 0); this.#frontEnd.ready; at = this.#frontEnd.fill(samples, at)) {
      this.#step(detections);
    }
    return detections;
  }

  /**
   * Ends a recording: hears `seconds` of silence, so that a word at the very end can still fire.
   *
   * @returns the events that the silence completed; their times may lie behind the recording's end
   */
  flush(seconds = 0.5): Detection[] {
    return this.push(new Int16Array(Math.round(seconds * this.sampleRate)));
  }

  /** Begins a new stream. */
  reset(): void {
    this.#frontEnd.reset();
    this.#stream.reset();
    for (const { trigger } of this.#keywords) trigger.reset();
  }

  /** Events of a source of samples as they happen; where the source ends, `flush` completes the last word. */
  async *listen(source: AsyncIterable<Int16Array | Float32Array>): AsyncGenerator<Detection> {
    for await (const samples of source) yield* this.push(samples);
    yield* this.flush();
  }

  /** Gives the detector's memory in the model back; it can't be used any more. */
  close(): void {
    this.#stream.close();
  }

  #step(detections: Detection[]): void {
    const posteriors = this.#stream.step(this.#frontEnd.next())[this.#output];
    const { time } = this.#frontEnd;
    this.#onFrame?.(posteriors, time);
    for (const { name, index, trigger } of this.#keywords) {
      if (trigger.push(posteriors[index])) detections.push({ keyword: name, posterior: trigger.smoothed, time });
    }
  }
}

function missing(what: string, key: string): MetadataError {
  return new MetadataError(
    `this model does not say its ${what}: "tympan.${key}" is not in its metadata_props; ` +
      `pass { ${key}: … } to loadModel, or write it into the file`);
}

function posteriorOutput({ network }: Session, labels: Labels): string {
  const output = labels.output === undefined ? network.outputs[0] : network.outputs.find(({ name }) => name === labels.output);
  if (!output) throw new MetadataError(`labels: output "${labels.output}" does not exist; outputs are ${network.outputs.map(({ name }) => name).join(', ')}`);
  const size = output.values.reduce((sum, id) => sum + network.values[id].size, 0);
  if (size !== labels.names.length) {
    throw new MetadataError(`labels: got ${labels.names.length} names, expected ${size}, one a feature of output "${output.name}"`);
  }
  return output.name;
}

function checkFeatures({ network }: Session, numCoefficients: number): void {
  const inputs = network.inputs.map(({ name, values }) => ({ name, size: network.values[values[0]].size }));
  if (inputs.length !== 1 || inputs[0].size !== numCoefficients) {
    throw new MetadataError(
      `front end: makes ${numCoefficients} coefficients a frame, the model takes ` +
        `${inputs.map(({ name, size }) => `${size} as "${name}"`).join(' and ')}; numCoefficients must agree`);
  }
}

function checkSamples(samples: Int16Array | Float32Array): void {
  if (samples instanceof Int16Array) return;
  if (!(samples instanceof Float32Array)) {
    throw new TypeError(`samples: got ${Object.prototype.toString.call(samples).slice(8, -1)}, expected Int16Array or Float32Array`);
  }
  for (let i = 0; i < samples.length; i++) {
    if (samples[i] - samples[i] !== 0) throw new InputError(`samples: sample ${i} of ${samples.length} is ${samples[i]}, expected finite numbers`);
  }
}
