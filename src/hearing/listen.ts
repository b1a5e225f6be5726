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
  const clips = new Map<number, (clip: Clip) => void>();
  if (audio)
    hearing.keep(audio, (id, samples, sampleRate, start) => {
      clips.get(id)?.({ samples: samples.slice(), sampleRate, start });
      clips.delete(id);
    });
  const reader = new Reader(source, signal);
  const events: WithAudio<Event>[] = [];
  let count = 0;
  const add = (event: Event): void => {
    if (!audio) return void events.push(event);
    const id = count++;
    events.push({ ...event, audio: new Promise<Clip>((resolve) => clips.set(id, resolve)) });
    hearing.ask(id, partOf(event), event.time);
  };
  const step = async (): Promise<boolean> => {
    const samples = await reader.next();
    if (!samples) for (const event of ear.flush()) add(event);
    else if (!audio) for (const event of ear.push(samples)) add(event);
    else
      for (let at = 0; at < samples.length; at += Clips.piece)
        for (const event of ear.push(samples.subarray(at, at + Clips.piece))) add(event);
    return samples !== undefined;
  };
  const pump = new Pump(step, () => clips.size > 0);
  try {
    for (let goesOn = true; goesOn || events.length > 0;) {
      for (let event = events.shift(); event; event = events.shift()) {
        pump.start();
        yield event;
      }
      if (goesOn) goesOn = await pump.step();
    }
  } finally {
    if (audio) hearing.keep(null);
    await reader.close();
  }
}

/** A source's chunks, one after the other, until it ends or the signal aborts. */
class Reader {
  readonly #iterator: AsyncIterator<Int16Array | Float32Array> | Iterator<Int16Array | Float32Array>;
  readonly #aborted: Promise<never> | undefined;
  readonly #forget: () => void = () => {};
  #state: 'idle' | 'reading' | 'ended' = 'idle';

  constructor(source: Source, signal: AbortSignal | undefined) {
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    if (!signal) return;
    let abort = (): void => {};
    this.#aborted = new Promise((_, reject) => (abort = () => reject(signal.reason)));
    this.#aborted.catch(() => {});
    signal.addEventListener('abort', abort);
    this.#forget = () => signal.removeEventListener('abort', abort);
  }

  /** undefined where the source has ended. */
  async next(): Promise<Int16Array | Float32Array | undefined> {
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
  #step: Promise<boolean> | undefined;
  #goesOn = true;
  #isRunning = false;

  constructor(take: () => Promise<boolean>, isNeeded: () => boolean) {
    this.#take = take;
    this.#isNeeded = isNeeded;
  }

  /** One step at a time, whoever asks; a step that fails fails for all who ask from then on. */
  step(): Promise<boolean> {
    if (!this.#goesOn) return Promise.resolve(false);
    return (this.#step ??= this.#take().then((goesOn) => {
      this.#step = undefined;
      this.#goesOn = goesOn;
      return goesOn;
    }));
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
