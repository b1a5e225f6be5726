/** A microphone is never exactly silent: where only zeros come, it is muted, or its use was not permitted. */
export class Silence {
  readonly #enough: number; // samples
  #zeros = 0;
  /** Whether only zeros have come for long. */
  isSilent = false;

  /** @param seconds from which on it is silence */
  constructor(sampleRate: number, seconds: number) {
    this.#enough = seconds * sampleRate;
  }

  /** @returns whether `isSilent` has changed */
  hear(samples: Float32Array): boolean {
    this.#zeros = isZero(samples) ? this.#zeros + samples.length : 0;
    const was = this.isSilent;
    this.isSilent = this.#zeros >= this.#enough;
    return was !== this.isSilent;
  }
}

function isZero(samples: Float32Array): boolean {
  for (let i = 0; i < samples.length; i++) if (samples[i] !== 0) return false;
  return true;
}
