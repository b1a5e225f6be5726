import type { Level, Wake } from 'tympan/browser';

/** What the model said, or was told, at a time. */
export interface Frame {
  /** Seconds of sound heard to the end of the frame. */
  readonly time: number;
  readonly values: Float32Array;
}

/** What is heard: the newest seconds of it, or all. */
export class SoundRecord {
  readonly levels: Level[] = [];
  readonly features: Frame[] = [];
  readonly posteriors: Frame[] = [];
  readonly wakes: Wake[] = [];
  /** Seconds of sound heard. */
  time = 0;
  /** Seconds from one level to the next: whole quanta of the audio thread. */
  levelPeriod = NaN;
  readonly #kept: number;

  /** @param kept seconds */
  constructor(kept: number) {
    this.#kept = kept;
  }

  addLevel(level: Level): void {
    if (Number.isNaN(this.levelPeriod)) this.levelPeriod = level.time;
    this.#add(this.levels, level);
  }

  addFeatures(values: Float32Array, time: number): void {
    this.#add(this.features, { values, time });
  }

  addPosteriors(values: Float32Array, time: number): void {
    this.#add(this.posteriors, { values, time });
  }

  addWake(wake: Wake): void {
    this.#add(this.wakes, wake);
  }

  #add<Entry extends { readonly time: number }>(entries: Entry[], entry: Entry): void {
    entries.push(entry);
    this.time = Math.max(this.time, entry.time);
    while (entries[0].time < this.time - this.#kept) entries.shift();
  }
}

/** Entries from one time to another, and one more on each side, so that lines reach the edges. */
export function between<Entry extends { readonly time: number }>(
  entries: readonly Entry[],
  from: number,
  to: number,
): readonly Entry[] {
  const first = entries.findIndex(({ time }) => time >= from);
  if (first < 0) return entries.slice(-1);
  const after = entries.findIndex(({ time }) => time > to);
  return entries.slice(Math.max(0, first - 1), after < 0 ? undefined : after + 1);
}
