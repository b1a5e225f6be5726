/** What a page and its audio thread tell each other. Arrays are copied on the way. */
import type { DetectionOptions } from '../detection/settings.js';
import type { Around } from '../hearing/clips.js';
import type { DetectorPlan } from '../hearing/plan.js';

/** The names under which `tympan/worklet` and `tympan/worklet/full` register. */
export const PROCESSOR = 'tympan-detector';
export const FULL_PROCESSOR = 'tympan-detector-full';

/** What crosses to the page besides events. */
export interface Watch {
  /** Of every frame that a model answers. */
  readonly posteriors: boolean;
  /** Of every frame, where several models share them once a model. */
  readonly features: boolean;
  /** About every 50 ms. */
  readonly levels: boolean;
}

/** `processorOptions` of the node. */
export interface WorkletOptions {
  /** The WebAssembly module. */
  readonly kernels: Uint8Array<ArrayBuffer>;
  readonly plans: readonly DetectorPlan[];
  readonly watch: Watch;
  /** The sound around events, where it is wanted. */
  readonly audio?: Around;
}

/** A message that is made once, and filled anew. */
export type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Page → worklet. */
export type Request =
  | { readonly type: 'configure'; readonly model: number; readonly settings: DetectionOptions }
  | { readonly type: 'watch'; readonly watch: Watch }
  /** Sound is dropped until `resume`; time stands still. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Begins a new stream: time is 0 again. */
  | { readonly type: 'reset' }
  /** Hears half a second of silence; `flushed` answers. */
  | { readonly type: 'flush' }
  /** Gives what is left of clips, lets go of all memory; `closed` answers, and the node is no longer processed. */
  | { readonly type: 'close' };

/** Worklet → page. Times are seconds of sound heard; contextTime is the AudioContext's clock, s, at the end of the frame that fired. */
export type Message =
  | { readonly type: 'ready' }
  | WakeMessage
  | ClipMessage
  | FrameMessage<'posteriors'>
  | FrameMessage<'features'>
  | LevelMessage
  /** Only digital zeros have come for so long: told once, until `sound`. */
  | { readonly type: 'silence'; readonly seconds: number }
  | { readonly type: 'sound' }
  | { readonly type: 'flushed' }
  | { readonly type: 'closed' }
  /** The constructor failed, or sound could not be heard: the node is no longer processed. */
  | { readonly type: 'error'; readonly name: string; readonly message: string };

export interface WakeMessage {
  readonly type: 'wake';
  /** Counts events, from 0: a clip has the number of its event. */
  readonly id: number;
  /** Place of the model among the plans. */
  readonly model: number;
  readonly keyword: string;
  readonly posterior: number;
  readonly time: number;
  readonly contextTime: number;
}

export interface ClipMessage {
  readonly type: 'clip';
  readonly id: number;
  readonly samples: Float32Array;
  readonly sampleRate: number; // Hz
  readonly start: number;
}

export interface FrameMessage<Type extends 'posteriors' | 'features'> {
  readonly type: Type;
  readonly model: number;
  readonly values: Float32Array;
  readonly time: number;
}

/** Of the sound since the last such message. */
export interface LevelMessage {
  readonly type: 'level';
  /** 0 to 1 at full scale. */
  readonly rms: number;
  readonly peak: number;
  readonly time: number;
}
