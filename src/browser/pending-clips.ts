import type { Clip } from '../hearing/clips.js';

interface Pending {
  resolve(clip: Clip): void;
  reject(error: Error): void;
}

/** Sound around events, which the audio thread sends when it was heard. */
export class PendingClips {
  readonly #pending = new Map<number, Pending>();

  /** The sound of event `id`. No unhandled rejection where nobody looks at it. */
  expect(id: number): Promise<Clip> {
    const clip = new Promise<Clip>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    clip.catch(() => {});
    return clip;
  }

  give(id: number, clip: Clip): void {
    this.#pending.get(id)?.resolve(clip);
    this.#pending.delete(id);
  }

  /** None will come any more. */
  abandon(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
