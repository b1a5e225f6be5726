import { readdirSync, readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import * as ort from 'onnxruntime-web';
import type { Port } from '#dist/model/network.js';
import type { Network, Tensor } from 'tympan';

/** Seed of every property test; a failure prints it with the path to the counterexample. */
export const SEED = 20;

/** Runs of a property that are enough here: every one is a whole network or stream. */
export const property: fc.Parameters<unknown> = { seed: SEED, numRuns: 25 };

export const FIXTURES = 'test/fixtures/onnx/';

/** What `training/export-matrix/forged_refused.py` writes. */
export const REFUSED: readonly string[] = [
  // inputs and attributes that the operator has not
  ...['input-raised', 'input-folded', 'input-opset-9', 'dropout-training', 'attribute'],
  // numbers that are none, or that float32 and 2⁵³ don't hold
  ...['wrap-cast', 'float64-cast', 'weights-nan', 'weights-infinite'],
  // graphs that are none
  ...['cycle', 'missing', 'twice', 'opset-6', 'no-opset', 'function'],
  // weights elsewhere, cut, of other sizes, or far too many
  ...['external', 'external-outside', 'external-root', 'short-tensor', 'sparse', 'wrong-size', 'wrong-gates'],
  ...['wrong-peepholes', 'wrong-directions', 'many-parameters', 'no-parameters', 'unknown-activation', 'allowzero'],
  ...['explosion', 'explosion-expand'],
  // operators that are not done
  ...['conv-transpose', 'quantized', 'einsum', 'top-k', 'resize', 'domain', 'scaler', 'strings'],
].map((name) => `forged-${name}.onnx`);

/** All that must run: what PyTorch's two exporters wrote, and other exporters' habits. */
export const IMPORTABLE: readonly string[] = readdirSync(FIXTURES).filter(
  (name) => name.endsWith('.onnx') && !REFUSED.includes(name),
);

/** onnxruntime refuses `layout` 1; each of these has a twin of `layout` 0 and Transposes. */
export const WITH_TWIN: readonly string[] = IMPORTABLE.filter((name) => IMPORTABLE.includes(twinOf(name)));

export function twinOf(name: string): string {
  return name.replace('.onnx', '-twin.onnx');
}

/** Frames that a Reshape of the file fixes, though its input calls their number open: see training/export-matrix. */
const BAKED_FRAMES: Readonly<Record<string, number>> = {
  'dynamo-bare.onnx': 12,
  'dynamo-frames-time-first.onnx': 12,
  'dynamo-gru-layers-bidirectional-time-first-states.onnx': 5,
  'dynamo-lstm-bidirectional-time-first-states-conv.onnx': 5,
};

/** `frames`, or the only number of frames with which the fixture runs. */
export function framesFor(name: string, frames: number): number {
  return BAKED_FRAMES[name] ?? frames;
}

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

/** Rows that the smallest table of an embedding in the fixtures has. */
const TABLE_ROWS = 10;

/** Elements of an input: floats in ±1; of integers, lengths of sequences are 1 to `frames`, and others are indices of a table. */
function elementsOf({ name, type }: Port, count: number, frames: number, next: () => number): Tensor['data'] {
  if (type === 'float32') return Float32Array.from({ length: count }, next);
  const below = (limit: number): number => Math.floor(((next() + 1) / 2) * limit);
  const whole = () => (/len/.test(name) ? 1 + below(frames) : below(TABLE_ROWS));
  if (type === 'int64') return BigInt64Array.from({ length: count }, () => BigInt(whole()));
  assert.equal(type, 'int32', `no random elements for input "${name}"`);
  return Int32Array.from({ length: count }, whole);
}

/** Random tensors for all inputs of a network; of open sizes those called batch take `batch`, others `frames`. */
export function randomInputs(network: Network, batch: number, frames: number, seed: number): Record<string, Tensor> {
  const next = uniform(seed);
  return Object.fromEntries(
    network.inputs.map((port) => {
      assert.ok(port.dims, `the file says no shape of "${port.name}"`);
      const dims = port.dims.map((dim) => (typeof dim === 'number' ? dim : /batch/.test(dim) ? batch : frames));
      const count = dims.reduce((product, dim) => product * dim, 1);
      return [port.name, { type: port.type as Tensor['type'], dims, data: elementsOf(port, count, frames, next) }];
    }),
  );
}

/** A model opened once in onnxruntime-web. */
export interface Onnxruntime {
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/** @param graphOptimizationLevel 'disabled' computes the nodes as the file has them, not fused */
export async function openOnnxruntime(
  bytes: Uint8Array,
  graphOptimizationLevel: 'disabled' | 'all' = 'all',
): Promise<Onnxruntime> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4, graphOptimizationLevel });
  return {
    async run(inputs) {
      const feeds = Object.entries(inputs).map(([name, { type, data, dims }]) => [
        name,
        new ort.Tensor(type, data as Float32Array, dims),
      ]);
      const results = await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, dims, data }]) => [
          name,
          { type: type as Tensor['type'], dims, data: data as Tensor['data'] },
        ]),
      );
    },
    close: () => session.release(),
  };
}

/** The same model and inputs through onnxruntime-web. */
export async function runOnnxruntime(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const session = await openOnnxruntime(bytes);
  try {
    return await session.run(inputs);
  } finally {
    await session.close();
  }
}

/** The elements of a float32 tensor. */
export function floatsOf({ data }: Tensor): Float32Array {
  assert.ok(data instanceof Float32Array);
  return data;
}

/** Equal names, types and shapes; `check` compares the elements of each output. */
export function compareOutputs(
  actual: Readonly<Record<string, Tensor>>,
  expected: Readonly<Record<string, Tensor>>,
  check: (name: string, actual: Tensor, expected: Tensor) => void,
): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    assert.deepEqual({ ...actual[name], data: null }, { ...tensor, dims: [...tensor.dims], data: null }, name);
    check(name, actual[name], tensor);
  }
}

/** The largest |a − b|; infinite for different lengths or NaN. */
export function maxDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  return maxError(a, b, () => 1);
}

/** The largest |a − b| / max(1, |b|); infinite for different lengths or NaN. */
export function relativeDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  return maxError(a, b, (expected) => Math.max(1, Math.abs(expected)));
}

function maxError(
  a: ArrayLike<number | bigint>,
  b: ArrayLike<number | bigint>,
  unitOf: (expected: number) => number,
): number {
  if (a.length !== b.length) return Infinity;
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const [actual, expected] = [Number(a[i]), Number(b[i])];
    const error = actual === expected ? 0 : Math.abs(actual - expected) / unitOf(expected);
    if (!(error <= max)) max = Number.isNaN(error) ? Infinity : error;
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
