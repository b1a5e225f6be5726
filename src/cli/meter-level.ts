/** How loud it is, for a person's eye: RMS level, held peak, clipping, digital silence. */

/** The scale's lower end, in dB below full scale: a quiet room is about −60. */
export const FLOOR = -60;
/** dB a second by which level and peak fall, so that the eye can follow: near the 20 dB in 1.7 s of IEC 60268-10's peak meters. */
const FALL = 20;
/** Seconds for which a peak and a clipping stay. */
const HOLD = 1.5;
/** Seconds of zeros that are no sound any more. */
const SILENCE = 1;

export class LevelMeter {
  /** RMS in dB below a full-scale square wave, from `FLOOR`. */
  level = FLOOR;
  /** The greatest sample of late, in dB below full scale. */
  peak = FLOOR;
  readonly #sampleRate: number;
  #sincePeak = 0; // seconds
  #sinceClipping = Infinity; // seconds
  #zeros = 0; // seconds

  /** @param sampleRate Hz */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** Samples at an end of the scale, of late. */
  get isClipping(): boolean {
    return this.#sinceClipping < HOLD;
  }

  /** Nothing but zeros: a live microphone is never that quiet. */
  get isSilent(): boolean {
    return this.#zeros >= SILENCE;
  }

  hear(samples: Int16Array): void {
    if (samples.length === 0) return;
    const seconds = samples.length / this.#sampleRate;
    let energy = 0;
    let greatest = 0;
    for (const sample of samples) {
      energy += sample * sample;
      greatest = Math.max(greatest, Math.abs(sample));
    }
    this.level = Math.max(decibels(Math.sqrt(energy / samples.length)), this.level - FALL * seconds);
    const peak = decibels(greatest);
    this.#sincePeak += seconds;
    if (this.#sincePeak > HOLD) this.peak = Math.max(FLOOR, this.peak - FALL * seconds);
    if (peak >= this.peak) {
      this.peak = peak;
      this.#sincePeak = 0;
    }
    this.#sinceClipping = greatest >= 32767 ? 0 : this.#sinceClipping + seconds;
    this.#zeros = greatest === 0 ? this.#zeros + seconds : 0;
  }
}

/** @param amplitude of int16 samples */
function decibels(amplitude: number): number {
  return Math.max(FLOOR, 20 * Math.log10(amplitude / 32768));
}
