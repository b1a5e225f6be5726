/**
 * Digital silence: a live microphone is never exactly zero, so zeros alone mean that it is muted, or, on macOS, that the
 * program may not use it.
 */

/** Seconds of zeros until they are told of: from the start, and after sound, when a mute button may explain a pause. */
const AT_START = 5;
const LATER = 30;

export class SilenceWatch {
  readonly #sampleRate: number;
  #zeros = 0; // samples, since the last that was none
  #limit: number; // samples
  #isSilent = false;

  /** @param sampleRate Hz */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#limit = AT_START * sampleRate;
  }

  /** Seconds of zeros that count as silence now. */
  get limit(): number {
    return this.#limit / this.#sampleRate;
  }

  /** @returns what has changed with these samples, once each time */
  hear(samples: Int16Array): 'silence' | 'sound' | undefined {
    const last = samples.findLastIndex((sample) => sample !== 0);
    this.#zeros = last === -1 ? this.#zeros + samples.length : samples.length - 1 - last;
    if (last !== -1) this.#limit = LATER * this.#sampleRate;
    const wasSilent = this.#isSilent;
    this.#isSilent = this.#zeros >= this.#limit || (wasSilent && last === -1);
    if (this.#isSilent === wasSilent) return undefined;
    return this.#isSilent ? 'silence' : 'sound';
  }
}
