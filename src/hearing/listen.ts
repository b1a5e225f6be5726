import { checkSampleType } from '../typed-arrays.js';
import { Clips, type Around, type Clip } from './clips.js';
import type { Hearing } from './hearing.js';

/** Chunks of samples: a microphone, a decoded file, an array of chunks. */
export type Source = AsyncIterable<Int16Array | Float32Array> | Iterable<Int16Array | Float32Array>;

export interface ListenOptions {
  /** Ends the iteration, which throws the signal's reason; the source is let go of. */
  readonly signal?: AbortSignal;
  /** Seconds of sound to keep around every event, 0 to 60 each. */
  readonly audio?: Around;
}

/** An event with the sound around it, where that was asked for. The promise never rejects: where the stream ends, the clip is short. */
export type WithAudio<Event> = Event & { readonly audio?: Promise<Clip> };

/** What is listened with. */
interface Listener<Event> {
  readonly sampleRate: number;
  push(samples: Int16Array | Float32Array): Event[];
  flush(): Event[];
}

/**
 * Events of a source as they happen.
 *
 * @param partOf which part of `hearing` an event is of
 */
export async function* listenTo<Event extends { readonly time: number }>(
  ear: Listener<Event>,
  hearing: Hearing,
  partOf: (event: Event) => number,
  source: Source,
  { signal, audio }: ListenOptions,
): AsyncGenerator<WithAudio<Event>> {
  signal?.throwIfAborted();
  const events = audio ? new EventsWithSound(ear, hearing, partOf, audio) : new Events(ear);
  const reader = new Reader(source, signal);
  const pump = new Pump(
    async () => {
      const samples = await reader.next();
      return events.hear(samples);
    },
    () => events.isWaiting,
    () => events.finish(),
  );
  try {
    for (let goesOn = true; goesOn || events.queue.length > 0;) {
      for (let event = events.queue.shift(); event; event = events.queue.shift()) {
        pump.start();
        yield event;
        signal?.throwIfAborted();
      }
      if (goesOn) goesOn = await pump.step();
    }
  } finally {
    events.finish();
    await reader.close();
  }
}

/** What was heard and not yet told. */
class Events<Event extends { readonly time: number }> {
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
class EventsWithSound<Event extends { readonly time: number }> extends Events<Event> {
  readonly #hearing: Hearing;
  readonly #partOf: (event: Event) => number;
  readonly #clips = new Map<number, (clip: Clip) => void>();
  #count = 0;
  #heard = 0; // samples of the source

  constructor(ear: Listener<Event>, hearing: Hearing, partOf: (event: Event) => number, audio: Around) {
    super(ear);
    this.#hearing = hearing;
    this.#partOf = partOf;
    hearing.keep(audio, (id, samples, sampleRate, start) => {
      // What `flush` hears behind the source's end is no sound of it.
      const end = Math.ceil((this.#heard * sampleRate) / ear.sampleRate) - Math.round(start * sampleRate);
      this.#clips.get(id)?.({ samples: samples.slice(0, Math.max(0, end)), sampleRate, start });
      this.#clips.delete(id);
    });
  }

  override get isWaiting(): boolean {
    return this.#clips.size > 0;
  }

  protected override take(samples: Int16Array | Float32Array): void {
    checkSampleType(samples);
    for (let at = 0; at < samples.length; at += Clips.piece) {
      const piece = samples.subarray(at, at + Clips.piece);
      this.#heard += piece.length;
      this.add(this.ear.push(piece));
    }
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

/** A source's chunks, one after the other, until it ends or the signal aborts. */
class Reader {
  readonly #iterator: AsyncIterator<Int16Array | Float32Array> | Iterator<Int16Array | Float32Array>;
  readonly #aborted: Promise<never> | undefined;
  readonly #forget: () => void = () => {};
  readonly #signal: AbortSignal | undefined;
  #state: 'idle' | 'reading' | 'ended' = 'idle';

  constructor(source: Source, signal: AbortSignal | undefined) {
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#signal = signal;
    if (!signal) return;
    let abort = (): void => {};
    this.#aborted = new Promise((_, reject) => (abort = () => reject(signal.reason)));
    this.#aborted.catch(() => {});
    signal.addEventListener('abort', abort);
    this.#forget = () => signal.removeEventListener('abort', abort);
  }

  /** undefined where the source has ended. */
  async next(): Promise<Int16Array | Float32Array | undefined> {
    this.#signal?.throwIfAborted(); // a race is won by the source that never waits
    this.#state = 'reading';
    const next = Promise.resolve(this.#iterator.next());
    const { done, value } = await (this.#aborted ? Promise.race([next, this.#aborted]) : next);
    this.#state = done ? 'ended' : 'idle';
    return done ? undefined : value;
  }

  /** Lets go of the source. One that is being read ends when it can: a generator waits for the chunk it was asked for. */
  async close(): Promise<void> {
    this.#forget();
    if (this.#state === 'ended') return;
    const closed = Promise.resolve(this.#iterator.return?.());
    if (this.#state === 'idle') await closed;
    else closed.catch(() => {});
  }
}

/** Takes steps when asked, and by itself while somebody waits for sound that is still to come. */
class Pump {
  readonly #take: () => Promise<boolean>;
  readonly #isNeeded: () => boolean;
  readonly #onFailure: () => void;
  #step: Promise<boolean> | undefined;
  #goesOn = true;
  #isRunning = false;

  constructor(take: () => Promise<boolean>, isNeeded: () => boolean, onFailure: () => void) {
    this.#take = take;
    this.#isNeeded = isNeeded;
    this.#onFailure = onFailure;
  }

  /** One step at a time, whoever asks; a step that fails fails for all who ask from then on. */
  step(): Promise<boolean> {
    if (!this.#goesOn) return Promise.resolve(false);
    return (this.#step ??= this.#take().then(
      (goesOn) => {
        this.#step = undefined;
        return (this.#goesOn = goesOn);
      },
      (error: unknown) => {
        this.#onFailure();
        throw error;
      },
    ));
  }

  /** Steps as long as it is needed; who reads the events finds the error of a step that fails. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const run = async (): Promise<void> => {
      while (this.#goesOn && this.#isNeeded()) await this.step();
    };
    run()
      .catch(() => {})
      .finally(() => (this.#isRunning = false));
  }
}
