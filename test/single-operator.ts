/** One operator through Tympan's loops and through onnxruntime-web. */
import assert from 'node:assert/strict';
import onnxProto from 'onnx-proto';
import * as ort from 'onnxruntime-web';
import { common } from '#dist/operators/index.js';
import type { Operand, Prepared } from '#dist/operators/operator.js';
import type { Constant, ElementType, Kind, Kinds, Numbers, Operation } from '#dist/model/network.js';
import { others } from '#dist/operators/others.js';
import { uniform } from './support.js';

const { onnx } = onnxProto;

const operators = { ...common, ...others };

/** A whole number, several, a text, or a fraction in an object of its own. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

export interface OperatorCase {
  /** ONNX's name and attributes. */
  readonly op: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly inputs: readonly (Constant | null)[];
  /** As many as the node has; one by default. */
  readonly outputs?: number;
  readonly opset?: number;
}

const TYPES = {
  float: { elemType: 1, name: 'float32' },
  integer: { elemType: 7, name: 'int64' },
  boolean: { elemType: 9, name: 'bool' },
} as const;

const productOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

export const tensor = (type: ElementType, dims: readonly number[], values: Iterable<number>): Constant => ({
  type,
  dims,
  data: type === 'float' ? Float32Array.from(values) : Float64Array.from(values),
});

export const vector = (...values: number[]): Constant => tensor('integer', [values.length], values);

export function randomTensor(dims: readonly number[], seed = 1, type: ElementType = 'float'): Constant {
  const next = uniform(seed + 31 * productOf(dims), type === 'float' ? 1 : 100);
  const value = { float: next, integer: () => Math.round(next()), boolean: () => Number(next() > 0) }[type];
  return tensor(type, dims, Array.from({ length: productOf(dims) }, value));
}

function encodedAttribute(name: string, value: Attribute) {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: 3 };
  return 'float' in value ? { name, f: value.float, type: 1 } : { name, ints: [...value], type: 7 };
}

/** Nothing says a type of an output: onnxruntime infers it. */
function modelOf({ op, attributes = {}, inputs, outputs = 1, opset = 21 }: OperatorCase): Uint8Array {
  const names = inputs.map((input, i) => (input ? `x${i}` : ''));
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'test',
      node: [
        {
          opType: op,
          name: 'node',
          input: names,
          output: Array.from({ length: outputs }, (_, i) => `y${i}`),
          attribute: Object.entries(attributes).map(([name, value]) => encodedAttribute(name, value)),
        },
      ],
      input: inputs.flatMap((input, i) =>
        input ? [{ name: names[i], type: { tensorType: { elemType: TYPES[input.type].elemType } } }] : [],
      ),
      output: Array.from({ length: outputs }, (_, i) => ({ name: `y${i}` })),
    },
  }).finish();
}

const plain = (data: Iterable<number | bigint>): number[] => Array.from(data, Number);

/** What onnxruntime-web makes of it. */
export async function onnxruntimeOutputs(given: OperatorCase): Promise<{ dims: readonly number[]; data: number[] }[]> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(modelOf(given), { logSeverityLevel: 4 });
  const feeds = given.inputs.flatMap((input, i) => {
    if (!input) return [];
    const { name } = TYPES[input.type];
    const data = name === 'int64' ? BigInt64Array.from(plain(input.data), BigInt) : input.data;
    return [[`x${i}`, new ort.Tensor(name, name === 'bool' ? Uint8Array.from(data as Numbers) : data, input.dims)]];
  });
  try {
    const results = await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
    return Object.values(results).map(({ dims, data }) => ({ dims, data: plain(data as Float32Array) }));
  } finally {
    await session.release();
  }
}

export function operation<K extends Kind>(kind: K, fields: Kinds[K], inputs: number, outputs = 1): Operation {
  const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return { kind, name: 'node', inputs: ids(inputs), outputs: ids(outputs), ...fields } as unknown as Operation;
}

export function prepared<K extends Kind>(
  kind: K,
  fields: Kinds[K],
  operands: readonly (Operand | null)[],
  outputs = 1,
): Prepared {
  const prepare = operators[kind] as unknown as (of: Operation, operands: readonly (Operand | null)[]) => Prepared;
  return prepare(operation(kind, fields, operands.length, outputs), operands);
}

const SPARE = 3; // elements behind an output that must stay what they are

/** What Tympan makes of it. `known` are the inputs that decide shapes. */
export function ownOutputs<K extends Kind>(
  kind: K,
  fields: Kinds[K],
  { inputs, outputs = 1 }: Pick<OperatorCase, 'inputs' | 'outputs'>,
  known: readonly number[] = [],
): { type: ElementType; dims: readonly number[]; data: number[] }[] {
  const operands = inputs.map((input, i) => input && { ...input, data: known.includes(i) ? input.data : null });
  const { outputs: shapes, compute } = prepared(kind, fields, operands, outputs);
  const buffers = shapes.map(({ type, dims }) => {
    const Numbers = type === 'float' ? Float32Array : Float64Array;
    return new Numbers(productOf(dims) + SPARE).fill(77);
  });
  compute(
    inputs.map((input) => input && input.data),
    buffers,
  );
  return shapes.map((shape, i) => {
    const count = productOf(shape.dims);
    assert.deepEqual([...buffers[i].subarray(count)], new Array(SPARE).fill(77), 'wrote behind its output');
    return { ...shape, data: [...buffers[i].subarray(0, count)] };
  });
}

/** Equal shapes, and values within tolerance · max(1, |value|). */
export async function assertEqualsOnnxruntime<K extends Kind>(
  kind: K,
  fields: Kinds[K],
  given: OperatorCase,
  { known = [], tolerance = 0 }: { known?: readonly number[]; tolerance?: number } = {},
): Promise<void> {
  const theirs = await onnxruntimeOutputs(given);
  const ours = ownOutputs(kind, fields, given, known);
  const what = JSON.stringify({ kind, fields, dims: given.inputs.map((input) => input && input.dims) });
  assert.equal(ours.length, theirs.length, what);
  ours.forEach(({ dims, data }, i) => {
    assert.deepEqual([...dims], [...theirs[i].dims], what);
    data.forEach((value, at) => {
      const expected = theirs[i].data[at];
      const near = Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
      assert.ok(
        near || Object.is(value, expected) || value === expected,
        `${what}: ${value}, not ${expected}, at ${at}`,
      );
    });
  });
}
