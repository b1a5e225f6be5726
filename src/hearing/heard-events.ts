import { checkSampleType } from '../typed-arrays.js';
import { InputError } from '../errors.js';
import type { Around, Clip } from './clips.js';
import { PIECE, type Hearing } from './hearing.js';

/** An event with the sound around it, where that was asked for. The promise never rejects: where the stream ends, the clip is short. */
export type WithAudio<Event> = Event & { readonly audio?: Promise<Clip> };

/** What is listened with. */
export interface Listener<Event> {
  push(samples: Int16Array | Float32Array): Event[];
  flush(): Event[];
}

/** What was heard and not yet told. */
export class HeardEvents<Event extends { readonly time: number }> {
  readonly queue: WithAudio<Event>[] = [];
  readonly ear: Listener<Event>;
  #isOver = false;

  constructor(ear: Listener<Event>) {
    this.ear = ear;
  }

  /** Whether somebody waits for sound that is still to come. */
  get isWaiting(): boolean {
    return false;
  }

  /** @param samples undefined where the source has ended @returns whether it goes on */
  hear(samples: Int16Array | Float32Array | undefined): boolean {
    if (this.#isOver) return false; // a chunk that was asked for before the loop was left
    if (samples) this.take(samples);
    else {
      this.add(this.ear.flush());
      this.finish();
    }
    return samples !== undefined;
  }

  finish(): void {
    if (!this.#isOver) this.end();
    this.#isOver = true;
  }

  protected take(samples: Int16Array | Float32Array): void {
    this.add(this.ear.push(samples));
  }

  protected add(events: readonly Event[]): void {
    this.queue.push(...events);
  }

  protected end(): void {}
}

/** The same, every event with a promise of its sound. */
export class EventsWithSound<Event extends { readonly time: number }> extends HeardEvents<Event> {
  readonly #hearing: Hearing;
  readonly #partOf: (event: Event) => number;
  readonly #clips = new Map<number, (clip: Clip) => void>();
  #count = 0;

  constructor(ear: Listener<Event>, hearing: Hearing, partOf: (event: Event) => number, audio: Around) {
    super(ear);
    this.#hearing = hearing;
    this.#partOf = partOf;
    if (hearing.isKeeping)
      throw new InputError(
        'listen: another loop with `audio` is listening already; end it first, or listen with a detector of its own',
      );
    hearing.keep(audio, (id, samples, sampleRate, start) => {
      this.#clips.get(id)?.({ samples: samples.slice(), sampleRate, start });
      this.#clips.delete(id);
    });
  }

  override get isWaiting(): boolean {
    return this.#clips.size > 0;
  }

  protected override take(samples: Int16Array | Float32Array): void {
    checkSampleType(samples);
    for (let at = 0; at < samples.length; at += PIECE) this.add(this.ear.push(samples.subarray(at, at + PIECE)));
  }

  protected override add(events: readonly Event[]): void {
    for (const event of events) {
      const id = this.#count++;
      const audio = new Promise<Clip>((resolve) => this.#clips.set(id, resolve));
      this.queue.push({ ...event, audio });
      this.#hearing.ask(id, this.#partOf(event), event.time);
    }
  }

  protected override end(): void {
    this.#hearing.keep(null);
  }
}
