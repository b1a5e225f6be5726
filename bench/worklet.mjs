/**
 * What the worklet costs on the audio thread: `process` on a thread of its own, as the shipped file has it, in parts of the time
 * that a quantum lasts.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { kernelBytes } from '../dist/kernels/embedded.js';
import { loadModel } from '../dist/index.js';
import { readAudio } from '../dist/node/index.js';
import { Resampler } from '../dist/audio/resampler.js';

const QUANTUM = 128; // samples
const WARM = 5000; // calls

/** Microseconds of every call, in order. */
function time(node, sound, calls) {
  const inputs = [[null]];
  const times = new Float64Array(calls);
  const quanta = Math.floor(sound.length / QUANTUM);
  const pieces = Array.from({ length: quanta }, (_, i) => sound.subarray(i * QUANTUM, (i + 1) * QUANTUM));
  for (let i = -WARM; i < calls; i++) {
    inputs[0][0] = pieces[(i + WARM) % quanta];
    const start = performance.now();
    node.process(inputs);
    if (i >= 0) times[i] = 1000 * (performance.now() - start);
  }
  return times.sort();
}

/** A node of the shipped file, among the worker's own globals: in a context of node:vm every use of one is slow. */
async function nodeOf(sampleRate, processorOptions) {
  let Processor;
  Object.assign(globalThis, {
    sampleRate,
    currentTime: 0,
    AudioWorkletProcessor: class {
      port = { postMessage: () => {} };
    },
    registerProcessor: (_, given) => (Processor = given),
  });
  await import('../dist/worklet.js');
  return new Processor({ processorOptions });
}

/** `process` of the shipped worklet and model, timed in a worker; prints the median and the 99th percentile. */
export async function benchWorklet(calls) {
  const model = await loadModel(new URL('../models/happy.onnx', import.meta.url));
  const { samples, sampleRate: from } = await readAudio('models/samples/happy.wav');
  console.log('\nThe worklet: a quantum of 128 samples, happy.onnx');
  console.log(
    `  ${''.padEnd(36)}${'median µs'.padStart(11)}${'p99 µs'.padStart(9)}${'median'.padStart(10)}${'p99'.padStart(9)}`,
  );
  for (const sampleRate of [48000, 44100, 16000]) {
    const sound = new Resampler(from, sampleRate).push(samples).slice();
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { sampleRate, sound, calls, kernels: kernelBytes(), plans: [model.plan()] },
    });
    const { median, p99 } = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    const lasts = (1e6 * QUANTUM) / sampleRate;
    const part = (microseconds) => `${((100 * microseconds) / lasts).toFixed(2)} %`;
    console.log(
      `  ${`${sampleRate} Hz`.padEnd(36)}${median.toFixed(2).padStart(11)}${p99.toFixed(2).padStart(9)}${part(median).padStart(10)}${part(p99).padStart(9)}`,
    );
  }
}

if (!isMainThread) {
  const { sampleRate, sound, calls, kernels, plans } = workerData;
  const watch = { posteriors: false, features: false, levels: true };
  const times = time(await nodeOf(sampleRate, { kernels, plans, watch }), sound, calls);
  parentPort.postMessage({ median: times[calls >> 1], p99: times[Math.floor(0.99 * calls)] });
}
