import type { Framing } from './framing.js';

/** The kernel calls that turn a frame of samples into features, and the tables they read: plain data, like a network's plan. */
export interface FrontEndPlan {
  readonly sampleRate: number; // Hz
  readonly constants: Uint8Array;
  readonly scratchBytes: number;
  readonly stateBytes: number;
  /** Samples of a frame → its log energies; of the microfrontend, → its features. */
  readonly analysis: Int32Array;
  /** Log energies → features of the frame; empty where they are the features. */
  readonly cepstrum: Int32Array;
  /** Where samples are put, [framing.history + the frame, and what it is padded to] f32, in the state. */
  readonly samples: number;
  /** Where `analysis` leaves them, [numMels] f32, and where `features` are, [numFeatures] f32: the same where `cepstrum` is empty. */
  readonly energies: number;
  readonly numMels: number;
  readonly features: number;
  /** Of a frame, without deltas. */
  readonly numFeatures: number;
  readonly framing: Framing;
  readonly context: Context;
}

/** What is made of the features of several frames. */
export interface Context {
  readonly deltas: 0 | 1 | 2;
  readonly deltaWindow: number;
  readonly stack: number;
  readonly stackStride: number;
  /** Applied to the features of a frame and their deltas; absent where `cepstrum` has already done so. */
  readonly mean?: Float32Array;
  readonly scale?: Float32Array;
}
