/** The Precise family's loop: a GRU whose state is not bounded, because its candidate is linear. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { OperationOf } from '#dist/model/network.js';
import { loadModel, type Model } from 'tympan';
import { floatsOf, uniform } from './support.js';

const EXPORTED = 'test/fixtures/exported/';
const FRAMES = 29;
const INPUTS = 13;
const HIDDEN = 20;
/** Frames whose states are compared: with random weights large states double every few, and so do differences. */
const FEW = 4;
/**
 * On average, of the states. Activations have 16 bits, and where states are large a gate opens within few of their steps: 2e-5
 * for features in ±1, 2e-4 in ±100.
 */
const DIFFERENCE = 5e-4;

/** TensorFlow 2's While, and TensorFlow 1's control flow. */
for (const name of ['keras-precise', 'keras-old-precise']) {
  const bytes = readFileSync(`${EXPORTED}${name}.onnx`);

  test(`${name} is the GRU that FIELD says it is`, async () => {
    const { network } = await loadModel(bytes);
    const gru = gruOf({ network } as Model);
    const rounded = gru.activations[0].map((one) => ({ ...one, alpha: Math.fround(one.alpha), beta: one.beta }));
    assert.deepEqual(rounded, [
      { function: 'hardSigmoid', alpha: Math.fround(0.2), beta: 0.5 },
      { function: 'affine', alpha: 1, beta: 0 },
    ]);
    assert.equal(gru.linearBeforeReset, false);
    assert.deepEqual(gru.directions, ['forward']);
    assert.deepEqual(network.constants.get(gru.inputs[2]!)!.dims, [1, 60, 20]);
    assert.ok(!network.operations.some(({ kind }) => kind === 'loop' || kind === 'scan' || kind === 'if'));
  });

  for (const size of [1, 10, 100]) {
    test(`${name}: int8 keeps states of any size, of features in ±${size}`, async () => {
      const model = await loadModel(bytes);
      const next = uniform(size, size);
      let [largest, away, sum] = [0, 0, 0];
      for (let sequence = 0; sequence < 20; sequence++) {
        const data = Float32Array.from({ length: FRAMES * INPUTS }, next);
        const actual = statesOf(model, data);
        reference(model, data).forEach((state, i) => {
          largest = Math.max(largest, Math.abs(state));
          away += Math.abs(actual[i] - state);
          sum += Math.abs(state);
        });
      }
      assert.ok(away <= DIFFERENCE * sum, `${away / sum} of the states on average`);
      assert.ok(largest > size, `states reach ${largest}`);
    });
  }
}

const gruOf = ({ network }: Model) => network.operations.find((one): one is OperationOf<'gru'> => one.kind === 'gru')!;

/** The GRU's [29, 1, 1, 20]. */
function statesOf(model: Model, data: Float32Array): Float32Array {
  const { network } = model;
  const input = { type: 'float32', dims: [1, FRAMES, INPUTS], data } as const;
  const traced = model.run({ [network.inputs[0].name]: input }, { trace: true });
  return floatsOf(traced[network.names[gruOf(model).outputs[0]!]]);
}

/** Weights as the kernels have them: a row's largest is 127 steps. */
function rounded(weights: ArrayLike<number>, columns: number): Float64Array {
  const result = Float64Array.from(weights);
  for (let row = 0; row < result.length; row += columns) {
    const own = result.subarray(row, row + columns);
    const step = own.reduce((max, weight) => Math.max(max, Math.abs(weight)), 0) / 127;
    own.forEach((weight, i) => (own[i] = step * Math.round(weight / step)));
  }
  return result;
}

/** FIELD's formulas on weights of 8 bits and states of 64: the first frames' states. */
function reference(model: Model, data: Float32Array): Float64Array {
  const [W, R, B] = [1, 2, 3].map((index) => model.network.constants.get(gruOf(model).inputs[index]!)!.data);
  const [w, r] = [rounded(W, INPUTS), rounded(R, HIDDEN)];
  const dot = (rows: Float64Array, row: number, v: ArrayLike<number>) =>
    Array.from(v).reduce((sum, number, k) => sum + number * rows[row * v.length + k], 0);
  const states = new Float64Array(FEW * HIDDEN);
  let h = new Float64Array(HIDDEN);
  for (let frame = 0; frame < FEW; frame++) {
    const x = data.subarray(frame * INPUTS, (frame + 1) * INPUTS);
    const sum = (row: number, v: ArrayLike<number>) => dot(w, row, x) + dot(r, row, v) + B[row] + B[3 * HIDDEN + row];
    const gate = (first: number) => h.map((_, i) => Math.max(0, Math.min(1, 0.2 * sum(first + i, h) + 0.5)));
    const [z, reset] = [gate(0), gate(HIDDEN)];
    const inner = h.map((state, i) => reset[i] * state);
    h = h.map((state, i) => (1 - z[i]) * sum(2 * HIDDEN + i, inner) + z[i] * state);
    states.set(h, frame * HIDDEN);
  }
  return states;
}
