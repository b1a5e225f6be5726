/** The posterior of one keyword as a bar shows it: smoothed as the decision is, a high one visible for a while. */
import { framesOf } from '../detection/frames.js';
import { MovingAverage } from '../detection/moving-average.js';
import type { Detector } from '../index.js';

/** Seconds in which a bar falls to a half. */
const HALF_LIFE = 0.25;
/** Milliseconds for which a detection is shown. */
const SHOWN = 1200;

export class KeywordMeter {
  readonly name: string;
  readonly threshold: number;
  /** What is shown, 0 to 1. */
  posterior = 0;
  readonly #label: number;
  readonly #average: MovingAverage;
  readonly #decay: number; // a frame
  #fired = -Infinity; // ms

  /** @param name as people are shown it; @param keyword as the detector has it */
  constructor(name: string, keyword: string, { labels, settings, period }: Detector) {
    const { threshold, smoothing } = settings.keywords[keyword];
    this.name = name;
    this.threshold = threshold;
    this.#label = labels.indexOf(keyword);
    this.#average = new MovingAverage(framesOf(smoothing, period));
    this.#decay = 0.5 ** (period / HALF_LIFE);
  }

  /** @param posteriors of a frame, by label */
  hear(posteriors: Float32Array): void {
    this.posterior = Math.max(this.#average.push(posteriors[this.#label]), this.posterior * this.#decay);
  }

  fire(): void {
    this.#fired = performance.now();
  }

  get hasJustFired(): boolean {
    return performance.now() - this.#fired < SHOWN;
  }
}
