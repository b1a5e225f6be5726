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
  /** In the order of Evaluation.conditions; none of a model with one keyword. */
  readonly confusion: readonly ConfusionTable[];
}

/** Which keyword was heard first, by what was said: one model under one condition, all keywords at their settings. */
export interface ConfusionTable {
  readonly snr: number | null; // dB
  /** Every keyword of which something was said, in the model's order; then the sets of negatives. */
  readonly rows: readonly ConfusionRow[];
}

export interface ConfusionRow {
  /** A keyword, or the name of a set of negatives. */
  readonly said: string;
  readonly kind: 'positives' | 'negatives';
  /** Utterances of the keyword, or files of the set. An event belongs to one from its start to 0.5 s after its end. */
  readonly clips: number;
  /** Clips in which each keyword was heard before any other: every keyword of the model. */
  readonly first: Readonly<Record<string, number>>;
  /** Clips in which no keyword was heard. */
  readonly nothing: number;
  /** Of a keyword, as its ConditionResult has them; null of negatives. */
  readonly missed: Pick<ConditionResult, 'misses' | 'missRate' | 'missInterval'> | null;
}

export interface KeywordResult {
  readonly keyword: string;
  readonly settings: { readonly threshold: number; readonly smoothing: number; readonly refractory: number };
  readonly conditions: readonly ConditionResult[]; // in the order of Evaluation.conditions
}

/**
 * Counts at one threshold. Alarms are events outside of every utterance, and second events inside of one of the
 * keyword; where no confusions are counted, events inside of other keywords' utterances too.
 */
export interface OperatingPoint {
  readonly threshold: number;
  readonly utterances: number;
  readonly misses: number;
  readonly alarms: number;
  readonly hours: number;
}

/** Counts of `tympan eval` at one threshold. */
export interface SweepPoint extends OperatingPoint {
  /** Events inside of other keywords' utterances: no alarms, as nothing of this is heard by the hour. */
  readonly confusions: number;
}

export interface ConditionResult extends SweepPoint {
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
  readonly sweep: readonly SweepPoint[];
}

export type Interval = readonly [low: number, high: number];

export interface SetResult {
  readonly name: string;
  readonly kind: 'positives' | 'negatives';
  readonly files: number;
  readonly utterances: number;
  readonly misses: number;
  readonly alarms: number;
  readonly confusions: number;
  readonly hours: number; // outside of every utterance
}

export interface FileResult {
  readonly file: string;
  readonly set: string;
  readonly utterances: readonly UtteranceResult[];
  readonly alarms: readonly AlarmResult[];
  readonly confusions: readonly ConfusionResult[];
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

/** An event of one keyword where another was spoken. */
export interface ConfusionResult extends AlarmResult {
  readonly said: string;
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

/**
 * Exact two-sided tests: McNemar's on utterances that only one missed, and the binomial of alarm counts over the same
 * hours. Confusions count among the alarms.
 */
export interface Paired {
  readonly misses: readonly [first: number, second: number];
  readonly onlyMissedBy: readonly [first: number, second: number];
  readonly pMisses: number;
  readonly alarms: readonly [first: number, second: number];
  readonly pAlarms: number;
}
