/** Which integers follow from sizes that a network's inputs are declared with, whatever its open sizes are. */
import { isRecurrent } from '../model/network.js';
import type { Constant, Kind, Network, Operation, OperationOf, ValueId } from '../model/network.js';
import type { Operators } from '../operators/operator.js';
import { isMove } from '../operators/moves.js';
import { isMoved, moved } from './moves.js';
import { BEHIND } from './origins.js';
import type { Tracer } from './tracer.js';

/** Under which a size that stays the same for other open sizes is a fixed one: none of these cuts or rounds; Split does on its own axis. */
const KEEPS_SIZES = new Set<Kind>([
  'batchNormalization',
  'binary',
  'cast',
  'clip',
  'concat',
  'gather',
  'gemm',
  'gru',
  'identity',
  'layerNormalization',
  'lstm',
  'matmul',
  'reduce',
  'rnn',
  'softmax',
  'split',
  'squeeze',
  'transpose',
  'unary',
  'unsqueeze',
]);

const COMPUTES = new Set<Kind>(['binary', 'cast', 'unary']);

type Flags = readonly boolean[];

export class FixedSizes {
  readonly #tracers: readonly Tracer[];
  readonly #operators: Operators;
  readonly #constants: ReadonlyMap<ValueId, Constant>;
  /** By tensor and axis. */
  readonly #sizes = new Map<ValueId, Flags>();
  /** By tensor and element. */
  readonly #numbers = new Map<ValueId, Flags>();

  /** @param tracers whose open sizes all differ */
  constructor(
    { inputs }: Pick<Network, 'inputs'>,
    constants: ReadonlyMap<ValueId, Constant>,
    tracers: readonly Tracer[],
    operators: Operators,
  ) {
    this.#tracers = tracers;
    this.#operators = operators;
    this.#constants = constants;
    for (const { value, dims } of inputs) {
      if (dims)
        this.#sizes.set(
          value,
          dims.map((dim) => typeof dim === 'number'),
        );
    }
  }

  /** After the tracers have taken the operation. */
  take(operation: Operation): void {
    if (!this.#tracers.every((tracer) => operation.outputs.every((one) => one === null || tracer.operands.has(one))))
      return;
    if (operation.kind === 'shape') this.#shape(operation);
    else this.#compute(operation);
    // States have the sizes of X and of the weights.
    const sized = isRecurrent(operation) ? operation.inputs.slice(0, 3) : operation.inputs;
    const inputs = sized.map((value) => (value === null ? [] : this.#sizesOf(value)));
    const areFixed =
      inputs.every((sizes) => sizes?.every(Boolean)) && !operation.inputs.some((one) => this.#isOpen(one));
    for (const value of operation.outputs) {
      if (value === null) continue;
      const all = this.#tracers.map(({ operands }) => operands.get(value)!.dims);
      const sizes = areFixed ? all[0].map(() => true) : inputs.every(Boolean) ? this.#kept(operation, all) : null;
      if (sizes) this.#sizes.set(value, sizes);
    }
  }

  /** Every size is fixed, or grows with the open sizes; null where one may do neither. */
  #kept(operation: Operation, all: readonly (readonly number[])[]): Flags | null {
    const [dims, ...others] = all;
    if (operation.kind === 'slice') return this.#sliced(operation, all);
    if (!KEEPS_SIZES.has(operation.kind)) return null;
    if (operation.kind === 'split') {
      const axis = operation.axis < 0 ? operation.axis + dims.length : operation.axis;
      if (!this.#sizesOf(operation.inputs[0]!)![axis] || this.#isOpen(operation.inputs[1] ?? null)) return null;
    }
    return dims.map((dim, axis) => others.every((other) => other[axis] === dim));
  }

  /** Of an open axis, the first element or the last is one, whatever its size; all but the first or last few are as open as it is. */
  #sliced({ inputs }: OperationOf<'slice'>, all: readonly (readonly number[])[]): Flags | null {
    const [dims] = all;
    const numbers = (index: number) => this.#constants.get(inputs[index] ?? -1)?.data;
    const [starts, ends] = [numbers(1), numbers(2)];
    const axes = inputs[3] == null ? starts?.map((_, at) => at) : numbers(3);
    const steps = inputs[4] == null ? starts?.map(() => 1) : numbers(4);
    const sizes = this.#sizesOf(inputs[0]!)!;
    if (!starts || !axes || !steps) return null;
    const flags = dims.map((_, axis) => {
      const at = axes.findIndex((one) => (one < 0 ? one + dims.length : one) === axis);
      if (sizes[axis]) return at < 0 || !this.#isOpen(inputs[2]!) ? true : null;
      if (at < 0) return false;
      const [start, end] = [starts[at], ends?.[at] ?? NaN];
      const isOne = (start === 0 && end === 1) || (start === -1 && end >= BEHIND);
      if (steps[at] !== 1) return null;
      if (isOne) return all.every((own) => own[axis] === 1) ? true : null;
      const isGrowing = all.every((own, index) => index === 0 || own[axis] > all[index - 1][axis]);
      return start >= 0 && (end < 0 || end >= BEHIND) && isGrowing ? false : null;
    });
    return flags.every((flag) => flag !== null) ? flags : null;
  }

  /** Whether a tensor holds integers that are not fixed. */
  #isOpen(value: ValueId | null): boolean {
    return (
      value !== null && this.#tracers[0].operands.get(value)?.data !== null && !this.#numbersOf(value)?.every(Boolean)
    );
  }

  #sizesOf(value: ValueId): Flags | null {
    return this.#sizes.get(value) ?? this.#constants.get(value)?.dims.map(() => true) ?? null;
  }

  #numbersOf(value: ValueId): Flags | null {
    const constant = this.#constants.get(value);
    return this.#numbers.get(value) ?? (constant ? Array.from(constant.data, () => true) : null);
  }

  #shape({ inputs, outputs, start, end }: OperationOf<'shape'>): void {
    const sizes = this.#sizesOf(inputs[0]!);
    if (sizes && outputs[0] !== null) this.#numbers.set(outputs[0], sizes.slice(start, end ?? sizes.length));
  }

  #compute(operation: Operation): void {
    if (operation.outputs.some((value) => value !== null && !this.#tracers[0].operands.get(value)!.data)) return;
    const flags = operation.inputs.map((value) => (value === null ? [] : this.#numbersOf(value)));
    if (!flags.every((own) => own !== null)) return;
    const isPlaced = flags.every((own, index) => isMoved(operation, index) || own.every(Boolean));
    const all = isMove(operation) && isPlaced ? this.#move(operation, flags) : null;
    const isFixed = flags.every((own) => own.every(Boolean));
    if (!all && !(COMPUTES.has(operation.kind) && isFixed)) return;
    operation.outputs.forEach((value, index) => {
      if (value === null) return;
      const { data } = this.#tracers[0].operands.get(value)!;
      this.#numbers.set(value, all?.[index] ?? Array.from(data!, () => true));
    });
  }

  #move(operation: Operation, flags: readonly Flags[]): Flags[] {
    const numbers = flags.map((own, index) =>
      isMoved(operation, index) && operation.inputs[index] !== null ? Float64Array.from(own, Number) : null,
    );
    const results = moved(operation, this.#tracers[0].operandsOf(operation), numbers, this.#operators);
    return results.map((own) => Array.from(own, Boolean));
  }

  /** Whether a tensor holds numbers that do not depend on open sizes. */
  isFixed(value: ValueId): boolean {
    return this.#numbersOf(value)?.every(Boolean) ?? false;
  }

  /** A number that does not depend on open sizes, else null. */
  numberOf(value: ValueId): number | null {
    const flags = this.#numbersOf(value);
    const data = this.#tracers[0]?.operands.get(value)?.data;
    return flags?.length === 1 && flags[0] && data ? data[0] : null;
  }
}
