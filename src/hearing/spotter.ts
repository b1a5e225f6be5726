import { framesOf } from '../detection/frames.js';
import { Gate } from '../detection/gate.js';
import { MovingAverage } from '../detection/moving-average.js';
import { withOptions, type DetectionOptions, type DetectionSettings } from '../detection/settings.js';
import type { Stream } from '../inference/stream.js';
import type { Answer } from './plan.js';

/** Who is told what a spotter finds. Times are seconds from the start of the stream to the end of the frame. */
export interface Sink {
  /** For every frame, before it is heard. @param features overwritten by the next frame */
  onFeatures?(features: Float32Array, time: number): void;
  /** For every frame that the model answers, before its events. @param posteriors overwritten by the next frame */
  onPosteriors(posteriors: Float32Array, time: number): void;
  onDetection(keyword: string, posterior: number, time: number): void;
}

interface Keyword {
  readonly name: string;
  readonly index: number; // of its posterior
  readonly average: MovingAverage;
  readonly gate: Gate;
}

/** Features of one frame after another in, events of one model out: recurrent steps and decisions. */
export class Spotter {
  /** What the features of the posterior are called. */
  readonly labels: readonly string[];
  /** Seconds from one answer of the network to the next. */
  readonly period: number;
  readonly #stream: Stream;
  readonly #output: string;
  readonly #keywords: readonly Keyword[];
  #settings: DetectionSettings;

  /**
   * @param stream becomes the spotter's own
   * @param hop seconds from one frame to the next
   */
  constructor(stream: Stream, { output, labels, settings }: Answer, hop: number) {
    this.labels = labels;
    this.#stream = stream;
    this.#output = output;
    this.period = hop * stream.outputSlots.find(({ name }) => name === output)!.every;
    this.#keywords = Object.keys(settings.keywords).map((name) => ({
      name,
      index: labels.indexOf(name),
      average: new MovingAverage(0),
      gate: new Gate(0, 0),
    }));
    this.#settings = this.#decideBy(settings);
  }

  /** How the labels that can fire do so now. */
  get settings(): DetectionSettings {
    return this.#settings;
  }

  /** The labels that can fire. */
  get keywords(): readonly string[] {
    return this.#keywords.map(({ name }) => name);
  }

  /** Takes the next frame. Allocates nothing where the stream does not. */
  hear(features: Float32Array, time: number, sink: Sink): void {
    const posteriors = this.#stream.step(features)[this.#output];
    if (!this.#stream.isFresh(this.#output)) return;
    sink.onPosteriors(posteriors, time);
    const keywords = this.#keywords;
    for (let i = 0; i < keywords.length; i++) {
      const { name, index, average, gate } = keywords[i];
      const posterior = average.push(posteriors[index]);
      if (gate.push(posterior)) sink.onDetection(name, posterior, time);
    }
  }

  /**
   * Decides by other settings from the next frame on.
   *
   * @param options what is left out stays as it is
   * @throws TypeError or RangeError for wrong options, of which none then takes effect
   */
  configure(options: DetectionOptions): void {
    this.#settings = this.#decideBy(withOptions(this.#settings, options));
  }

  /** Begins a new stream. */
  reset(): void {
    this.#stream.reset();
    for (const { average, gate } of this.#keywords) {
      average.reset();
      gate.reset();
    }
  }

  /** Gives its memory back; it can't be used any more. */
  close(): void {
    this.#stream.close();
  }

  #decideBy(settings: DetectionSettings): DetectionSettings {
    for (const { name, average, gate } of this.#keywords) {
      const { threshold, smoothing, refractory } = settings.keywords[name];
      average.resize(framesOf(smoothing, this.period));
      gate.configure(threshold, framesOf(refractory, this.period));
    }
    return settings;
  }
}
