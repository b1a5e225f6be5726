/** What a body is given that it could have itself: constants of the network around it, and values that never change. */
import type { Constant, Network, Operation, OperationOf, ValueId } from '../model/network.js';
import { withoutDead, type Draft } from './draft.js';

/** Computes what follows from constants, and makes weights of those in 8 bits. */
export type Fold = (network: Network) => Network;

export type Looping = OperationOf<'loop' | 'scan'>;

/** Through what only hands a tensor on, back to what makes it. */
export function originOf(body: Network, value: ValueId): ValueId {
  const maker = body.operations.find(({ outputs }) => outputs.includes(value));
  return maker?.kind === 'identity' ? originOf(body, maker.inputs[0]!) : value;
}

/** Where carried values begin among a loop's inputs, which are in the order of its body's. */
export const firstCarried = ({ kind }: Looping): number => (kind === 'loop' ? 2 : 0);

/** Where they begin among the body's outputs. */
const firstNext = ({ kind }: Looping): number => (kind === 'loop' ? 1 : 0);

/** Carried values that never change are captured; of what comes out, what went in. */
export function keepUnchanged(loop: Looping, draft: Draft): { loop: Looping; identities: Operation[] } {
  const { body, carried } = loop;
  const [from, to] = [firstCarried(loop), firstNext(loop)];
  const all = Array.from({ length: carried }, (_, index) => index);
  const isSame = (index: number) => originOf(body, body.outputs[to + index].value) === body.inputs[from + index].value;
  const fixed = new Set(all.filter(isSame));
  const identities = [...fixed].flatMap((index): Operation[] => {
    const output = loop.outputs[index] ?? null;
    return output === null ? [] : [draft.identity(loop.inputs[from + index]!, output)];
  });
  const isLeft = (first: number) => (_: unknown, at: number) => !fixed.has(at - first);
  const isFixed = (_: unknown, at: number) => fixed.has(at - from);
  const inputs = [...body.inputs.filter(isLeft(from)), ...body.inputs.filter(isFixed)];
  return {
    loop: {
      ...loop,
      carried: carried - fixed.size,
      inputs: [...loop.inputs.filter(isLeft(from)), ...loop.inputs.filter(isFixed)],
      outputs: loop.outputs.filter(isLeft(0)),
      body: { ...body, inputs, outputs: body.outputs.filter(isLeft(to)) },
    },
    identities,
  };
}

/** The body with the constants that it is given, and without what it does not read: captured values begin at `first`. */
function closed(body: Network, given: readonly (Constant | undefined)[], first: number, fold: Fold): Network {
  const constants = new Map(body.constants);
  const inputs = body.inputs.filter(({ value }, index) => {
    const constant = index < first ? undefined : given[index];
    if (constant) constants.set(value, constant);
    return !constant;
  });
  return withoutDead(fold({ ...body, inputs, constants }));
}

const isRead = (body: Network, value: ValueId): boolean =>
  body.operations.some(({ inputs }) => inputs.includes(value)) || body.outputs.some((output) => output.value === value);

/** A loop that captures no constants and nothing in vain. */
export function settled(loop: Looping, draft: Draft, fold: Fold): Looping {
  const first = firstCarried(loop) + loop.carried + (loop.kind === 'scan' ? loop.scannedInputs.length : 0);
  const given = loop.inputs.map((value) => (value === null ? undefined : draft.constants.get(value)));
  const body = closed(loop.body, given, first, fold);
  const left = loop.inputs.filter((_, index) => index < first || !given[index]);
  const isKept = (index: number) => index < first || isRead(body, body.inputs[index].value);
  return {
    ...loop,
    inputs: left.filter((_, index) => isKept(index)),
    body: { ...body, inputs: body.inputs.filter((_, index) => isKept(index)) },
  };
}

/** Branches that capture no constants, and nothing that neither reads. */
export function settledBranches(branch: OperationOf<'if'>, draft: Draft, fold: Fold): OperationOf<'if'> {
  const [condition, ...captured] = branch.inputs;
  const given = captured.map((value) => (value === null ? undefined : draft.constants.get(value)));
  const bodies = [branch.thenBranch, branch.elseBranch].map((body) => closed(body, given, 0, fold));
  const left = captured.filter((_, index) => !given[index]);
  const isKept = (index: number) => bodies.some((body) => isRead(body, body.inputs[index].value));
  const [thenBranch, elseBranch] = bodies.map((body) => ({
    ...body,
    inputs: body.inputs.filter((_, index) => isKept(index)),
  }));
  return { ...branch, inputs: [condition, ...left.filter((_, index) => isKept(index))], thenBranch, elseBranch };
}
