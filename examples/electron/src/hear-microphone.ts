import { loadModel } from 'tympan';
import { microphone, type MicrophoneOptions } from 'tympan/node';
import { parseCommand, type HearingStatus, type WakeEvent } from './bridge.js';

/** Electron's parentPort, as far as it is used. */
export interface Port {
  postMessage(message: FromUtility): void;
  on(event: 'message', listener: (message: { readonly data: unknown }) => void): unknown;
}

export type FromUtility =
  { readonly type: 'wake'; readonly event: WakeEvent } | { readonly type: 'status'; readonly status: HearingStatus };

/** Listens to Node's microphone until its end, tells the port, and pauses as it asks. */
export async function hearMicrophone(port: Port, model: string, options: MicrophoneOptions = {}): Promise<void> {
  const tell = (status: HearingStatus): void => port.postMessage({ type: 'status', status });
  try {
    const detector = (await loadModel(model)).detector();
    const sound = microphone({
      reconnect: true,
      ...options,
      sampleRate: detector.sampleRate,
      onStatus: ({ state, reason, message }) => tell({ state, reason, message }),
    });
    port.on('message', ({ data }) => {
      const command = parseCommand(data);
      if (command === 'pause') sound.pause().catch(fail);
      if (command === 'resume') sound.resume();
    });
    for await (const { keyword, posterior, time } of detector.listen(sound))
      port.postMessage({ type: 'wake', event: { keyword, posterior, time } });
    detector.close();
  } catch (error) {
    fail(error);
  }

  function fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    tell({ state: 'stopped', reason: (error as { reason?: string }).reason ?? 'error', message });
  }
}
