import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as ort from 'onnxruntime-web';
import type { TensorLayout } from '#dist/model/network.js';
import type { Network, Tensor } from 'tympan';

/** Seed of every property test; a failure prints it with the path to the counterexample. */
export const SEED = 20;

/** Runs of a property that are enough here: every one is a whole network or stream. */
export const property: fc.Parameters<unknown> = { seed: SEED, numRuns: 25 };

export const FIXTURES = 'test/fixtures/onnx/';

/** Fixtures that import: what PyTorch's two exporters wrote, and other exporters' habits. */
export const IMPORTABLE = [
  ...readdirSync(FIXTURES).filter((name) => /^(dynamo|torchscript)-/.test(name)),
  ...[
    'activation-parameters',
    'activations',
    'bias-aliases',
    'fixed-index',
    'folded',
    'layout',
    'learned-state',
    'one-frame',
    'opset-9',
    'reset-after',
    'reset-after-pytorch',
    'rows',
    'size-named-12',
    'two-heads',
    'weights-constant',
    'weights-float16',
    'weights-float64',
    'weights-typed-fields',
  ].map((name) => `forged-${name}.onnx`),
];

export function readFixture(name: string): Uint8Array {
  return readFileSync(FIXTURES + name);
}

/** Uniform numbers in ±size from a linear congruential generator. */
export function uniform(seed: number, size = 1): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state / 2 ** 32) * 2 - 1) * size;
  };
}

/** Random tensors for all inputs and states of a network; open dimensions take the sizes given. */
export function randomInputs(network: Network, batch: number, frames: number, seed: number): Record<string, Tensor> {
  const next = uniform(seed);
  const dimsOf = ({ axes }: TensorLayout): number[] =>
    axes.map((axis) =>
      axis.reduce(
        (product, { role, size }) => product * (typeof size === 'number' ? size : role === 'batch' ? batch : frames),
        1,
      ),
    );
  return Object.fromEntries(
    [...network.inputs, ...network.states].map((layout) => {
      const dims = dimsOf(layout);
      const data = Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, next);
      return [layout.name, { type: 'float32' as const, dims, data }];
    }),
  );
}

/** The same model and inputs through onnxruntime-web. */
export async function runOnnxruntime(
  bytes: Uint8Array,
  inputs: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, dims }]) => [name, new ort.Tensor('float32', data, dims)]),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [
      name,
      { type: 'float32' as const, dims, data: data as Float32Array },
    ]),
  );
}

/** The largest |a − b|; infinite for different lengths or NaN. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= max)) max = Number.isNaN(difference) ? Infinity : difference;
  }
  return max;
}

/** A list cut into pieces: one for each positive length that `lengths` repeats. */
export function* chunks<T extends Int16Array | Float32Array>(list: T, lengths: readonly number[]): Generator<T> {
  for (let at = 0, i = 0; at < list.length; i++) {
    const end = Math.min(list.length, at + lengths[i % lengths.length]);
    yield list.subarray(at, end) as T;
    at = end;
  }
}
