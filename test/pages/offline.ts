/** Runs in a browser: a recording through the worklet, in an OfflineAudioContext. */
import { loadModel } from 'tympan';
import { createDetectorNode } from 'tympan/browser';
import { fetchBytes, hashOf } from './bytes.js';

export interface OfflineAnswers {
  readonly hash: string; // of all posteriors
  readonly count: number;
  readonly events: readonly { readonly keyword: string; readonly posterior: number; readonly time: number }[];
  /** How far the context's clock lay from the stream's at the events, in seconds. */
  readonly lag: number;
}

/** Int16 samples at `sampleRate` Hz. */
async function hearOffline(path: string, sampleRate: number, threshold: number): Promise<OfflineAnswers> {
  const integers = new Int16Array(await fetchBytes(path));
  const model = await loadModel(new Uint8Array(await fetchBytes('/happy.onnx')));
  const context = new OfflineAudioContext(1, integers.length, sampleRate);
  const posteriors: number[] = [];
  const events: { keyword: string; posterior: number; time: number }[] = [];
  let lag = 0;
  const detector = await createDetectorNode(context, model, {
    workletUrl: '/worklet.js',
    threshold,
    onPosteriors: (frame) => posteriors.push(...frame),
    onWake({ keyword, posterior, time, contextTime }) {
      events.push({ keyword, posterior, time });
      lag = Math.max(lag, Math.abs(contextTime - time));
    },
  });
  const buffer = context.createBuffer(1, integers.length, sampleRate);
  buffer.getChannelData(0).set(Float32Array.from(integers, (x) => x / 32768));
  const source = new AudioBufferSourceNode(context, { buffer }); // takes the contents now
  source.connect(detector.node);
  source.start();
  await context.startRendering();
  await detector.flush();
  await detector.close();
  return { hash: await hashOf(Float32Array.from(posteriors)), count: posteriors.length, events, lag };
}

declare global {
  var offline: typeof hearOffline;
}
globalThis.offline = hearOffline;
