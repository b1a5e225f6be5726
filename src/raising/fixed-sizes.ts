/** Which integers follow from sizes that a network's inputs are declared with, whatever its open sizes are. */
import { isRecurrent } from '../model/network.js';
import type { Constant, Kind, Network, Operation, OperationOf, ValueId } from '../model/network.js';
import type { Operators } from '../operators/operator.js';
import { isMove, isMoved, moved } from './moves.js';
import type { Tracer } from './tracer.js';

/** Under which a size that stays the same for other open sizes is a fixed one: none of these cuts or rounds. */
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
      const [dims, ...others] = this.#tracers.map(({ operands }) => operands.get(value)!.dims);
      const isSame = (dim: number, axis: number) => others.every((other) => other[axis] === dim);
      if (areFixed)
        this.#sizes.set(
          value,
          dims.map(() => true),
        );
      else if (operation.kind === 'slice' && inputs.every(Boolean))
        this.#sizes.set(value, this.#sliced(operation, dims));
      else if (KEEPS_SIZES.has(operation.kind) && inputs.every(Boolean)) this.#sizes.set(value, dims.map(isSame));
    }
  }

  /** Of an open axis, the first element or the last is one, whatever its size. */
  #sliced({ inputs }: OperationOf<'slice'>, dims: readonly number[]): boolean[] {
    const numbers = (index: number) => this.#constants.get(inputs[index] ?? -1)?.data;
    const starts = numbers(1);
    const axes = inputs[3] == null ? starts?.map((_, at) => at) : numbers(3);
    const sizes = this.#sizesOf(inputs[0]!)!;
    return dims.map((dim, axis) => {
      const at = axes?.findIndex((one) => (one < 0 ? one + dims.length : one) === axis) ?? -1;
      const isEnd = dim === 1 && (starts?.[at] === 0 || starts?.[at] === -1);
      return !!starts && !!axes && ((sizes[axis] && !this.#isOpen(inputs[2]!)) || (at >= 0 && isEnd));
    });
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

  /** A number that does not depend on open sizes, else null. */
  numberOf(value: ValueId): number | null {
    const flags = this.#numbersOf(value);
    const data = this.#tracers[0]?.operands.get(value)?.data;
    return flags?.length === 1 && flags[0] && data ? data[0] : null;
  }
}
