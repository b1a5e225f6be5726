import type { KeywordSettings } from './events.js';
import type { ConditionResult, Interval, OperatingPoint } from './result.js';

/** What `calibrate` is asked for. */
export interface CalibrationAim {
  /** False alarms an hour, above 0. */
  readonly alarmsPerHour: number;
}

export interface CalibrationOptions {
  /** Index of the model among those that heard the streams. Default 0. */
  readonly model?: number;
  /** dB, null for the recordings as they are; the aim is to be met under each. Default: all that were heard. */
  readonly conditions?: readonly (number | null)[];
  /** ms to choose from. Default 0, 50, 100, 150, 200, 300. */
  readonly smoothings?: readonly number[];
  /** ms to choose from. Default 250, 500, 750, 1000, 1500, 2000. */
  readonly refractories?: readonly number[];
}

/** The best that one choice of smoothing allows. */
export interface CalibratedPoint {
  readonly settings: KeywordSettings;
  /**
   * Utterances and misses of all conditions together; alarms of the condition that has most; hours of one condition.
   */
  readonly point: OperatingPoint;
  readonly latency: ConditionResult['latency'];
  /** Width, in logits, of the thresholds around the chosen one that give the same misses and alarms. */
  readonly margin: number;
}

/** Settings that meet the aim on what was heard. */
export interface Calibrated extends CalibratedPoint {
  readonly met: true;
  readonly keyword: string;
  /**
   * Counts under each condition, as `evaluate` gives them at these settings, but for other keywords: what is spoken of
   * them is heard by the hour too, and an event there is an alarm. No threshold is bought with confusions.
   */
  readonly conditions: readonly (OperatingPoint & { readonly snr: number | null })[];
  /** 95 %. The same utterances under several conditions count as no more utterances. */
  readonly missInterval: Interval;
  readonly alarmInterval: Interval; // an hour, 95 %
  /** Whether the hours are enough to promise the aim: the one-sided 95 % upper bound of the alarm rate meets it. */
  readonly promised: boolean;
  /** Hours in all that would promise the aim if no further alarm came in them. */
  readonly hoursNeeded: number;
  /** The best of each smoothing that meets the aim and hears something, the chosen one among them. */
  readonly considered: readonly CalibratedPoint[];
}

/** No setting meets the aim, or those that do hear nothing. */
export interface NotCalibrated {
  readonly met: false;
  readonly keyword: string;
  /** What was found, and what to do about it. */
  readonly reason: string;
}

export type Calibration = Calibrated | NotCalibrated;
