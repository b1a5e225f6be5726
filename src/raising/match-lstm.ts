/** c' = f∘c + i∘g, h' = o∘a(c'): https://onnx.ai/onnx/operators/onnx__LSTM.html */
import type { Activation } from '../model/network.js';
import { isSame, LINEAR, likeFirst, negated, readsOnly, weightsOf } from './cell.js';
import type { Cell, Context, Gate, State } from './cell.js';
import { dividedBy, isEqual, sum, unknown, unknownOf, unknowns, type Polynomial } from './polynomial.js';

/** Unknowns of the gates of one unit, and what they lead to. */
interface Unit {
  /** null where it is 1 − i. */
  readonly forget: number | null;
  /** null where it is 1 − f. */
  readonly input: number | null;
  readonly candidate: Polynomial;
  readonly output: number;
  readonly last: Activation;
}

const isGate = (index: number, { equations }: Context): boolean => equations.activationOf(index) !== null;

/** All of a polynomial's terms have the unknown once. */
function quotientOf(of: Polynomial, index: number): Polynomial | null {
  const parts = dividedBy(of, index);
  return parts && parts.rest.size === 0 ? parts.quotient : null;
}

function activationAt(index: number | null, context: Context): ReturnType<Context['equations']['activationOf']> {
  return index === null ? null : context.equations.activationOf(index);
}

/** i·g; where both are activations, i is the one like f. */
function splitCandidate(rest: Polynomial, forget: number, context: Context): Pick<Unit, 'input' | 'candidate'> | null {
  const like = context.equations.activationOf(forget)!.activation;
  const found = unknowns(rest)
    .filter((index) => isGate(index, context))
    .flatMap((input) => {
      const candidate = quotientOf(rest, input);
      return candidate ? [{ input, candidate }] : [];
    });
  return (
    found.find(({ input }) => isSame(context.equations.activationOf(input)!.activation, like)) ??
    found.find(({ input }) => context.equations.activationOf(input)!.activation.function === like.function) ??
    null
  );
}

function cellOf(next: Polynomial, unit: number, context: Context): Pick<Unit, 'forget' | 'input' | 'candidate'> | null {
  const c = unknown(unit);
  for (const forget of unknowns(next)) {
    const parts = isGate(forget, context) ? dividedBy(next, forget) : null;
    if (!parts) continue;
    if (isEqual(parts.quotient, sum(c, parts.rest, -1))) return { forget, input: null, candidate: parts.rest };
    if (isEqual(parts.rest, c)) return { forget: null, input: forget, candidate: sum(parts.quotient, c) };
    const split = isEqual(parts.quotient, c) ? splitCandidate(parts.rest, forget, context) : null;
    if (split) return { forget, ...split };
  }
  return null;
}

function outputOf(h: Polynomial, c: Polynomial, context: Context): Pick<Unit, 'output' | 'last'> | null {
  for (const output of unknowns(h)) {
    const quotient = isGate(output, context) ? quotientOf(h, output) : null;
    if (!quotient) continue;
    if (isEqual(quotient, c)) return { output, last: LINEAR };
    const inner = activationAt(unknownOf(quotient), context);
    if (inner && isEqual(inner.of, c)) return { output, last: inner.activation };
  }
  return null;
}

/** o's sum may have c' in it, p times: in the row, p is c's coefficient. */
function outputGate(unit: Unit, c: Polynomial, state: number, { equations }: Context): Gate | null {
  const { activation, of } = equations.activationOf(unit.output)!;
  const term = [...(unit.forget === null ? [] : [unit.forget]), state].sort((a, b) => a - b).join(' ');
  const peephole = (of.get(term) ?? 0) / (c.get(term) ?? 1);
  const row = equations.row(withoutTraces(sum(of, c, -peephole), of));
  if (row.elements[state] !== 0) return null;
  row.elements[state] = peephole;
  return { activation, row };
}

/** Terms that only rounding has left. */
function withoutTraces(difference: Polynomial, of: Polynomial): Polynomial {
  return new Map(
    [...difference].filter(([monomial, value]) => Math.abs(value) > 1e-6 * Math.abs(of.get(monomial) ?? 0)),
  );
}

/** @param h, c the states, in the order of `outputs` of an LSTM */
export function matchLstm(h: State, c: State, context: Context): Cell | null {
  if (h.units.length !== c.units.length) return null;
  const found = h.next.map((of, i): Unit | null => {
    const own = cellOf(c.next[i], c.units[i], context);
    const output = own && outputOf(of, c.next[i], context);
    return output && { ...own, ...output };
  });
  if (!found.every((unit) => unit !== null)) return null;
  const isCoupled = isCoupling(found[0]);
  const isAlike = found.every((unit) => isSame(unit.last, found[0].last) && isCoupling(unit) === isCoupled);
  return isAlike ? assemble(found, h, c, context) : null;
}

const isCoupling = ({ input, forget }: Unit): boolean => input === null || forget === null;

function assemble(found: readonly Unit[], h: State, c: State, context: Context): Cell | null {
  const { equations, inputs } = context;
  const gateOf = (index: number): Gate => {
    const { activation, of } = equations.activationOf(index)!;
    return { activation, row: equations.row(of) };
  };
  const enters = found.map(({ input, forget }) => (input === null ? negated(gateOf(forget!)) : gateOf(input)));
  // Of coupled gates, the other is not looked at.
  const forgets = found.map(({ forget }, i) => (forget === null ? enters[i] : gateOf(forget)));
  const outputs = found.map((unit, i) => outputGate(unit, c.next[i], c.units[i], context));
  const candidates = likeFirst(
    found.map(({ candidate }): Gate => {
      const inner = activationAt(unknownOf(candidate), context);
      return { activation: inner?.activation ?? LINEAR, row: equations.row(inner?.of ?? candidate) };
    }),
  );
  const gates = likeFirst([...enters, ...outputs, ...forgets]);
  if (!gates || !candidates) return null;
  const own = (at: number): number => c.units[at % c.units.length];
  const all = [...gates, ...candidates];
  if (!all.every(({ row }, at) => readsOnly(row, inputs, h.units, at < gates.length ? [own(at)] : []))) return null;
  const peepholes = gates.map(({ row }, at) => row.elements[own(at)]);
  return {
    kind: 'lstm',
    activations: [gates[0].activation, candidates[0].activation, found[0].last],
    W: all.map(({ row }) => weightsOf(row, inputs)),
    R: all.map(({ row }) => weightsOf(row, h.units)),
    Wb: all.map(({ row }) => row.constant),
    Rb: all.map(() => 0),
    peepholes: peepholes.some((weight) => weight !== 0) ? peepholes : null,
    linearBeforeReset: false,
    inputForget: isCoupling(found[0]),
  };
}
