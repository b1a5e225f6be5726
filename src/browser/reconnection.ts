import { MicrophoneError } from './microphone-error.js';
import { openMicrophone } from './open-microphone.js';

/** Milliseconds after which a microphone is tried again, where the browser does not say that devices have changed. */
const RETRY = 5000;
const PASSING = ['no-device', 'device-busy'];

/** Finds a microphone again, each time one was lost. */
export class Reconnection {
  #found = -Infinity; // ms

  /**
   * A microphone, as soon as there is one. The first is tried at once; after one that was lost soon it waits, or a device whose sound
   * ends as it begins would be opened without a pause.
   *
   * @throws MicrophoneError where waiting does not help, such as a permission that was withdrawn; the signal's reason
   */
  async find(device: string | undefined, signal: AbortSignal): Promise<MediaStream> {
    let waits = performance.now() - this.#found < RETRY;
    for (;;) {
      if (waits) await devicesChanged(signal);
      waits = true;
      try {
        const stream = await openMicrophone(device, signal);
        this.#found = performance.now();
        return stream;
      } catch (error) {
        if (!(error instanceof MicrophoneError && PASSING.includes(error.reason))) throw error;
      }
    }
  }
}

function devicesChanged(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = () => {
      over.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, RETRY);
    navigator.mediaDevices.addEventListener('devicechange', end, { signal: over.signal });
    signal.addEventListener('abort', end, { signal: over.signal });
    if (signal.aborted) end();
  });
}
