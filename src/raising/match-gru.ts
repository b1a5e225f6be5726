/**
 * h' = (1 − z)∘h̃ + z∘h, or with z and 1 − z the other way round; h̃ = g(Wx + b + (r∘h)R) or g(Wx + b + r∘(hR + c)):
 * https://onnx.ai/onnx/operators/onnx__GRU.html
 */
import { LINEAR, likeFirst, negated, readsOnly, weightsOf } from './cell.js';
import type { Cell, Context, Gate, State, Weights } from './cell.js';
import type { Row } from './equations.js';
import { dividedBy, isEqual, sum, unknown, unknownOf, unknowns, unknownsIn, type Polynomial } from './polynomial.js';

/** h' of one unit. */
interface Update {
  readonly gate: number;
  readonly isNegated: boolean;
  readonly candidate: Polynomial;
}

/** The gate's unknown is the one in which h' is h̃ + z·(h − h̃), or h + z·(h̃ − h). */
function updateOf(next: Polynomial, unit: number, { equations }: Context): Update | null {
  const h = unknown(unit);
  for (const gate of unknowns(next)) {
    const parts = equations.activationOf(gate) && dividedBy(next, gate);
    if (!parts || parts.quotient.size === 0) continue;
    const { rest, quotient } = parts;
    if (isEqual(quotient, sum(h, rest, -1))) return { gate, isNegated: false, candidate: rest };
    if (isEqual(rest, h)) return { gate, isNegated: true, candidate: sum(quotient, h) };
  }
  return null;
}

/** What h̃ reads of h, through the reset gates. */
interface Reset {
  readonly gates: readonly number[]; // of every unit
  readonly R: readonly Weights[];
  readonly Rb: readonly number[];
  readonly linearBeforeReset: boolean;
}

export function matchGru({ units, next }: State, context: Context): Cell | null {
  const { equations, inputs } = context;
  const updates = next.map((of, i) => updateOf(of, units[i], context));
  if (!updates.every((update) => update !== null)) return null;
  const z = updates.map(({ gate, isNegated }): Gate | null => {
    const { activation, of } = equations.activationOf(gate)!;
    const own = { activation, row: equations.row(of) };
    return isNegated ? negated(own) : own;
  });
  const g = updates.map(({ candidate }): Gate => {
    const index = unknownOf(candidate);
    const found = index === null ? null : equations.activationOf(index);
    return { activation: found?.activation ?? LINEAR, row: equations.row(found?.of ?? candidate) };
  });
  const candidates = likeFirst(g);
  const reset = candidates && (resetAfter(candidates, units, context) ?? resetBefore(candidates, units, context));
  if (!reset) return null;
  const r = reset.gates.map((gate): Gate => {
    const { activation, of } = equations.activationOf(gate)!;
    return { activation, row: equations.row(of) };
  });
  const gates = likeFirst([...z, ...r]);
  if (!gates?.every(({ row }) => readsOnly(row, inputs, units))) return null;
  return {
    kind: 'gru',
    activations: [gates[0].activation, candidates[0].activation],
    W: [...gates, ...candidates].map(({ row }) => weightsOf(row, inputs)),
    R: [...gates.map(({ row }) => weightsOf(row, units)), ...reset.R],
    Wb: [...gates, ...candidates].map(({ row }) => row.constant),
    Rb: [...gates.map(() => 0), ...reset.Rb],
    peepholes: null,
    linearBeforeReset: reset.linearBeforeReset,
    inputForget: false,
  };
}

const isLinear = (row: Row, inputs: readonly number[]): boolean => readsOnly({ ...row, others: new Map() }, inputs);

/** r_i · (Σ R[i, j] h_j + c_i) */
function resetAfter(candidates: readonly Gate[], units: readonly number[], context: Context): Reset | null {
  const { equations, inputs } = context;
  const gates: number[] = [];
  const rows: Row[] = [];
  for (const { row } of candidates) {
    const index = [...row.others.keys()].flatMap(unknownsIn).find((one) => equations.activationOf(one));
    const parts = index === undefined ? null : dividedBy(row.others, index);
    if (!parts || parts.rest.size > 0 || !isLinear(row, inputs)) return null;
    gates.push(index!);
    rows.push(equations.row(parts.quotient));
  }
  if (!rows.every((row) => readsOnly(row, units))) return null;
  return {
    gates,
    R: rows.map((row) => weightsOf(row, units)),
    Rb: rows.map(({ constant }) => constant),
    linearBeforeReset: true,
  };
}

/** Σ R[i, j] r_j h_j */
function resetBefore(candidates: readonly Gate[], units: readonly number[], context: Context): Reset | null {
  const { equations, inputs } = context;
  const gates = units.map((): number | undefined => undefined);
  const places = new Map(units.map((unit, j) => [unit, j]));
  const R = candidates.map(({ row }): Weights | null => {
    const values = new Float64Array(units.length);
    const steps = new Float64Array(units.length).fill(NaN);
    for (const [monomial, coefficient] of row.others) {
      const both = unknownsIn(monomial);
      const unit = both.find((one) => places.has(one));
      const gate = both.find((one) => equations.activationOf(one));
      const j = places.get(unit!);
      if (both.length !== 2 || gate === undefined || j === undefined || (gates[j] ?? gate) !== gate) return null;
      gates[j] = gate;
      values[j] = coefficient;
      steps[j] = row.otherSteps.get(monomial)!;
    }
    return isLinear(row, inputs) ? { values, steps } : null;
  });
  if (!R.every((row) => row !== null) || !gates.every((gate) => gate !== undefined)) return null;
  return { gates: gates as number[], R, Rb: units.map(() => 0), linearBeforeReset: false };
}
