/** What a loop counts, and whether it runs once a step, for inputs of one shape. */
import type { OperationOf, TensorType, ValueId } from '../model/network.js';
import { elements, type Operand } from '../operators/operator.js';

export type Loop = OperationOf<'loop'>;

/** start + step · iteration */
export interface Progression {
  readonly start: number;
  readonly step: number;
}

/** scale · of + offset; of nothing where it is a number */
interface Line {
  readonly of: ValueId | null;
  readonly scale: number;
  readonly offset: number;
}

interface Comparison {
  readonly function: keyof typeof COMPARISONS;
  readonly left: Line;
  readonly right: Line;
}

const COMPARISONS = {
  less: (a: number, b: number) => a < b,
  lessOrEqual: (a: number, b: number) => a <= b,
  greater: (a: number, b: number) => a > b,
  greaterOrEqual: (a: number, b: number) => a >= b,
  equal: (a: number, b: number) => a === b,
  notEqual: (a: number, b: number) => a !== b,
};

const OPPOSITE: Readonly<Record<keyof typeof COMPARISONS, keyof typeof COMPARISONS>> = {
  less: 'greaterOrEqual',
  lessOrEqual: 'greater',
  greater: 'lessOrEqual',
  greaterOrEqual: 'less',
  equal: 'notEqual',
  notEqual: 'equal',
};

/** A trip count that exporters give to loops that only a condition ends, or more. */
const UNLIMITED = 2 ** 31 - 1;

/** Operations under which one element stays one element. */
const KEEPS = new Set(['identity', 'squeeze', 'unsqueeze', 'reshape', 'flatten']);

/** Types that hold whatever a loop counts. */
const WIDE = new Set<TensorType>(['float32', 'float64', 'int32', 'int64']);

const isNumber = (operand: Operand | null | undefined): operand is Operand =>
  !!operand && operand.data !== null && elements(operand.dims) === 1;

export class Counters {
  readonly #loop: Loop;
  readonly #operands: readonly (Operand | null)[];
  readonly #lines = new Map<ValueId, Line>();
  /** Conditions that hold together; none for what always holds. */
  readonly #conditions = new Map<ValueId, readonly Comparison[]>();
  readonly #progressions = new Map<ValueId, Progression>();

  /** @param operands of the loop's inputs; a given condition is one that holds */
  constructor(loop: Loop, operands: readonly (Operand | null)[]) {
    this.#loop = loop;
    this.#operands = operands;
    this.#begin();
    for (const operation of loop.body.operations) {
      const [output] = operation.outputs;
      if (output === null) continue;
      const [a, b] = operation.inputs.map((value) => (value === null ? undefined : this.#lines.get(value)));
      if (KEEPS.has(operation.kind)) this.#same(operation.inputs[0]!, output);
      else if (operation.kind === 'cast') this.#cast(operation, output);
      else if (operation.kind === 'unary') this.#unary(operation, output);
      else if (operation.kind === 'binary' && a && b) this.#combine(operation.function, a, b, output);
      else if (operation.kind === 'binary' && operation.function === 'and') this.#both(operation, output);
    }
    this.#count();
  }

  #begin(): void {
    const { body, carried } = this.#loop;
    for (const [value, { dims, data, type }] of body.constants) {
      if (elements(dims) !== 1) continue;
      this.#lines.set(value, { of: null, scale: 0, offset: data[0] });
      if (type === 'boolean' && data[0] !== 0) this.#conditions.set(value, []);
    }
    body.inputs.forEach(({ value }, index) => {
      const operand = this.#operands[index];
      if (index === 1) this.#conditions.set(value, []);
      else if (index === 0) this.#lines.set(value, { of: value, scale: 1, offset: 0 });
      else if (isNumber(operand) && operand.type !== 'boolean') {
        const isCarried = index < 2 + carried;
        const number = { of: null, scale: 0, offset: operand.data![0] };
        this.#lines.set(value, isCarried ? { of: value, scale: 1, offset: 0 } : number);
      }
    });
    this.#progressions.set(body.inputs[0].value, { start: 0, step: 1 });
  }

  #same(from: ValueId, to: ValueId): void {
    const line = this.#lines.get(from);
    const conditions = this.#conditions.get(from);
    if (line) this.#lines.set(to, line);
    if (conditions) this.#conditions.set(to, conditions);
  }

  /** A whole number stays what it is in another type; a fraction and what becomes true or false does not. */
  #cast({ to, inputs }: OperationOf<'cast'>, output: ValueId): void {
    const from = inputs[0]!;
    const line = this.#lines.get(from);
    const isBoolean = to === 'bool' && this.#conditions.has(from);
    if (isBoolean || (line && WIDE.has(to) && (to.startsWith('float') || this.#isWhole(line))))
      this.#same(from, output);
  }

  #isWhole({ of, scale, offset }: Line): boolean {
    const input = this.#loop.body.inputs.findIndex(({ value }) => value === of);
    const isInteger = of === null || input === 0 || this.#operands[input]?.type === 'integer';
    return isInteger && Number.isInteger(scale) && Number.isInteger(offset);
  }

  #unary({ function: name, inputs }: OperationOf<'unary'>, output: ValueId): void {
    const line = this.#lines.get(inputs[0]!);
    const conditions = this.#conditions.get(inputs[0]!);
    if (name === 'neg' && line) this.#lines.set(output, { ...line, scale: -line.scale, offset: -line.offset });
    if (name !== 'not' || conditions?.length !== 1) return;
    this.#conditions.set(output, [{ ...conditions[0], function: OPPOSITE[conditions[0].function] }]);
  }

  #both({ inputs }: OperationOf<'binary'>, output: ValueId): void {
    const all = inputs.map((value) => this.#conditions.get(value!));
    if (all.every((conditions) => conditions !== undefined)) this.#conditions.set(output, all.flat());
  }

  #combine(name: OperationOf<'binary'>['function'], a: Line, b: Line, output: ValueId): void {
    if (name in COMPARISONS) {
      this.#conditions.set(output, [{ function: name as Comparison['function'], left: a, right: b }]);
      return;
    }
    const [of, number] = a.of === null ? [b, a] : [a, b];
    if (number.of !== null) return;
    const sign = name === 'sub' ? -1 : 1;
    if (name === 'add' || name === 'sub') {
      const scale = of === b ? sign * of.scale : of.scale;
      this.#lines.set(output, { of: of.of, scale, offset: a.offset + sign * b.offset });
    } else if (name === 'mul') {
      const factor = number.offset;
      this.#lines.set(output, { of: of.of, scale: factor * of.scale, offset: factor * of.offset });
    }
  }

  /** Carried numbers to which the body adds one and the same. */
  #count(): void {
    const { body, carried } = this.#loop;
    for (let index = 0; index < carried; index++) {
      const { value } = body.inputs[2 + index];
      const line = this.#lines.get(body.outputs[1 + index].value);
      const initial = this.#operands[2 + index];
      if (line?.of !== value || line.scale !== 1 || !isNumber(initial)) continue;
      this.#progressions.set(value, { start: initial.data![0], step: line.offset });
    }
  }

  /** null where it is no number, or one that the loop computes in another way. */
  progressionOf(value: ValueId): Progression | null {
    const line = this.#lines.get(value);
    return line ? this.#progression(line) : null;
  }

  #progression({ of, scale, offset }: Line): Progression | null {
    if (of === null) return { start: offset, step: 0 };
    const base = this.#progressions.get(of);
    return base ? { start: scale * base.start + offset, step: scale * base.step } : null;
  }

  isCounter(index: number): boolean {
    return this.#progressions.has(this.#loop.body.inputs[2 + index].value);
  }

  /** Whether the body runs once for each of `length` steps; `isOpen`: and for as many as there may be. */
  runsThrough(length: number, isOpen: boolean): boolean {
    const [trip, condition] = this.#operands;
    const [tripInput, conditionInput] = this.#loop.inputs;
    if (tripInput !== null && !isNumber(trip)) return false;
    if (conditionInput !== null && (!isNumber(condition) || condition.data![0] === 0)) return false;
    const most = tripInput === null ? Infinity : trip!.data![0];
    const conditions = this.#conditions.get(this.#loop.body.outputs[0].value);
    const ends = conditions?.map((comparison) => this.#end(comparison, length));
    if (!ends || ends.includes('early')) return false;
    const isEnded = most === length || ends.includes('behind');
    const isLimited = most < UNLIMITED || ends.includes('later');
    return isEnded && most >= length && (!isOpen || most === length || !isLimited);
  }

  /** When a comparison first fails: before the last of `length` iterations, behind it, later, or never. */
  #end({ function: name, left, right }: Comparison, length: number): 'early' | 'behind' | 'later' | 'never' {
    const [a, b] = [this.#progression(left), this.#progression(right)];
    if (!a || !b) return 'early';
    const holds = (iteration: number) => COMPARISONS[name](a.start + a.step * iteration, b.start + b.step * iteration);
    for (let iteration = 0; iteration < length - 1; iteration++) if (!holds(iteration)) return 'early';
    if (!holds(length - 1)) return 'behind';
    // What grows evenly and holds there has held before.
    return name !== 'notEqual' && holds(UNLIMITED - 1) ? 'never' : 'later';
  }
}
