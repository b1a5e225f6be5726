import onnxProto from 'onnx-proto';
import * as ort from 'onnxruntime-web';
import { loadModel } from 'tympan';
import { interleave, report } from './interleave.mjs';

const { onnx } = onnxProto;
const FLOAT = onnx.TensorProto.DataType.FLOAT;
const STEPS = 100;

/** Uniform numbers in ±size from a linear congruential generator. */
function uniform(seed, size) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state / 2 ** 32) * 2 - 1) * size;
  };
}

const GATES = { GRU: 3, LSTM: 4, RNN: 1 };

/** An ONNX file with one recurrent layer, as PyTorch writes it. */
function recurrentModel(op, inputSize, hiddenSize) {
  const rows = GATES[op] * hiddenSize;
  const next = uniform(1, 1 / Math.sqrt(hiddenSize));
  const tensor = (name, dims) => ({
    name,
    dims,
    dataType: FLOAT,
    floatData: Array.from({ length: dims.reduce((a, b) => a * b) }, next),
  });
  const value = (name, dims) => ({
    name,
    type: {
      tensorType: {
        elemType: FLOAT,
        shape: { dim: dims.map((dim) => (typeof dim === 'string' ? { dimParam: dim } : { dimValue: dim })) },
      },
    },
  });
  const attribute = (name, i) => ({ name, i, type: onnx.AttributeProto.AttributeType.INT });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'recurrent',
      node: [
        {
          opType: op,
          name: 'layer',
          input: ['X', 'W', 'R', 'B', '', 'initial_h'],
          output: ['Y', 'Y_h'],
          attribute: [
            attribute('hidden_size', hiddenSize),
            ...(op === 'GRU' ? [attribute('linear_before_reset', 1)] : []),
          ],
        },
      ],
      input: [value('X', ['time', 1, inputSize]), value('initial_h', [1, 1, hiddenSize])],
      output: [value('Y', ['time', 1, 1, hiddenSize]), value('Y_h', [1, 1, hiddenSize])],
      initializer: [tensor('W', [1, rows, inputSize]), tensor('R', [1, rows, hiddenSize]), tensor('B', [1, 2 * rows])],
    },
  }).finish();
}

/** One step of a recurrent layer, and onnxruntime-web's share of a step in a call of many. */
export async function benchRecurrent(rounds) {
  ort.env.wasm.numThreads = 1;
  const layers = [
    ['GRU', 64],
    ['GRU', 128],
    ['GRU', 256],
    ['LSTM', 128],
    ['RNN', 128],
  ];
  for (const [op, hidden] of layers) {
    const bytes = recurrentModel(op, 40, hidden);
    const frame = Float32Array.from({ length: 40 }, uniform(2, 1));
    const int8 = (await loadModel(bytes)).stream();
    const f32 = (await loadModel(bytes, { precision: 'f32' })).stream();
    const session = await ort.InferenceSession.create(bytes);
    const state = new ort.Tensor('float32', new Float32Array(hidden), [1, 1, hidden]);
    const one = { X: new ort.Tensor('float32', frame, [1, 1, 40]), initial_h: state };
    const many = {
      X: new ort.Tensor('float32', new Float32Array(40 * STEPS).fill(0.1), [STEPS, 1, 40]),
      initial_h: state,
    };
    const results = await interleave(
      {
        'tympan, int8 weights': {
          run: () => {
            int8.step(frame);
          },
          calls: 2000,
        },
        'tympan, f32': {
          run: () => {
            f32.step(frame);
          },
          calls: 1000,
        },
        'onnxruntime-web, a step': { run: () => session.run(one), calls: 100 },
        [`onnxruntime-web, ${STEPS} steps in a call`]: { run: () => session.run(many), calls: 4 },
      },
      rounds,
    );
    const whole = results[`onnxruntime-web, ${STEPS} steps in a call`];
    for (const key of Object.keys(whole)) whole[key] /= STEPS;
    report(`One step of ${op === 'GRU' ? 'a' : 'an'} ${op}, 40 inputs, ${hidden} units`, results);
  }
}
