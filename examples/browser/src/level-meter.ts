import type { Level } from 'tympan/browser';
import { element } from './dom.js';

/** Decibels below full scale at the left end. */
const FLOOR = -60;
/** Of the peak mark's height that stays from one level to the next. */
const FALL = 0.94;
const TOLD_EVERY = 1; // s

/** How loud the microphone is, in decibels. */
export class LevelMeter {
  readonly #meter = element('#level', HTMLElement);
  readonly #rms = element('#level .rms', HTMLElement);
  readonly #peak = element('#level .peak', HTMLElement);
  #held = 0;
  #toldAt = -TOLD_EVERY; // s

  show({ rms, peak, time }: Level): void {
    this.#held = Math.max(part(peak), FALL * this.#held);
    this.#rms.style.setProperty('--part', part(rms).toFixed(3));
    this.#peak.style.setProperty('--part', this.#held.toFixed(3));
    this.#meter.classList.toggle('clipping', peak >= 1);
    if (Math.abs(time - this.#toldAt) < TOLD_EVERY) return;
    this.#toldAt = time;
    this.#meter.setAttribute('aria-label', `Level: ${Math.round(decibels(rms))} dB of full scale`);
  }

  clear(): void {
    this.#held = 0;
    for (const part of [this.#rms, this.#peak]) part.style.setProperty('--part', '0');
    this.#meter.classList.remove('clipping');
    this.#meter.setAttribute('aria-label', 'Level: nothing is heard');
  }
}

function decibels(amplitude: number): number {
  return Math.max(FLOOR, 20 * Math.log10(amplitude));
}

function part(amplitude: number): number {
  return Math.min(1, 1 - decibels(amplitude) / FLOOR);
}
