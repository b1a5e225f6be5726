/** What detectors are measured on: streams of sound, and where in them a keyword is spoken. */

/** A stretch of a stream in which a keyword is spoken. Times in seconds from the start of the stream. */
export interface Utterance {
  readonly keyword: string;
  /** The clip, or the label's stretch of a longer file. */
  readonly start: number;
  readonly end: number;
  /** End of the last 10 ms frame within 20 dB of the loudest between `start` and `end`. */
  readonly wordEnd: number;
}

/** A file's place in a stream. Seconds. */
export interface Excerpt {
  readonly file: string;
  readonly start: number; // in the stream
  readonly duration: number;
}

/** Index of the last excerpt that began by then, or of the first. */
export function placeOf(excerpts: readonly Excerpt[], time: number): number {
  let [low, high] = [0, excerpts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (excerpts[middle].start <= time) low = middle;
    else high = middle;
  }
  return low;
}

/** What one detector hears from its first sample to its last, without a reset. */
export interface Sound {
  readonly samples: Float32Array; // mono, [-1, 1)
  readonly sampleRate: number; // Hz
  readonly excerpts: readonly Excerpt[]; // in order, at least one
  readonly utterances: readonly Utterance[]; // by their start; none in negatives
}

/** A keyword spoken in a file: what a label file says, or the whole of a clip. Seconds from the start of the file. */
export interface Label {
  readonly keyword: string;
  readonly start: number;
  readonly end: number;
}

/** A file to be heard, and what is spoken in it. */
export interface Recording {
  readonly file: string;
  /** 'whole': a clip of this keyword, whatever its length. None in negatives. */
  readonly labels: readonly Label[] | { readonly whole: string };
}

/** Recordings that are counted together: a folder, a list, or the files named beside it. */
export interface RecordingSet {
  readonly name: string;
  readonly kind: 'positives' | 'negatives';
  readonly recordings: readonly Recording[];
}
