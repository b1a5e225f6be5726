import { loadModel } from 'tympan';
import { listen } from 'tympan/browser';
import type { Bridge, HearingStatus } from './bridge.js';

declare const tympan: Bridge;

const status = document.querySelector<HTMLElement>('#status')!;
const wakes = document.querySelector<HTMLElement>('#wakes')!;

function tell({ state, reason, message }: HearingStatus): void {
  status.textContent = message;
  tympan.status({ state, reason, message });
}

async function hear(): Promise<void> {
  const model = await loadModel(new URL('happy.onnx', location.href));
  // esbuild leaves URLs of other files as they are, so the worklet's is given.
  const listener = listen(model, {
    workletUrl: new URL('worklet.js', location.href),
    reconnect: true,
    onStatus: tell,
  });
  tell(listener.status);
  tympan.onCommand((command) => (command === 'pause' ? listener.pause() : listener.resume()));
  for await (const { keyword, posterior, time } of listener) {
    tympan.wake({ keyword, posterior, time });
    const item = document.createElement('li');
    item.textContent = `${keyword}, ${Math.round(100 * posterior)} %, at ${time.toFixed(2)} s`;
    wakes.prepend(item);
    wakes.children[20]?.remove();
  }
}

hear().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const reason = (error as { reason?: string }).reason ?? 'error';
  tell({ state: 'stopped', reason, message });
});
