/** The layers that a loop's body is, one after another. */
import type { OperationOf, ValueId } from '../model/network.js';
import { stridedIndices, stridesOf } from '../operators/operator.js';
import { originOf } from './bodies.js';
import type { Cell, Context, State } from './cell.js';
import { layerWeights, type LayerWeights } from './layer-weights.js';
import { matchGru } from './match-gru.js';
import { matchLstm } from './match-lstm.js';
import { matchRnn } from './match-rnn.js';
import { NoCell } from './no-cell.js';
import type { Search } from './search.js';
import { SymbolicBody } from './symbolic.js';
import type { Tracer } from './tracer.js';

export type Scan = OperationOf<'scan'>;

/** What a layer may read at each step: a scanned input, or what an earlier layer has made of the same step. */
export type Source = { readonly kind: 'scanned' | 'layer'; readonly index: number };

export interface RecognizedLayer {
  readonly weights: LayerWeights;
  /** h, and of an LSTM c. */
  readonly states: readonly number[];
  readonly sources: readonly Source[];
}

/** What a scanned output is: weights · features of the sources + bias. */
export interface RecognizedOutput {
  readonly sources: readonly Source[];
  readonly weights: Float32Array; // [features, output]
  readonly bias: Float32Array; // [output]
  /** Whether it is the features themselves. */
  readonly isPlain: boolean;
}

export interface Recognition {
  readonly layers: readonly RecognizedLayer[];
  readonly outputs: readonly RecognizedOutput[];
}

/** The axis of a step's tensor that counts sequences; null where it has none, and there is one. */
export type BatchAxisOf = (value: ValueId) => number | null;

/** Places of a tensor's elements that belong to the sequence `batch`. */
export function placesOf(dims: readonly number[], axis: number | null, batch = 0): Int32Array {
  const strides = stridesOf(dims);
  const isOther = (_: number, at: number) => at !== axis;
  return stridedIndices(dims.filter(isOther), strides.filter(isOther), axis === null ? 0 : batch * strides[axis]);
}

interface Known {
  readonly source: Source;
  readonly value: ValueId;
}

/** @returns null where the body is something else */
export function recognize(scan: Scan, tracer: Tracer, batchAxisOf: BatchAxisOf, search: Search): Recognition | null {
  try {
    return new Recognizer(scan, tracer, batchAxisOf, search).recognition();
  } catch (error) {
    if (error instanceof NoCell) return null;
    throw error;
  }
}

class Recognizer {
  readonly #scan: Scan;
  readonly #tracer: Tracer;
  readonly #batchAxisOf: BatchAxisOf;
  readonly #search: Search;
  readonly #layers: RecognizedLayer[] = [];
  readonly #known: Known[] = [];

  constructor(scan: Scan, tracer: Tracer, batchAxisOf: BatchAxisOf, search: Search) {
    this.#scan = scan;
    this.#tracer = tracer;
    this.#batchAxisOf = batchAxisOf;
    this.#search = search;
    scan.scannedInputs.forEach((_, index) => {
      this.#known.push({ source: { kind: 'scanned', index }, value: scan.body.inputs[scan.carried + index].value });
    });
  }

  /** Layer by layer: what one makes, the next may read. */
  recognition(): Recognition | null {
    const left = new Set(Array.from({ length: this.#scan.carried }, (_, state) => state));
    while (left.size > 0) {
      const found = this.#next([...left]);
      if (!found) return null;
      for (const state of found.states) left.delete(state);
    }
    const symbolic = this.#symbolic([]);
    const outputs = this.#scan.body.outputs.slice(this.#scan.carried).map(({ value }) => this.#output(symbolic, value));
    return outputs.every((output) => output !== null) ? { layers: this.#layers, outputs } : null;
  }

  #symbolic(states: readonly number[]): SymbolicBody {
    const { body } = this.#scan;
    const sources = [...this.#known.map(({ value }) => value), ...states.map((state) => body.inputs[state].value)];
    return new SymbolicBody(body, this.#tracer, sources, this.#search.operators);
  }

  #places(value: ValueId): Int32Array {
    return placesOf(this.#tracer.operands.get(value)!.dims, this.#batchAxisOf(value));
  }

  /** Unknowns of the elements of a source's first sequence. */
  #units(symbolic: SymbolicBody, value: ValueId): number[] {
    const all = symbolic.elementsOf(value);
    return Array.from(this.#places(value), (at) => Number([...all[at].keys()][0]));
  }

  #stateOf(symbolic: SymbolicBody, state: number): State {
    const { body } = this.#scan;
    const [from, to] = [body.inputs[state].value, body.outputs[state].value];
    const dims = [from, to].map((value) => this.#tracer.operands.get(value)?.dims.join());
    if (dims[0] !== dims[1]) throw new NoCell('a state changes its shape');
    const next = symbolic.elementsOf(to);
    return { units: this.#units(symbolic, from), next: Array.from(this.#places(from), (at) => next[at]) };
  }

  #next(left: readonly number[]): RecognizedLayer | null {
    const symbolic = this.#symbolic(left);
    const inputs = this.#known.flatMap(({ value }) => this.#units(symbolic, value));
    const context: Context = { equations: symbolic.equations, inputs, isExact: this.#search.isExact };
    const states = new Map(left.map((state) => [state, this.#stateOf(symbolic, state)]));
    for (const [state, own] of states) {
      const cell = matchGru(own, context) ?? matchRnn(own, context);
      if (cell) return this.#keep(cell, [state], symbolic);
      for (const [other, c] of states) {
        const lstm = other === state ? null : matchLstm(own, c, context);
        if (lstm) return this.#keep(lstm, [state, other], symbolic);
      }
    }
    return null;
  }

  /** The sources of which a column is read, and all of their columns. */
  #read(symbolic: SymbolicBody, isRead: (column: number) => boolean): { sources: Source[]; columns: number[] } {
    const sources: Source[] = [];
    const columns: number[] = [];
    let from = 0;
    for (const { source, value } of this.#known) {
      const own = Array.from({ length: this.#units(symbolic, value).length }, (_, i) => from + i);
      from += own.length;
      if (!own.some(isRead)) continue;
      sources.push(source);
      columns.push(...own);
    }
    return { sources, columns };
  }

  #keep(cell: Cell, states: readonly number[], symbolic: SymbolicBody): RecognizedLayer | null {
    const { sources, columns } = this.#read(symbolic, (column) => cell.W.some(({ values }) => values[column] !== 0));
    if (sources.length === 0) return null;
    const layer = { weights: layerWeights(cell, columns), states, sources };
    const { body } = this.#scan;
    this.#known.push({
      source: { kind: 'layer', index: this.#layers.length },
      value: originOf(body, body.outputs[states[0]].value),
    });
    this.#layers.push(layer);
    return layer;
  }

  #output(symbolic: SymbolicBody, value: ValueId): RecognizedOutput | null {
    const all = symbolic.elementsOf(value);
    const rows = Array.from(this.#places(value), (at) => symbolic.equations.row(all[at]));
    const units = this.#known.flatMap((known) => this.#units(symbolic, known.value));
    const { sources, columns } = this.#read(symbolic, (column) =>
      rows.some(({ elements }) => elements[units[column]] !== 0),
    );
    const own = columns.map((column) => units[column]);
    const count = (elements: Float64Array) => elements.filter((element) => element !== 0).length;
    const isOurs = ({ elements, others }: (typeof rows)[number]) =>
      others.size === 0 && count(elements) === own.filter((unit) => elements[unit] !== 0).length;
    if (sources.length === 0 || !rows.every(isOurs)) return null;
    const weights = new Float32Array(own.length * rows.length);
    own.forEach((unit, k) => rows.forEach(({ elements }, j) => (weights[k * rows.length + j] = elements[unit])));
    const bias = Float32Array.from(rows, ({ constant }) => constant);
    const isPlain =
      own.length === rows.length &&
      bias.every((number) => number === 0) &&
      rows.every(({ elements }, j) => own.every((unit, k) => elements[unit] === (k === j ? 1 : 0)));
    return { sources, weights, bias, isPlain };
  }
}
