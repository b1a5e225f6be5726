/** A recurrent cell, taken out of the equations of a loop's body. */
import type { Activation } from '../model/network.js';
import type { Equations, Row } from './equations.js';
import type { Polynomial } from './polynomial.js';

/** The parameters of one layer in float64, gates in ONNX's order. */
export interface Cell {
  readonly kind: 'gru' | 'lstm' | 'rnn';
  /** [f], [f, g] or [f, g, h] */
  readonly activations: readonly Activation[];
  readonly W: readonly Weights[]; // [gates × hidden] rows of [input]
  readonly R: readonly Weights[]; // [gates × hidden] rows of [hidden]
  readonly Wb: readonly number[]; // [gates × hidden]
  readonly Rb: readonly number[]; // [gates × hidden]
  readonly peepholes: readonly number[] | null; // [3 × hidden], gates i o f
  readonly linearBeforeReset: boolean;
  readonly inputForget: boolean;
}

export interface Weights {
  readonly values: Float64Array;
  /** Of what a value is a multiple; NaN where it is of nothing. */
  readonly steps: Float64Array;
}

/** One of a body's carried tensors: its first sequence of a batch. */
export interface State {
  /** The unknowns of its elements. */
  readonly units: readonly number[];
  /** What they become. */
  readonly next: readonly Polynomial[];
}

/** A cell's gates as the body has them. */
export interface Gate {
  readonly activation: Activation;
  readonly row: Row;
}

export interface Context {
  readonly equations: Equations;
  /** Unknowns of the elements of what steps through the sequence. */
  readonly inputs: readonly number[];
  /** Whether a layer's states stay float32. */
  readonly isExact: boolean;
}

export const LINEAR: Activation = { function: 'affine', alpha: 1, beta: 0 };

export const isSame = (a: Activation, b: Activation): boolean =>
  a.function === b.function && near(a.alpha, b.alpha) && near(a.beta, b.beta);

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));

/** Whether a row has nothing but the elements of these unknowns. */
export function readsOnly(row: Row, ...unknowns: readonly (readonly number[])[]): boolean {
  if (row.others.size > 0) return false;
  const known = new Set(unknowns.flat());
  return row.elements.every((coefficient, index) => coefficient === 0 || known.has(index));
}

export function weightsOf({ elements, steps }: Row, unknowns: readonly number[]): Weights {
  const pick = (from: Float64Array) => Float64Array.from(unknowns, (index) => from[index]);
  return { values: pick(elements), steps: pick(steps) };
}

function rowScaled(row: Row, factor: number, offset: number): Row {
  return {
    elements: row.elements.map((value) => factor * value),
    steps: row.steps.map((step) => Math.abs(factor) * step),
    constant: factor * row.constant + offset,
    others: new Map([...row.others].map(([monomial, value]) => [monomial, factor * value])),
    otherSteps: new Map([...row.otherSteps].map(([monomial, step]) => [monomial, Math.abs(factor) * step])),
  };
}

/** The gate with another activation of the same shape; null where there is none. */
function gateWith({ activation, row }: Gate, wanted: Activation): Gate | null {
  if (isSame(activation, wanted)) return { activation, row };
  if (activation.function !== 'hardSigmoid' || wanted.function !== 'hardSigmoid') return null;
  const factor = activation.alpha / wanted.alpha;
  return { activation: wanted, row: rowScaled(row, factor, (activation.beta - wanted.beta) / wanted.alpha) };
}

/** The gate that is one less this one; null where there is none. */
export function negated({ activation, row }: Gate): Gate | null {
  if (activation.function === 'sigmoid') return { activation, row: rowScaled(row, -1, 0) };
  if (activation.function !== 'hardSigmoid') return null;
  return { activation, row: rowScaled(row, -1, (1 - 2 * activation.beta) / activation.alpha) };
}

/** All gates of a layer with the activation of the first; null where they have several. */
export function likeFirst(gates: readonly (Gate | null)[]): readonly Gate[] | null {
  const [first] = gates;
  if (!first) return null;
  const all = gates.map((gate) => gate && gateWith(gate, first.activation));
  return all.every((gate) => gate !== null) ? all : null;
}
