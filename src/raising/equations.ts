/** The unknowns of a loop's body: its inputs' elements, sums of products with weights, and activations of such sums. */
import type { Activation, Constant } from '../model/network.js';
import { sum, unknown, unknownOf, unknownsIn, type Polynomial } from './polynomial.js';

/** Σ weights[start + k · stride] · of[k] */
export interface WeightedSum {
  readonly kind: 'sum';
  readonly weights: Constant;
  readonly start: number;
  readonly stride: number;
  readonly scale: number;
  readonly of: readonly Polynomial[];
}

export type Unknown =
  | { readonly kind: 'element'; readonly source: number; readonly index: number }
  | WeightedSum
  | { readonly kind: 'activation'; readonly activation: Activation; readonly of: Polynomial }
  /** Cut to [low, high], one of which is infinite; of = alpha · base + beta */
  | (Line & { readonly kind: 'bounded'; readonly low: number; readonly high: number; readonly of: Polynomial });

/** alpha · base + beta, as a graph spells what a hard sigmoid cuts. */
export interface Line {
  readonly base: Polynomial;
  readonly alpha: number;
  readonly beta: number;
}

/** A sum with everything that is linear in it resolved. */
export interface Row {
  /** Coefficients of elements, by the elements' unknowns. */
  readonly elements: Float64Array;
  /** Of elements whose coefficients are weights that the file has in 8 bits: of what they are multiples; NaN of others. */
  readonly steps: Float64Array;
  constant: number;
  /** What is not linear, by monomial. */
  readonly others: Map<string, number>;
  /** As `steps`, of `others`. */
  readonly otherSteps: Map<string, number>;
}

export class Equations {
  readonly unknowns: Unknown[] = [];
  readonly #activations = new Map<string, number>();
  /** What a ReLU cuts, by the ReLU's unknown. */
  readonly #relus = new Map<number, Line & { readonly of: Polynomial }>();
  /** How many elements there are, whose unknowns come first. */
  #elements = 0;

  /** Unknowns for all elements of a source. */
  addSource(source: number, count: number): Polynomial[] {
    if (this.#elements < this.unknowns.length) throw new Error('elements come before what is computed of them');
    return Array.from({ length: count }, (_, index) => {
      this.#elements++;
      return unknown(this.unknowns.push({ kind: 'element', source, index }) - 1);
    });
  }

  add(made: WeightedSum): Polynomial {
    return unknown(this.unknowns.push(made) - 1);
  }

  activate(activation: Activation, of: Polynomial): Polynomial {
    const key = JSON.stringify([activation, [...of]]);
    const known = this.#activations.get(key) ?? this.unknowns.push({ kind: 'activation', activation, of }) - 1;
    this.#activations.set(key, known);
    return unknown(known);
  }

  /** Cut to [low, high]: a hard sigmoid where both are finite, a ReLU where it is [0, ∞]. */
  cut(of: Polynomial, line: Line, low: number, high: number): Polynomial {
    const index = unknownOf(of);
    const inner = index === null ? null : this.unknowns[index];
    const bounded = inner?.kind === 'bounded' ? inner : null;
    const relu = index === null ? undefined : this.#relus.get(index);
    const from = Math.max(low, bounded?.low ?? (relu ? 0 : -Infinity));
    const to = Math.min(high, bounded?.high ?? Infinity);
    const { base, alpha, beta } = bounded ?? relu ?? line;
    const own = bounded?.of ?? relu?.of ?? of;
    if (from === -Infinity && to === Infinity) return of;
    if (from === 0 && to === Infinity) {
      const made = this.activate({ function: 'relu', alpha: 0, beta: 0 }, own);
      this.#relus.set(unknownOf(made)!, { base, alpha, beta, of: own });
      return made;
    }
    const width = to - from;
    if (!(width > 0) || width === Infinity)
      return unknown(this.unknowns.push({ kind: 'bounded', low: from, high: to, base, alpha, beta, of: own }) - 1);
    const gate = this.activate({ function: 'hardSigmoid', alpha: alpha / width, beta: (beta - from) / width }, base);
    return sum(new Map(from === 0 ? [] : [['', from]]), gate, width);
  }

  activationOf(index: number): { readonly activation: Activation; readonly of: Polynomial } | null {
    const found = this.unknowns[index];
    return found.kind === 'activation' ? found : null;
  }

  row(of: Polynomial): Row {
    const elements = new Float64Array(this.#elements);
    const steps = new Float64Array(elements.length).fill(NaN);
    const row: Row = { elements, steps, constant: 0, others: new Map(), otherSteps: new Map() };
    this.addTo(row, of, 1, NaN);
    return row;
  }

  /** row += factor · of, where factor is a multiple of `step` */
  addTo(row: Row, of: Polynomial, factor: number, step: number): void {
    for (const [monomial, coefficient] of of) {
      const unknowns = unknownsIn(monomial);
      const amount = factor * coefficient;
      const found = unknowns.length === 1 ? this.unknowns[unknowns[0]] : null;
      if (monomial === '') row.constant += amount;
      else if (found?.kind === 'element') {
        const isFirst = row.elements[unknowns[0]] === 0;
        row.elements[unknowns[0]] += amount;
        row.steps[unknowns[0]] = isFirst ? Math.abs(step * coefficient) : NaN;
      } else if (found?.kind === 'sum') this.#addSum(row, found, amount);
      else {
        row.otherSteps.set(monomial, row.others.has(monomial) ? NaN : Math.abs(step * coefficient));
        row.others.set(monomial, (row.others.get(monomial) ?? 0) + amount);
      }
    }
  }

  #addSum(row: Row, { weights, start, stride, scale, of }: WeightedSum, factor: number): void {
    const { data, steps } = weights;
    for (let k = 0, place = start; k < of.length; k++, place += stride) {
      const weight = factor * scale * data[place];
      if (weight !== 0) this.addTo(row, of[k], weight, steps ? steps[place] * scale * factor : NaN);
    }
  }
}
