/** Passes through the body of a loop: each takes what the one before it carries on. */
import type { Numbers } from '../model/network.js';
import { BodyRun, copyNumbers } from './body-run.js';
import { enterLoop, leaveLoop, spendPass } from './loop-work.js';
import { elements, type Operand, type Prepared, type Shape } from './operator.js';
import { firstResult, type Passes, type Pattern } from './passes.js';
import { newNumbers } from './specialization.js';
import { endless, MAX_PASSES } from './trips.js';

/** A sequence in a tensor, seen as [outer, passes, inner]. */
interface Sequence {
  readonly outer: number;
  readonly inner: number;
  readonly isReverse: boolean;
}

/** Between the sequence and one slice of it, in either direction. */
function copySlice(
  whole: Numbers,
  slice: Numbers,
  sequence: Sequence,
  index: number,
  of: number,
  isOut: boolean,
): void {
  const { outer, inner, isReverse } = sequence;
  const place = isReverse ? of - 1 - index : index;
  for (let o = 0; o < outer; o++) {
    const at = (o * of + place) * inner;
    if (isOut) for (let i = 0; i < inner; i++) whole[at + i] = slice[o * inner + i];
    else for (let i = 0; i < inner; i++) slice[o * inner + i] = whole[at + i];
  }
}

/** @param dims of a slice */
const sequenceOf = (dims: readonly number[], axis: number, isReverse: boolean): Sequence => ({
  outer: elements(dims.slice(0, axis)),
  inner: elements(dims.slice(axis)),
  isReverse,
});

export class Repetition {
  readonly #pattern: Pattern;
  readonly #passes: Passes;
  readonly #counts: readonly number[]; // elements of what is carried at first
  readonly #lastCounts: readonly number[];
  readonly #runs: readonly BodyRun[];
  readonly #inputs: readonly Sequence[];
  readonly #slices: readonly Numbers[];
  readonly #outputs: readonly Sequence[];
  readonly #iteration = Float64Array.of(0);
  readonly #condition = Float64Array.of(1);
  #state: Numbers[];
  #next: Numbers[];

  constructor(pattern: Pattern, passes: Passes, operands: readonly (Operand | null)[]) {
    const { body, heads, carried, scannedInputs, scannedOutputs } = pattern;
    this.#pattern = pattern;
    this.#passes = passes;
    this.#runs = passes.all.map((shapes) => new BodyRun(body, shapes));
    const initial = operands.slice(heads, heads + carried) as readonly Operand[];
    this.#counts = initial.map(({ dims }) => elements(dims));
    this.#lastCounts = passes.carried.map(({ dims }) => elements(dims));
    const sizes = initial.map((_, i) => this.#largest(i));
    const room = () => initial.map(({ type }, i) => newNumbers(type, sizes[i]));
    [this.#state, this.#next] = [room(), room()];
    const slices = scannedInputs.map(({ axis, direction }, i) => {
      const { type, dims } = operands[heads + carried + i]!;
      const slice = dims.toSpliced(axis, 1);
      return { numbers: newNumbers(type, elements(slice)), sequence: sequenceOf(slice, axis, direction === 'reverse') };
    });
    this.#slices = slices.map(({ numbers }) => numbers);
    this.#inputs = slices.map(({ sequence }) => sequence);
    this.#outputs = scannedOutputs.map(({ axis, direction }, i) =>
      sequenceOf(passes.scanned[i].dims, axis, direction === 'reverse'),
    );
  }

  /** Elements of what is carried at place `i`, at its largest. */
  #largest(i: number): number {
    const { value } = this.#pattern.body.outputs[firstResult(this.#pattern) + i];
    const after = this.#passes.all.map(({ operands }) => elements(operands[value]!.dims));
    return Math.max(this.#counts[i], ...after);
  }

  /**
   * @param passes how many; null: until the condition is false
   * @param work of a pass, but for loops within it of which only running tells how often they run
   */
  compute(
    inputs: Parameters<Prepared['compute']>[0],
    outputs: Parameters<Prepared['compute']>[1],
    passes: number | null,
    work: number,
  ): void {
    const { heads, carried } = this.#pattern;
    for (let i = 0; i < carried; i++) copyNumbers(inputs[heads + i]!, this.#state[i], this.#counts[i]);
    this.#condition[0] = 1;
    enterLoop();
    try {
      for (let index = 0; passes === null ? !this.#isOver(inputs, index) : index < passes; index++) {
        if (passes === null) this.#spend(index, work);
        this.#pass(inputs, outputs, index, passes ?? 0);
      }
    } finally {
      leaveLoop();
    }
    for (let i = 0; i < carried; i++) if (outputs[i]) copyNumbers(this.#state[i], outputs[i]!, this.#lastCounts[i]);
  }

  #spend(index: number, work: number): void {
    if (index >= MAX_PASSES) throw endless(this.#pattern);
    spendPass(this.#pattern.operation, work);
  }

  /** Of a Loop, before pass `index`. */
  #isOver([count, condition]: readonly (Numbers | null)[], index: number): boolean {
    if (count && index >= count[0]) return true;
    return index === 0 ? condition?.[0] === 0 : this.#condition[0] === 0;
  }

  #pass(
    inputs: readonly (Numbers | null)[],
    outputs: readonly (Numbers | null)[],
    index: number,
    passes: number,
  ): void {
    const { heads, carried } = this.#pattern;
    const run = this.#runs[Math.min(index, this.#runs.length - 1)];
    const first = heads + carried;
    if (heads > 0) {
      this.#iteration[0] = index;
      this.#condition[0] = 1;
      run.give(0, this.#iteration);
      run.give(1, this.#condition);
    }
    for (let i = 0; i < carried; i++) run.give(heads + i, this.#state[i]);
    for (let i = 0; i < this.#slices.length; i++) {
      copySlice(inputs[first + i]!, this.#slices[i], this.#inputs[i], index, passes, false);
      run.give(first + i, this.#slices[i]);
    }
    for (let i = first + this.#slices.length; i < inputs.length; i++) run.give(i, inputs[i]!);
    run.compute();
    this.#take(run, outputs, index, passes);
  }

  /** What the pass has made. It may be what another place carried, so that this is not written over. */
  #take(run: BodyRun, outputs: readonly (Numbers | null)[], index: number, passes: number): void {
    const { carried, heads } = this.#pattern;
    const first = firstResult(this.#pattern);
    for (let i = 0; i < this.#outputs.length; i++) {
      const whole = outputs[carried + i];
      if (whole) copySlice(whole, run.result(first + carried + i), this.#outputs[i], index, passes, true);
    }
    for (let i = 0; i < carried; i++) {
      const made = run.result(first + i);
      copyNumbers(made, this.#next[i], Math.min(made.length, this.#next[i].length));
    }
    if (heads > 0) this.#condition[0] = run.result(0)[0];
    [this.#state, this.#next] = [this.#next, this.#state];
  }
}

/** The whole sequence of what one pass makes. */
export const joined = ({ type, dims }: Shape, axis: number, passes: number): Shape => ({
  type,
  dims: dims.toSpliced(axis, 0, passes),
});
