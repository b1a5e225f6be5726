import type { Clip } from '../hearing/clips.js';

interface Pending {
  readonly empty: Clip;
  resolve(clip: Clip): void;
}

/** Sound around events, which the audio thread sends when it was heard. */
export class PendingClips {
  readonly #pending = new Map<number, Pending>();

  /**
   * The sound of event `id`. It never rejects: nobody would catch that where nobody looks at it.
   *
   * @param time s, of the event, where the sound begins if none comes
   */
  expect(id: number, sampleRate: number, time: number): Promise<Clip> {
    const empty = { samples: new Float32Array(0), sampleRate, start: time };
    return new Promise<Clip>((resolve) => this.#pending.set(id, { empty, resolve }));
  }

  give(id: number, clip: Clip): void {
    this.#pending.get(id)?.resolve(clip);
    this.#pending.delete(id);
  }

  /** None will come any more. */
  abandon(): void {
    for (const { empty, resolve } of this.#pending.values()) resolve(empty);
    this.#pending.clear();
  }
}
