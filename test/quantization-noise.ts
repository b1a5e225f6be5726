/**
 * What a file's own quantization does to its outputs: every rounding to a step adds noise of a variance of step² / 12 (B. Widrow,
 * I. Kollár, Quantization Noise, 2008, ch. 5), which products multiply by the sums of their squared weights. Whoever computes
 * activations otherwise than the file, as int8 here does, comes out within that noise of it.
 */
import assert from 'node:assert/strict';
import {
  elementTypeOf,
  type Kind,
  type Network,
  type Operation,
  type OperationOf,
  type ValueId,
} from '#dist/model/network.js';
import { simplify } from '#dist/operators/index.js';
import type { Operand } from '#dist/operators/operator.js';
import { specialize } from '#dist/operators/specialization.js';
import type { Model, Tensor } from 'tympan';

interface Values {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

const squares = (data: ArrayLike<number>): number[] => Array.from(data, (x) => x ** 2);
const largest = (numbers: readonly number[]): number => numbers.reduce((max, x) => Math.max(max, x), 0);

const ofStep = (step: number): number => step ** 2 / 12;

/** The step of 256 values over a tensor and zero. */
function dynamicStep({ data }: Values): number {
  const all = Array.from(data);
  return (Math.max(0, ...all) - Math.min(0, ...all)) / 255;
}

/** The largest sum of squared weights that reach one output: of rows of [rows, …], or columns of [inputs, columns]. */
function gain(data: ArrayLike<number>, outputs: number, isColumns: boolean): number {
  const sums = new Array<number>(outputs).fill(0);
  const inner = data.length / outputs;
  squares(data).forEach((square, i) => (sums[isColumns ? i % outputs : Math.floor(i / inner)] += square));
  return largest(sums);
}

/** What a normalization divides by, at least, of rows of its last axis. */
function leastVariance({ dims, data }: Values): number {
  const size = dims[dims.length - 1];
  const rows = Array.from({ length: data.length / size }, (_, row) =>
    Array.from({ length: size }, (_, i) => data[row * size + i]),
  );
  return Math.min(
    ...rows.map((row) => {
      const mean = row.reduce((sum, x) => sum + x, 0) / size;
      return row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size;
    }),
  );
}

/** Slopes at most, squared; 1 of functions that are not here. */
const SLOPES: Partial<Record<OperationOf<'unary'>['function'], number>> = { sigmoid: 1 / 16, hardSigmoid: 1 / 25 };

/** Those that hand on what they read. */
const KEEPING = new Set<Kind>([
  ...(['reshape', 'flatten', 'squeeze', 'unsqueeze', 'identity', 'transpose', 'slice', 'split', 'expand'] as const),
  ...(['cast', 'gather', 'concat', 'where', 'clip', 'pool', 'globalPool', 'pad'] as const),
]);

/** Those whose results follow from shapes. */
const SHAPES = new Set<Kind>(['shape', 'size', 'constantOfShape', 'range']);

/** Variances of noise, the largest of a tensor's elements. */
class Noise {
  readonly #makers = new Map<ValueId, Operation>();
  readonly #known = new Map<ValueId, number>();

  constructor(
    readonly network: Network,
    readonly values: (value: ValueId) => Values,
  ) {
    for (const operation of network.operations)
      for (const value of operation.outputs) if (value !== null) this.#makers.set(value, operation);
  }

  of(value: ValueId | null | undefined): number {
    const maker = this.#makers.get(value ?? -1);
    if (!maker || value === null || value === undefined) return 0;
    if (SHAPES.has(maker.kind)) return 0;
    const known = this.#known.get(value) ?? this.#made(maker);
    this.#known.set(value, known);
    return known;
  }

  #largestSquare = (value: ValueId): number => largest(squares(this.values(value).data));

  /** The noise of a factor, times the other. */
  #times(factor: ValueId, noisy: ValueId): number {
    return this.of(noisy) === 0 ? 0 : this.#largestSquare(factor) * this.of(noisy);
  }

  #made(operation: Operation): number {
    const [x, w] = operation.inputs;
    switch (operation.kind) {
      case 'fakeQuantize':
        return (
          this.of(x) + ((w ?? null) === null ? ofStep(dynamicStep(this.values(x!))) : this.#largestSquare(w!) / 12)
        );
      case 'quantizeLinear':
        return ofStep(1);
      case 'dequantizeLinear':
        return this.of(x) * this.#largestSquare(w!);
      case 'matmul':
      case 'gemm':
      case 'convolution':
        return this.#product(operation);
      case 'lstm':
      case 'gru':
      case 'rnn':
        return this.#recurrent(operation);
      case 'binary':
        return this.#binary(operation);
      case 'unary':
        return (SLOPES[operation.function] ?? 1) * this.of(x);
      case 'softmax':
        return this.of(x) / 4;
      case 'layerNormalization':
        return (this.of(x) * this.#largestSquare(w!)) / leastVariance(this.values(x!));
      case 'reduce':
        assert.ok(['mean', 'max', 'min'].includes(operation.function), operation.function);
        return this.of(x);
      default:
        assert.ok(KEEPING.has(operation.kind), operation.kind);
        return largest(operation.inputs.map((input) => this.of(input)));
    }
  }

  #product(operation: OperationOf<'matmul' | 'gemm' | 'convolution'>): number {
    const [a, b, bias] = operation.inputs;
    const constant = this.network.constants.get(b!);
    if (!constant) {
      const size = this.values(a!).dims.at(-1)!;
      return size * (this.#times(a!, b!) + this.#times(b!, a!));
    }
    const { dims, data } = constant;
    const isColumns = operation.kind === 'matmul' || (operation.kind === 'gemm' && !operation.transB);
    return this.of(a) * gain(data, isColumns ? dims[dims.length - 1] : dims[0], isColumns) + this.of(bias);
  }

  /**
   * Of one step through W. DynamicQuantizeLSTM, which has weights of 8 bits and an input that is rounded by its own range, rounds h
   * too: of one step through R besides.
   */
  #recurrent({ inputs, outputs }: OperationOf<'lstm' | 'gru' | 'rnn'>): number {
    const [x, W, R] = inputs;
    const through = (value: ValueId): number => {
      const { dims, data } = this.values(value);
      return gain(data, dims[0] * dims[1], false);
    };
    const maker = this.#makers.get(x!);
    const isRounded =
      maker?.kind === 'fakeQuantize' && maker.inputs[1] === null && this.network.constants.get(R!)?.steps;
    const hidden = outputs.find((value) => value !== null)!;
    const own = isRounded ? ofStep(dynamicStep(this.values(hidden))) * through(R!) : 0;
    return this.of(x) * through(W!) + own;
  }

  #binary({ function: name, inputs }: OperationOf<'binary'>): number {
    const [a, b] = inputs.map((value) => value!);
    if (this.of(a) + this.of(b) === 0) return 0;
    if (name === 'mul') return this.#times(a, b) + this.#times(b, a);
    if (name === 'div' && this.of(b) === 0) return this.of(a) / Math.min(...squares(this.values(b).data));
    assert.ok(['add', 'sub', 'min', 'max', 'prelu'].includes(name), name);
    return this.of(a) + this.of(b);
  }
}

/** Standard deviations beyond which no element of some hundreds is. */
const DEVIATIONS = 4;

/**
 * Noise at each output, by name.
 *
 * @param model as loaded in f32, where every rounding is an operation
 */
export async function noiseAtOutputs(model: Model, inputs: Readonly<Record<string, Tensor>>) {
  const { network } = model;
  const { operators } = await simplify(network);
  const operands = network.inputs.map(({ name, value, type }): [ValueId, Operand] => {
    const { dims, data } = inputs[name];
    const element = elementTypeOf(type);
    return [
      value,
      { type: element, dims, data: element === 'float' ? null : Float64Array.from(data as Int32Array, Number) },
    ];
  });
  // What follows from shapes and from whole numbers is in no trace.
  const known = specialize(network, new Map(operands), operators).operands;
  const traced = { ...inputs, ...model.run(inputs, { trace: true }) };
  const noise = new Noise(
    network,
    (value) => (known[value]?.data ? known[value] : traced[network.names[value]]) as Values,
  );
  return new Map(network.outputs.map(({ name, value }) => [name, DEVIATIONS * Math.sqrt(noise.of(value))]));
}
