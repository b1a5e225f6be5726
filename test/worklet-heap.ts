/**
 * A process of its own, `node --expose-gc worklet-heap.js RATE CALLS WATCHED`: sound through the worklet's file, and what it takes of
 * memory. The file is loaded among Node's own globals, for in a context of node:vm every use of one is slow, and garbage. Prints JSON.
 */
import { pathToFileURL } from 'node:url';
import { kernelBytes } from '#dist/kernels/embedded.js';
import type { Message, WorkletOptions } from '#dist/worklet/protocol.js';
import { loadModel } from 'tympan';
import { readAudio } from 'tympan/node';
import { Resampler } from 'tympan/resampler';
import { chunks } from './support.js';

const QUANTUM = 128; // samples
const WARM = 200_000; // calls until the engine has compiled what it will

declare const gc: () => void;

/** What `allocated` and `kept` are bytes of. */
export interface HeapReport {
  /** Of the heap, by all calls, garbage too: the least of several turns, for engines allocate when they compile. */
  readonly allocated: number;
  /** Of the heap, and of buffers, that are still in use once garbage was collected. */
  readonly kept: number;
  readonly keptBuffers: number;
  readonly wakes: number;
  readonly others: number;
}

interface Processor {
  process(inputs: readonly (readonly Float32Array[])[]): boolean;
}

let wakes = 0;
let others = 0;

async function processorOf(sampleRate: number, processorOptions: WorkletOptions): Promise<Processor> {
  let Given: (new (options: object) => Processor) | undefined;
  Object.assign(globalThis, {
    sampleRate,
    currentTime: 0,
    AudioWorkletProcessor: class {
      readonly port = { postMessage: ({ type }: Message) => void (type === 'wake' ? wakes++ : others++) };
    },
    registerProcessor: (_: string, Class: typeof Given) => (Given = Class),
  });
  await import(pathToFileURL('dist/worklet.js').href);
  return new Given!({ processorOptions: structuredClone(processorOptions) });
}

const [rate, calls] = process.argv.slice(2, 4).map(Number);
const watched = process.argv[4] === 'true';
const model = await loadModel('models/happy.onnx');
const { samples, sampleRate } = await readAudio('models/samples/happy.wav');
const sound = new Resampler(sampleRate, rate).push(samples);
const quanta = [...chunks(sound.slice(0, sound.length - (sound.length % QUANTUM)), [QUANTUM])];
const processor = await processorOf(rate, {
  kernels: kernelBytes(),
  plans: [model.plan()],
  watch: { posteriors: watched, features: watched, levels: true },
  ...(watched && { audio: { before: 1, after: 1 } }),
});

const inputs: Float32Array[][] = [[]];
let heard = 0;
function hear(count: number): void {
  for (let i = 0; i < count; i++) {
    inputs[0][0] = quanta[heard++ % quanta.length];
    if (!processor.process(inputs)) throw new Error(`it ended at call ${i}`);
  }
}

/** Bytes by which `calls` more grow the heap. */
function growth(): number {
  gc();
  const before = process.memoryUsage().heapUsed;
  hear(calls);
  return process.memoryUsage().heapUsed - before;
}

hear(WARM);
gc();
const before = process.memoryUsage();
const allocated = calls > 100_000 ? (hear(calls), 0) : Math.min(...Array.from({ length: 6 }, growth));
gc();
const { heapUsed, arrayBuffers } = process.memoryUsage();
const report: HeapReport = {
  allocated,
  kept: heapUsed - before.heapUsed,
  keptBuffers: arrayBuffers - before.arrayBuffers,
  wakes,
  others,
};
process.stdout.write(JSON.stringify(report));
