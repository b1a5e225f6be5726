import type { Excerpt, Recording, RecordingSet, Utterance } from './sound.js';
import type { Trace } from './trace.js';

/** Which recordings one stream is made of: a single one, or a whole set joined. */
export interface StreamPlan {
  readonly set: Pick<RecordingSet, 'name' | 'kind'>;
  /** Of the stream among all streams: decides which noise is mixed in. */
  readonly index: number;
  readonly recordings: readonly Recording[]; // at least one
}

/** A stream after it was heard: no samples, what was spoken, and the answers under every condition. */
export interface Heard {
  readonly plan: StreamPlan;
  /** Seconds that count: of the recordings, and of the pauses between them; not the silence around a file that is heard alone. */
  readonly duration: number;
  readonly excerpts: readonly Excerpt[];
  readonly utterances: readonly Utterance[];
  /** One for each condition: the sound as it is first, then (positives only) with noise mixed in. */
  readonly answers: readonly Answers[];
}

export interface Answers {
  /** dB by which the noise lies below the active speech; null: nothing mixed in. */
  readonly snr: number | null;
  /** One for each model, in the order in which they were given. */
  readonly traces: readonly Trace[];
}
