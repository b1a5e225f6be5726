/** Runs in a browser: what the model answers to samples pushed directly. */
import { loadModel } from 'tympan';
import { fetchBytes, hashOf } from './bytes.js';

export interface Answers {
  readonly hash: string;
  readonly count: number;
}

async function posteriorsOf(path: string): Promise<Answers> {
  const model = await loadModel(new Uint8Array(await fetchBytes('/happy.onnx')));
  const posteriors: number[] = [];
  const detector = model.detector({ onFrame: (frame) => posteriors.push(...frame) });
  detector.push(new Int16Array(await fetchBytes(path)));
  detector.close();
  return { hash: await hashOf(Float32Array.from(posteriors)), count: posteriors.length };
}

declare global {
  var posteriors: typeof posteriorsOf;
}
globalThis.posteriors = posteriorsOf;
