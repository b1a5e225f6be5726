/** What `tympan listen` tells, whoever reads it: a person at a terminal, a log or a program. */
import type { MicrophoneStatus } from '../node/index.js';
import type { ListenedModel } from './listen-models.js';

export interface HeardKeyword {
  readonly keyword: string;
  readonly posterior: number;
  /** Seconds of sound heard. */
  readonly time: number;
  readonly model: ListenedModel;
  readonly clock: Date;
  /** The file that will hold its sound. */
  readonly clip?: string;
}

export interface ListenSummary {
  readonly detections: number;
  /** Seconds of sound. */
  readonly heard: number;
  /** Seconds of sound that were dropped. */
  readonly lost: number;
  readonly saved: number;
}

export interface View {
  open(models: readonly ListenedModel[], frontEnds: number, sampleRate: number): void;
  /** Takes a frame's posteriors: only where somebody looks at them. */
  readonly frame?: (model: number, posteriors: Float32Array) => void;
  /** Takes what the microphone delivers, and how many samples were dropped until then. */
  heard(samples: Int16Array, overruns: number): void;
  status(status: MicrophoneStatus): void;
  detected(heard: HeardKeyword): void;
  /** Something went wrong, and listening goes on. */
  complain(message: string): void;
  /** Starts a command that may print something. */
  makeWayFor(start: () => Promise<void> | undefined): void;
  /** Nothing is drawn any more; detections may still come. */
  stop(): void;
  close(summary: ListenSummary): void;
}

/** Which changes of the microphone a person is to read: the first of a series, and its end. */
export class Remarks {
  #isWrong = false;
  #wasOverrun = false;

  /** @returns what is to be said; undefined for nothing */
  of({ state, reason, message, attempt, delay = 0 }: MicrophoneStatus): string | undefined {
    if (reason === 'overrun') {
      const isNews = !this.#wasOverrun;
      this.#wasOverrun = true;
      return isNews ? message : undefined;
    }
    const wasWrong = this.#isWrong;
    if (state === 'silent' || state === 'reconnecting') {
      this.#isWrong = true;
      if (state === 'silent') return message;
      return attempt === 1 ? `${message}; another try in ${delay / 1000} s` : undefined;
    }
    if (state !== 'listening') return undefined;
    this.#isWrong = false;
    return wasWrong ? message : undefined;
  }
}
