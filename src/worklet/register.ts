import type { OpenNetwork } from '../inference/open-network.js';
import { AudioThread } from './audio-thread.js';
import type { Message, Request, WorkletOptions } from './protocol.js';

/**
 * Registers the processor.
 *
 * @param openNetwork decides which networks can be run
 */
export function register(name: string, openNetwork: OpenNetwork): void {
  class DetectorProcessor extends AudioWorkletProcessor {
    #thread: AudioThread | undefined;

    constructor({ processorOptions }: { processorOptions: WorkletOptions }) {
      super();
      const post = (message: Message): void => this.port.postMessage(message);
      // What a constructor throws reaches the page without its reason.
      this.#try(() => {
        const thread = new AudioThread(processorOptions, openNetwork, sampleRate, post);
        this.port.onmessage = ({ data }: MessageEvent<Request>) => this.#try(() => thread.receive(data));
        this.#thread = thread;
        post({ type: 'ready' });
      });
    }

    process(inputs: Float32Array[][]): boolean {
      if (!this.#thread) return false;
      const samples = inputs[0][0]; // a pattern would make iterators
      try {
        return samples === undefined ? this.#thread.skip() : this.#thread.hear(samples, currentTime);
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

  registerProcessor(name, DetectorProcessor as never);
}
