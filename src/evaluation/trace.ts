/** What a model answered over a stream: enough to decide anew at any threshold, smoothing and refractory period. */

export interface Trace {
  /** Posteriors of each keyword, one an answer, before smoothing: [answers] each. */
  readonly posteriors: Readonly<Record<string, Float32Array>>;
  /** Seconds from the start of the stream to the end of the frame of the first answer. */
  readonly firstTime: number;
  /** Seconds from one answer to the next. */
  readonly period: number;
}

/** Seconds from the start of the stream to the end of the frame of answer `k`. */
export function timeOf({ firstTime, period }: Trace, k: number): number {
  return firstTime + k * period;
}
