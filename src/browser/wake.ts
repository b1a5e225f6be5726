import type { Clip } from '../hearing/clips.js';

/** A keyword was heard. */
export interface Wake {
  readonly keyword: string;
  /** The smoothed posterior, 0 to 1, that reached the threshold. */
  readonly posterior: number;
  /** Seconds of sound heard, from the first sample to the end of the frame that fired. Pauses do not count. */
  readonly time: number;
  /** Which of the models heard it. */
  readonly model: number;
  /** The same moment on the clock of the AudioContext, in seconds. The page's `currentTime` lags by some milliseconds. */
  readonly contextTime: number;
  /**
   * The sound around it, where `audio` was asked for: comes once the sound after it was heard, or earlier, and shorter, where the
   * listener is stopped. It never rejects: where the audio thread is gone, it is empty.
   */
  readonly audio?: Promise<Clip>;
}

/** How loud it is. */
export interface Level {
  /** Root mean square, 0 to 1. */
  readonly rms: number;
  /** The greatest magnitude, 0 to 1. */
  readonly peak: number;
  /** Seconds of sound heard. */
  readonly time: number;
}

/** What a page is told while it hears. What a callback throws is reported as uncaught, and changes nothing. */
export interface HearingCallbacks<Heard extends Wake = Wake> {
  /** A keyword was heard. */
  onWake?(wake: Heard): void;
  /**
   * Called for every frame that a model answers: once every `period` of its detector, which is 25 times a second for the shipped model.
   * Only where it is given do they cross to the page.
   *
   * @param posteriors of every label of the model, 0 to 1
   * @param time seconds of sound heard to the end of the frame
   * @param model which of the models
   */
  onPosteriors?(posteriors: Float32Array, time: number, model: number): void;
  /**
   * Called for every frame of features, as `onPosteriors`.
   *
   * @param features [featureSize] of one frame
   */
  onFeatures?(features: Float32Array, time: number, model: number): void;
  /** Called about every 50 ms. */
  onLevel?(level: Level): void;
}
