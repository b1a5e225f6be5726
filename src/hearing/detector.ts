import { checkNames, FIELDS, type DetectionOptions, type DetectionSettings } from '../detection/settings.js';
import { InputError } from '../errors.js';
import type { FeatureStream } from '../features/feature-stream.js';
import type { Recipe } from '../features/recipe.js';
import { Ear, type Detection } from './ear.js';
import { Hearing, type Part } from './hearing.js';
import type { Spotter } from './spotter.js';

export interface DetectorOptions extends DetectionOptions {
  /**
   * Called for every frame that the model answers, before its events, with the posterior of every label (overwritten
   * by the next frame) and the seconds from the start of the stream to the end of the frame. What it throws is thrown
   * by `push` once all samples of the chunk were heard; the events of that chunk then come with those of the next.
   */
  readonly onFrame?: (posteriors: Float32Array, time: number) => void;
}

/** Samples in, events out: front end, recurrent steps, decisions. How samples are cut into chunks changes nothing. */
export class Detector extends Ear<Detection> {
  readonly sampleRate: number;
  /** @internal */
  readonly hearing: Hearing;
  /** @internal */
  readonly words = { name: 'detector', remedy: 'make another one with model.detector()' };
  readonly #recipe: Recipe;
  readonly #features: FeatureStream;
  readonly #spotter: Spotter;
  readonly #onFrame: NonNullable<DetectorOptions['onFrame']>;
  #borrower: Ear<Detection> | undefined;

  /** @internal Use `model.detector()`. @param features of `recipe`, which become the detector's own, like the spotter */
  constructor(recipe: Recipe, features: FeatureStream, spotter: Spotter, onFrame: DetectorOptions['onFrame']) {
    super();
    this.sampleRate = recipe.sampleRate;
    this.#recipe = recipe;
    this.#features = features;
    this.#spotter = spotter;
    this.#onFrame = onFrame ?? (() => {});
    const part = this.#part(this, (keyword, posterior, time) => this.add({ keyword, posterior, time }));
    this.hearing = new Hearing(this.sampleRate, [part], () => {
      throw new Error('a detector hears at its own rate');
    });
  }

  /** Seconds from one answer of the network to the next. */
  get period(): number {
    return this.#spotter.period;
  }

  /** What the features of the posterior are called. */
  get labels(): readonly string[] {
    return this.#spotter.labels;
  }

  /** How the labels that can fire do so now. */
  get settings(): DetectionSettings {
    return this.#spotter.settings;
  }

  /** The labels that can fire. */
  get keywords(): readonly string[] {
    return this.#spotter.keywords;
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
    if (this.#borrower) this.#borrower.assertIdle();
    else super.assertIdle();
    checkSettings(options);
    this.#spotter.configure(options);
  }

  /** @internal Hears as a part of `ear` from now on. Its stream begins anew. */
  lend(ear: Ear<Detection>, onDetection: Part['sink']['onDetection']): Part {
    this.assertIdle();
    this.reset();
    this.#borrower = ear;
    return this.#part(ear, onDetection);
  }

  /** @internal Hears by itself again. */
  takeBack(): void {
    this.#borrower = undefined;
  }

  /** @internal Gives the memory of a detector that was lent back. */
  release(): void {
    this.#spotter.close();
    this.#features.close();
  }

  /** @internal */
  partOf(): number {
    return 0;
  }

  /** @internal */
  override assertIdle(): void {
    if (this.#borrower)
      throw new InputError('this detector is part of a DetectorGroup; push to the group, and close that');
    super.assertIdle();
  }

  #part(ear: Ear<Detection>, onDetection: Part['sink']['onDetection']): Part {
    const onPosteriors = (posteriors: Float32Array, time: number): void => ear.tell(this.#onFrame, posteriors, time);
    return {
      recipe: this.#recipe,
      features: this.#features,
      spotter: this.#spotter,
      sink: { onPosteriors, onDetection },
    };
  }
}

/** @throws TypeError for a name that is no option, and for an `onFrame` that is no function */
export function checkOptions(options: DetectorOptions): void {
  const { onFrame } = options;
  checkNames('a detector', options, [...FIELDS, 'onFrame']);
  if (onFrame !== undefined && typeof onFrame !== 'function')
    throw new TypeError(`onFrame: got ${typeof onFrame}, expected a function`);
}

/** @throws TypeError for a name that is no setting */
export function checkSettings(options: DetectionOptions): void {
  checkNames('configure', options, FIELDS);
}
