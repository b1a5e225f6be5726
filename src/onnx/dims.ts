/**
 * Sizes that a file may leave open. A symbolic size is a product of names, `12·batch·time`, or an opaque name for
 * what a product can't say, `(time-1)`: two sizes are equal when they are the same number or the same string.
 */
import { UnsupportedModelError } from '../errors.js';

export type Dim = number | string;

/** Axes of a tensor: more than any operator's tensors have, and few enough for a list of them to be searched. */
export const maxRank = 16;

/** A product's sign: no exporter writes it into a name, as some do `*`. */
const times = '·';

/** Shape arithmetic that outgrows this is no network's. */
const maxSymbolLength = 256;

/** A dimension's name as the file gives it, but that no name reads as a number or a product, or moves a terminal's cursor. */
export function symbol(name: string): Dim {
  const plain = name.replaceAll(times, '*').replace(/\p{C}/gu, '\ufffd');
  return bounded(/^\d+$/.test(plain) ? `'${plain}'` : plain);
}

export function multiply(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const [coefficientA, symbolsA] = factorsOf(a);
  const [coefficientB, symbolsB] = factorsOf(b);
  return product(coefficientA * coefficientB, [...symbolsA, ...symbolsB]);
}

/** Towards zero, as ONNX divides integers. */
export function divide(a: Dim, b: Dim): Dim {
  if (b === 0) throw new UnsupportedModelError('shape arithmetic divides by zero');
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b);
  const [coefficientA, symbolsA] = factorsOf(a);
  const [coefficientB, symbolsB] = factorsOf(b);
  const rest = [...symbolsA];
  for (const name of symbolsB) {
    const at = rest.indexOf(name);
    if (at < 0) return bounded(`(${a}/${b})`);
    rest.splice(at, 1);
  }
  return coefficientA % coefficientB === 0 ? product(coefficientA / coefficientB, rest) : bounded(`(${a}/${b})`);
}

export function add(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  if (typeof b === 'number') return b < 0 ? bounded(`(${a}-${-b})`) : bounded(`(${a}+${b})`);
  return bounded(`(${b}+${a})`);
}

export function subtract(a: Dim, b: Dim): Dim {
  if (a === b) return 0;
  return typeof b === 'number' ? add(a, -b) : bounded(`(${a}-${b})`);
}

export function sizeOf(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>(multiply, 1);
}

function factorsOf(dim: Dim): [number, string[]] {
  if (typeof dim === 'number') return [dim, []];
  const names = dim.split(times);
  const coefficient = Number(names[0]);
  return /^\d+$/.test(names[0]) ? [coefficient, names.slice(1)] : [1, names];
}

function product(coefficient: number, names: readonly string[]): Dim {
  if (coefficient === 0 || names.length === 0) return coefficient;
  const sorted = [...names].sort();
  return bounded((coefficient === 1 ? sorted : [coefficient, ...sorted]).join(times));
}

function bounded(name: string): string {
  if (name.length > maxSymbolLength) {
    throw new UnsupportedModelError(
      `a size of the graph can't be followed: ${name.slice(0, 60)}…; export the model with fixed sizes`,
    );
  }
  return name;
}
