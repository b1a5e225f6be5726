/** The part of node-record-lpcm16 1.0.1 that is used; the package ships no types. */
declare module 'node-record-lpcm16' {
  import type { ChildProcess } from 'node:child_process';
  import type { Readable } from 'node:stream';

  interface RecordOptions {
    recorder: 'arecord' | 'sox' | 'rec';
    device?: string | undefined;
    sampleRate: number;
    channels: number;
    audioType: 'raw' | 'wav';
  }

  /** A running recorder. */
  interface Recording {
    readonly process: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable };
  }

  const recorder: { record(options: RecordOptions): Recording };
  export default recorder;
}
