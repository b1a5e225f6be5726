/** The operators whose work kernels do, on whole tensors: recurrent layers, and products with constant matrices. */
import { InputError } from '../errors.js';
import type { Arena } from '../kernels/arena.js';
import type { Precision } from '../kernels/layout.js';
import { bodiesOf, type Network, type Numbers, type Operation, type OperationOf } from '../model/network.js';
import { elements, whereOf, type Operand, type Operators, type Prepared } from '../operators/operator.js';
import { recurrentShapes, type RecurrentShapes } from '../operators/recurrent.js';
import { denseWeights, type DenseWeights } from '../streaming/dense-weights.js';
import type { FrameLayer, FrameNetwork, FrameValue } from '../streaming/frame-network.js';
import { recurrentLayer, recurrentWeights } from '../streaming/recurrent.js';
import { compile } from './compile.js';
import type { CompileGates } from './compile-recurrent.js';
import type { Machine } from './machine.js';
import { Packer } from './packing.js';
import { ALWAYS } from './plan-builder.js';
import { Session } from './session.js';

type Recurrent = OperationOf<'gru' | 'lstm' | 'rnn'>;

/** Where sessions of single layers are made. */
interface Workplace {
  readonly precision: Precision;
  readonly arena: Arena;
  readonly packer: Packer;
  readonly gates: CompileGates | undefined;
}

/** A session of one layer: the given values first, as inputs and states. */
function sessionOf(
  values: readonly FrameValue[],
  inputs: number,
  states: number,
  layer: FrameLayer,
  { precision, arena, packer, gates }: Workplace,
): Session {
  const port = (value: number) => ({ name: values[value].name, value });
  const network: FrameNetwork = {
    values,
    inputs: Array.from({ length: inputs }, (_, i) => port(i)),
    states: Array.from({ length: states }, (_, i) => port(inputs + i)),
    prologue: [],
    layers: [{ layer, schedule: ALWAYS, operation: null }],
    carried: [],
    outputs: [],
  };
  return new Session(compile(network, precision, packer, gates), arena, {});
}

/** Values of a recurrent session. */
const X = 0;
const INITIAL_H = 1;
const INITIAL_C = 2;
const H = 3;
const C = 4;

/** One direction of a recurrent layer: a session, and a machine that runs one sequence after the other. */
class Pass {
  readonly #session: Session;
  readonly #machine: Machine;

  constructor(operation: Recurrent, operands: readonly (Operand | null)[], index: number, place: Workplace) {
    const weights = recurrentWeights(operands[1]!, operands[2]!, operands[3] ?? null, operands[7] ?? null, index);
    const parts = { input: X, output: H, cell: C, initialH: INITIAL_H, initialC: INITIAL_C, reload: false };
    const { inputSize, hiddenSize } = weights;
    const values = ['x', 'initial_h', 'initial_c', 'h', 'c'].map((name) => ({
      name,
      size: name === 'x' ? inputSize : hiddenSize,
    }));
    this.#session = sessionOf(values, 1, 2, recurrentLayer(operation, weights, index, parts), place);
    this.#machine = this.#session.open();
  }

  get machine(): Machine {
    return this.#machine;
  }

  close(): void {
    this.#machine.release();
    this.#session.close();
  }
}

/** Makes, and keeps, what operations with constant weights need. */
export class KernelOperators {
  readonly #place: Workplace;
  readonly #operators: Operators;
  /** Elements of the constants, of bodies too: what a whole-number input picks is known as well, and another one at the next run. */
  readonly #constants = new Set<Numbers>();
  readonly #passes = new Map<Operation, readonly Pass[]>();
  readonly #dense = new Map<Operation, Machine>();

  constructor(network: Network, operators: Operators, precision: Precision, arena: Arena, gates?: CompileGates) {
    this.#addConstants(network);
    this.#operators = operators;
    this.#place = { precision, arena, packer: new Packer(arena.another()), gates };
  }

  /** The operators that were given, with kernels for those that have some. */
  table(): Operators {
    const { matmul, gemm } = this.#operators;
    const recurrent = (operation: Recurrent, operands: readonly (Operand | null)[]) =>
      this.#recurrent(operation, operands);
    return {
      ...this.#operators,
      gru: recurrent,
      lstm: recurrent,
      rnn: recurrent,
      matmul: (operation, operands, around) => this.#product(matmul!(operation, operands, around), operation, operands),
      gemm: (operation, operands, around) => this.#product(gemm!(operation, operands, around), operation, operands),
    };
  }

  #addConstants({ constants, operations }: Network): void {
    for (const { data } of constants.values()) this.#constants.add(data);
    for (const operation of operations) for (const body of bodiesOf(operation)) this.#addConstants(body);
  }

  #areConstant(operands: readonly (Operand | null)[], indices: readonly number[]): boolean {
    return indices.every((index) => !operands[index] || this.#constants.has(operands[index].data!));
  }

  #recurrent(operation: Recurrent, operands: readonly (Operand | null)[]): Prepared {
    const shapes = recurrentShapes(operation, operands);
    const isConstant = this.#areConstant(operands, [1, 2, 3, 7]);
    const open = (all: readonly (Operand | null)[]) =>
      operation.directions.map((_, index) => new Pass(operation, all, index, this.#place));
    if (isConstant && !this.#passes.has(operation)) this.#passes.set(operation, open(operands));
    const compute: Prepared['compute'] = (inputs, outputs) => {
      const given = operands.map((operand, i) => operand && { ...operand, data: inputs[i] });
      const passes = isConstant ? this.#passes.get(operation)! : open(given);
      for (const output of outputs) output?.fill(0);
      try {
        passes.forEach((pass, direction) => runPass(operation, shapes, pass.machine, direction, inputs, outputs));
      } finally {
        if (!isConstant) for (const pass of passes) pass.close();
      }
    };
    return { outputs: shapes.outputs, compute };
  }

  /** x·B row by row, where B is constant: with the weights that a stream has. */
  #product(prepared: Prepared, operation: Operation, operands: readonly (Operand | null)[]): Prepared {
    const [A] = operands;
    const isDense = A?.data === null && A.type === 'float' && this.#areConstant(operands, [1, 2]);
    const dense = isDense ? denseWeights(operation, operands, 0) : null;
    if (!dense) return prepared;
    const columns = dense.weights.length / dense.bias.length;
    const rows = elements(A!.dims) / columns;
    if (rows * dense.bias.length !== elements(prepared.outputs[0].dims)) return prepared;
    const machine = this.#denseOf(operation, { columns, rows: dense.bias.length }, dense);
    const [x, y] = [machine.view(0), machine.view(1)];
    const compute: Prepared['compute'] = ([from], [to]) => {
      for (let row = 0; row < rows; row++) {
        x.floats.set(from!.subarray(row * columns, (row + 1) * columns));
        machine.step();
        to!.set(y.floats, row * dense.bias.length);
      }
    };
    return { outputs: prepared.outputs, compute };
  }

  #denseOf(operation: Operation, { columns, rows }: { columns: number; rows: number }, dense: DenseWeights): Machine {
    const kept = this.#dense.get(operation);
    if (kept) return kept;
    const values = [
      { name: 'x', size: columns },
      { name: 'y', size: rows },
    ];
    const layer: FrameLayer = { kind: 'dense', name: operation.name, input: 0, output: 1, ...dense };
    const machine = sessionOf(values, 1, 0, layer, this.#place).open();
    this.#dense.set(operation, machine);
    return machine;
  }
}

/** All sequences of the batch in one direction; past its sequence_lens a sequence's Y stays zero. */
function runPass(
  operation: Recurrent,
  { sequence, batch, inputSize, hiddenSize: hidden }: RecurrentShapes,
  machine: Machine,
  direction: number,
  inputs: readonly (Numbers | null)[],
  [Y, Yh, Yc]: readonly (Numbers | null)[],
): void {
  const directions = operation.directions.length;
  const isReverse = operation.directions[direction] === 'reverse';
  const { batchFirst } = operation;
  const [x, lengths, initialH, initialC] = [inputs[0]!, inputs[4], inputs[5], inputs[6]];
  for (let b = 0; b < batch; b++) {
    const length = lengths?.[b] ?? sequence;
    if (!(Number.isInteger(length) && length >= 0 && length <= sequence))
      throw new InputError(`${whereOf(operation)}: sequence_lens[${b}] is ${length}, expected 0 to ${sequence}`);
    // Nothing says what a sequence of length 0 ends with; onnxruntime leaves zeros.
    if (length === 0) continue;
    const state = (batchFirst ? b * directions + direction : direction * batch + b) * hidden;
    machine.clear();
    if (initialH) machine.floats(INITIAL_H).set(initialH.subarray(state, state + hidden));
    if (initialC) machine.floats(INITIAL_C).set(initialC.subarray(state, state + hidden));
    machine.begin();
    const [from, to] = [machine.floats(X), machine.floats(H)];
    for (let step = 0; step < length; step++) {
      const t = isReverse ? length - 1 - step : step;
      const row = batchFirst ? b * sequence + t : t * batch + b;
      from.set(x.subarray(row * inputSize, (row + 1) * inputSize));
      machine.step();
      const place = batchFirst ? row * directions + direction : (t * directions + direction) * batch + b;
      Y?.set(to, place * hidden);
    }
    Yh?.set(to, state);
    if (operation.kind === 'lstm') Yc?.set(machine.floats(C), state);
  }
}
