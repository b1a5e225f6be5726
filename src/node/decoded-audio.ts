/** What a decoder found: one array a channel, integers as n / 2^(bits − 1). */
export interface DecodedAudio {
  readonly format: 'wav' | 'flac';
  /** 'pcm', 'float', 'a-law' or 'mu-law' */
  readonly encoding: string;
  readonly bitsPerSample: number;
  readonly sampleRate: number; // Hz
  readonly channels: readonly Float32Array[];
}
