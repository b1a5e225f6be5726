import { checkNames } from '../detection/settings.js';
import { typeName } from '../typed-arrays.js';
import { checkAround, type Around } from './clips.js';
import { EventsWithSound, HeardEvents, type Listener, type WithAudio } from './heard-events.js';
import type { Hearing } from './hearing.js';
import { Pump } from './pump.js';
import { SourceReader, type Source } from './source.js';

export interface ListenOptions {
  /** Ends the iteration, which throws the signal's reason; the source is let go of. */
  readonly signal?: AbortSignal;
  /** Seconds of sound to keep around every event, 0 to 60 each. */
  readonly audio?: Around;
}

/** @throws TypeError, RangeError naming the option that is wrong */
export function checkListenOptions(options: ListenOptions): void {
  checkNames('listen', options, ['signal', 'audio']);
  const { signal, audio } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new TypeError(`signal: got ${typeName(signal)}, expected an AbortSignal`);
  if (audio !== undefined) checkAround(audio);
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
  const reader = new SourceReader(source, signal);
  const events = audio ? new EventsWithSound(ear, hearing, partOf, audio) : new HeardEvents(ear);
  const pump = new Pump(
    async () => events.hear(await reader.next()),
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
