/** What an evaluation found: plain data, as `tympan eval --json` prints it. Rates in 0..1 or an hour, latencies in ms, times in s. */

export interface Evaluation {
  readonly version: 1;
  /** 'files': each file is a stream of its own. 'joined': the files of a set follow one another in one stream, never reset. */
  readonly arrangement: 'files' | 'joined';
  /** dB; null stands for the recordings as they are. */
  readonly conditions: readonly (number | null)[];
  /** Of what is heard apart from keywords, as the recordings are: hours. */
  readonly hours: number;
  readonly models: readonly ModelResult[]; // one, or two that are compared
  readonly comparisons: readonly Comparison[]; // none with one model
}

export interface ModelResult {
  readonly model: string; // file
  readonly precision: 'int8' | 'f32';
  readonly keywords: readonly KeywordResult[];
}

export interface KeywordResult {
  readonly keyword: string;
  readonly settings: { readonly threshold: number; readonly smoothing: number; readonly refractory: number };
  readonly conditions: readonly ConditionResult[]; // in the order of Evaluation.conditions
}

/** Counts at one threshold. Alarms are events outside of every utterance of the keyword, and second events inside of one. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly utterances: number;
  readonly misses: number;
  readonly alarms: number;
  readonly hours: number;
}

export interface ConditionResult extends OperatingPoint {
  readonly snr: number | null; // dB
  readonly missRate: number; // 0 of no utterances
  readonly missInterval: Interval; // Clopper-Pearson, 95 %
  readonly alarmsPerHour: number; // in no hours 0 without an alarm, else Infinity, which is null in JSON
  readonly alarmInterval: Interval; // Garwood, 95 %; one-sided above for no alarms; [0, Infinity] in no hours
  /** From the word's end to the event; negative where it came before. Null where nothing was heard. */
  readonly latency: { readonly p50: number; readonly p95: number } | null;
  readonly sets: readonly SetResult[];
  readonly files: readonly FileResult[];
  /** The trade, by rising threshold. */
  readonly sweep: readonly OperatingPoint[];
}

export type Interval = readonly [low: number, high: number];

export interface SetResult {
  readonly name: string;
  readonly kind: 'positives' | 'negatives';
  readonly files: number;
  readonly utterances: number;
  readonly misses: number;
  readonly alarms: number;
  readonly hours: number;
}

export interface FileResult {
  readonly file: string;
  readonly set: string;
  readonly utterances: readonly UtteranceResult[];
  readonly alarms: readonly AlarmResult[];
}

export interface UtteranceResult {
  readonly start: number; // in the file, s
  readonly end: number;
  readonly heard: boolean;
  /** From the word's end to the event, ms; null where it was missed. */
  readonly latency: number | null;
  /** Highest smoothed posterior while it could have been heard. */
  readonly peak: number;
}

export interface AlarmResult {
  readonly time: number; // in the file, s; its end for one in the pause after it
  readonly posterior: number;
}

/** Two models on the same utterances and hours, for one keyword and condition. */
export interface Comparison {
  readonly keyword: string;
  readonly snr: number | null;
  /** At the settings of each. */
  readonly asSet: Paired;
  /**
   * Each at the threshold at which it misses least with no more alarms than the first has as set, since a threshold that
   * was chosen on these recordings must not be held against one that was not. Null where one of them alarms more often at any.
   */
  readonly atEqualAlarms: (Paired & { readonly thresholds: readonly [first: number, second: number] }) | null;
}

/** Exact two-sided tests: McNemar's on utterances that only one missed, and the binomial of alarm counts over the same hours. */
export interface Paired {
  readonly misses: readonly [first: number, second: number];
  readonly onlyMissedBy: readonly [first: number, second: number];
  readonly pMisses: number;
  readonly alarms: readonly [first: number, second: number];
  readonly pAlarms: number;
}
