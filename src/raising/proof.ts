/** A raised loop against the body that it comes from, on seeded random numbers. */
import type { ValueId } from '../model/network.js';
import { elements, type Operand } from '../operators/operator.js';
import { stepCell } from './cell-step.js';
import { placesOf, type BatchAxisOf, type Recognition, type Scan, type Source } from './recognition.js';
import type { Search } from './search.js';
import { Tracer } from './tracer.js';

/** Of what is compared, or of the numbers that it is computed of. */
const TOLERANCE = 1e-5;

/** Sizes of the numbers that are tried, several times each: large ones reach where gates are cut. */
const SIZES = [0.1, 1, 1, 4, 30];

/** Numbers in ±1 from a linear congruential generator (Numerical Recipes, 2nd edition, 7.1). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

/** @param tracer what is known of the body's inputs: their shapes, and integers */
export function isProven(
  scan: Scan,
  recognition: Recognition,
  tracer: Tracer,
  batchAxisOf: BatchAxisOf,
  { operators, budget }: Search,
): boolean {
  const next = numbersFrom(7);
  return SIZES.every((size) => {
    const given = scan.body.inputs.map(({ value }): [ValueId, Operand] | null => {
      const operand = tracer.operands.get(value)!;
      if (operand.data) return [value, operand];
      if (operand.type !== 'float') return null;
      const data = Float32Array.from({ length: elements(operand.dims) }, () => size * next());
      return [value, { ...operand, data }];
    });
    if (!given.every((operand) => operand !== null)) return false;
    const body = new Tracer(operators, [...scan.body.constants, ...given], {
      budget,
      computesAll: true,
      origins: null,
    });
    if (!scan.body.operations.every((operation) => body.take(operation))) return false;
    return new Trial(scan, recognition, body, batchAxisOf).isEqual();
  });
}

class Trial {
  readonly #scan: Scan;
  readonly #recognition: Recognition;
  readonly #body: Tracer;
  readonly #batchAxisOf: BatchAxisOf;

  constructor(scan: Scan, recognition: Recognition, body: Tracer, batchAxisOf: BatchAxisOf) {
    this.#scan = scan;
    this.#recognition = recognition;
    this.#body = body;
    this.#batchAxisOf = batchAxisOf;
  }

  isEqual(): boolean {
    const { inputs } = this.#scan.body;
    const value = inputs[this.#recognition.layers[0].states[0]].value;
    const axis = this.#batchAxisOf(value);
    const batches = axis === null ? 1 : this.#body.operands.get(value)!.dims[axis];
    const seen = new Set([0, 1, Math.floor(batches / 2), batches - 1].filter((batch) => batch < batches));
    return [...seen].every((batch) => this.#isEqualIn(batch));
  }

  /** The numbers of one sequence of a batch. */
  #read(value: ValueId, batch: number): Float64Array {
    const { dims, data } = this.#body.operands.get(value)!;
    return Float64Array.from(placesOf(dims, this.#batchAxisOf(value), batch), (at) => data![at]);
  }

  #isEqualIn(batch: number): boolean {
    const { inputs, outputs } = this.#scan.body;
    const { carried } = this.#scan;
    const made: Float64Array[] = [];
    const features = (sources: readonly Source[]): number[] =>
      sources.flatMap(({ kind, index }) =>
        Array.from(kind === 'layer' ? made[index] : this.#read(inputs[carried + index].value, batch)),
      );
    const isEqual = this.#recognition.layers.every(({ weights, states, sources }) => {
      const x = features(sources);
      const [h, c = null] = states.map((state) => this.#read(inputs[state].value, batch));
      const results = stepCell(weights, x, h, c);
      made.push(results[0]);
      const all = [x, h, c ?? []];
      return states.every((state, i) => isNear(this.#read(outputs[state].value, batch), results[i], all));
    });
    return (
      isEqual &&
      this.#recognition.outputs.every(({ sources, weights, bias }, index) => {
        const x = features(sources);
        const result = bias.map((offset, j) =>
          x.reduce((total, number, k) => total + number * weights[k * bias.length + j], offset),
        );
        return isNear(this.#read(outputs[carried + index].value, batch), result, [x]);
      })
    );
  }
}

/** float32 rounds in proportion to what it adds up. */
function isNear(actual: ArrayLike<number>, expected: ArrayLike<number>, of: readonly ArrayLike<number>[]): boolean {
  const largest = [expected, ...of].reduce(
    (most, numbers) => Array.from(numbers).reduce((max, number) => Math.max(max, Math.abs(number)), most),
    1,
  );
  return (
    actual.length === expected.length &&
    Array.from(actual).every((number, i) => Math.abs(number - expected[i]) <= TOLERANCE * largest)
  );
}
