/**
 * The AudioWorklet: from samples to events on the audio thread of a page. Bundled into one file, `tympan/worklet`, which
 * `audioWorklet.addModule` loads; `tympan/browser` makes its nodes. It uses what every AudioWorkletGlobalScope has, and no more.
 */
import { AudioThread } from './audio-thread.js';
import { PROCESSOR, type Message, type Request, type WorkletOptions } from './protocol.js';

class DetectorProcessor extends AudioWorkletProcessor {
  #thread: AudioThread | undefined;

  constructor({ processorOptions }: { processorOptions: WorkletOptions }) {
    super();
    const post = (message: Message): void => this.port.postMessage(message);
    // What a constructor throws reaches the page without its reason.
    this.#try(() => {
      const thread = new AudioThread(processorOptions, sampleRate, post);
      this.port.onmessage = ({ data }: MessageEvent<Request>) => this.#try(() => thread.receive(data));
      this.#thread = thread;
      post({ type: 'ready' });
    });
  }

  process([[samples]]: Float32Array[][]): boolean {
    if (!this.#thread) return false;
    if (samples === undefined) return true; // nothing is connected
    try {
      return this.#thread.hear(samples, currentTime);
    } catch (error) {
      return this.#fail(error);
    }
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): false {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    this.#thread = undefined;
    this.port.postMessage({ type: 'error', name, message } satisfies Message);
    return false;
  }
}

registerProcessor(PROCESSOR, DetectorProcessor as never);
