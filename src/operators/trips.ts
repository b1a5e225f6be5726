/** How often a Loop runs, where that follows from shapes and constants. */
import type { Network, Operation, ValueId } from '../model/network.js';
import { given, resultOf, type SpecializeBody } from './body-run.js';
import { unsupported, type Operand } from './operator.js';
import { headsOf, keptBy, type Pattern } from './passes.js';

/** A minute of 16 kHz sound, sample by sample, has fewer. */
export const MAX_PASSES = 2 ** 20;

export const endless = ({ operation }: Pattern) =>
  unsupported(operation, `it runs more than ${MAX_PASSES} times, which is all that is computed`);

/** The body with no more than the condition, and what of the carried values it depends on. */
function conditionOf({ body, heads, carried }: Pattern): { network: Network; reads: ReadonlySet<ValueId | null> } {
  const reads = new Set<ValueId | null>([body.outputs[0].value]);
  const backwards = [...body.operations].reverse();
  const isRead = ({ outputs }: Operation) => outputs.some((value) => value !== null && reads.has(value));
  for (let before = 0; before !== reads.size;) {
    before = reads.size;
    for (const operation of backwards) if (isRead(operation)) for (const value of operation.inputs) reads.add(value);
    for (let i = 0; i < carried; i++) if (reads.has(body.inputs[heads + i].value)) reads.add(body.outputs[1 + i].value);
  }
  return { network: { ...body, operations: body.operations.filter(isRead) }, reads };
}

/**
 * @param most its trip count
 * @returns null where only running tells
 * @throws UnsupportedModelError where it never ends
 */
export function tripsOf(
  pattern: Pattern,
  operands: readonly (Operand | null)[],
  most: number,
  specializeBody: SpecializeBody,
): number | null {
  const { operation, body, heads, carried } = pattern;
  if (most <= 0) return 0;
  const { network, reads } = conditionOf(pattern);
  const kept = keptBy(pattern);
  const changes =
    reads.has(body.inputs[0].value) || kept.some((isKept, i) => !isKept && reads.has(body.inputs[heads + i].value));
  let state = operands.slice(heads, heads + carried) as readonly Operand[];
  const captured = given(operation, body, operands.slice(heads + carried), heads + carried);
  for (let index = 0; index < most; index++) {
    if (index >= MAX_PASSES) throw endless(pattern);
    const inputs = [...headsOf(pattern, index), ...given(operation, body, state, heads), ...captured];
    const shapes = specializeBody(network, new Map(inputs));
    const { data } = resultOf(operation, body, shapes, 0);
    if (!data) return null;
    if (data[0] === 0) return index + 1;
    if (!changes) break;
    // What the condition does not depend on stays as it was, and is not looked at.
    state = state.map((operand, i) => shapes.operands[body.outputs[1 + i].value] ?? operand);
  }
  if (most > MAX_PASSES) throw endless(pattern);
  return most;
}
