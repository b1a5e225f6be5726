/** A Loop's parts as those of a Scan. */
import type { Direction, Operation, OperationOf, Port, ScannedAxis, ValueId } from '../model/network.js';
import type { Loop } from './counters.js';
import { Draft, withoutDead } from './draft.js';
import type { Grown } from './grown.js';

/** A captured sequence of which the body takes one step after the other. */
interface Scanned {
  /** The body's input. */
  readonly input: number;
  readonly axis: number;
  readonly direction: Direction;
}

export interface Reading extends Scanned {
  readonly operation: OperationOf<'gather' | 'slice'>;
  /** Whether a step keeps its axis, of one element. */
  readonly keepsAxis: boolean;
}

interface Step extends Scanned {
  readonly value: ValueId;
}

/** The body's operations, reading steps that they are given. */
function withSteps(
  { body }: Loop,
  readings: readonly Reading[],
  draft: Draft,
): { operations: Operation[]; steps: Step[] } {
  const steps: Step[] = [];
  const stepFor = ({ input, axis, direction }: Scanned): ValueId => {
    const known = steps.find((one) => one.input === input && one.axis === axis && one.direction === direction);
    if (known) return known.value;
    const value = draft.value(`${body.inputs[input].name}.step`);
    steps.push({ input, axis, direction, value });
    return value;
  };
  const operations = body.operations.map((operation): Operation => {
    const reading = readings.find((one) => one.operation === operation);
    if (!reading) return operation;
    const step = stepFor(reading);
    if (!reading.keepsAxis) return draft.identity(step, operation.outputs[0]!);
    const axes = draft.integers(`${operation.name}.axis`, [reading.axis]);
    return draft.operation('unsqueeze', operation.name, [step, axes], operation.outputs, {});
  });
  return { operations, steps };
}

/** What comes out of every step: the body's scanned outputs, and the pieces of which tensors grow. */
interface Gathered {
  readonly ports: readonly Port[];
  readonly axes: readonly ScannedAxis[];
  readonly outputs: readonly (ValueId | null)[];
}

function gathered(loop: Loop, grown: readonly (Grown | null)[], draft: Draft, operations: Operation[]): Gathered {
  const { body, carried } = loop;
  const own = body.outputs.slice(1 + carried);
  const pieces = grown.flatMap((piece, index) => (piece ? [{ ...piece, index }] : []));
  const ports = pieces.map(({ axis, piece, index }): Port => {
    const value = draft.value(`${draft.names[piece]}.step`);
    const axes = draft.integers(`${draft.names[piece]}.axis`, [axis]);
    operations.push(draft.operation('squeeze', loop.name, [piece, axes], [value], {}));
    return { ...body.outputs[1 + index], value };
  });
  const forward = (axis: number): ScannedAxis => ({ axis, direction: 'forward' });
  return {
    ports: [...own, ...ports],
    axes: [...own.map(() => forward(0)), ...pieces.map(({ axis }) => forward(axis))],
    outputs: [
      ...own.map((_, index) => loop.outputs[carried + index] ?? null),
      ...pieces.map(({ index }) => loop.outputs[index] ?? null),
    ],
  };
}

/** @param grown by carried value */
export function rebuilt(
  loop: Loop,
  readings: readonly Reading[],
  grown: readonly (Grown | null)[],
  isCounter: (index: number) => boolean,
): OperationOf<'scan'> {
  const { body, carried, inputs } = loop;
  const draft = new Draft(body);
  const { operations, steps } = withSteps(loop, readings, draft);
  const { ports, axes, outputs } = gathered(loop, grown, draft, operations);
  const all = Array.from({ length: carried }, (_, index) => index);
  const kept = all.filter((index) => !isCounter(index) && !grown[index]);
  const stepPorts = steps.map(({ value, input }): Port => ({
    ...body.inputs[input],
    value,
    name: draft.names[value],
    dims: null,
  }));
  return {
    kind: 'scan',
    name: loop.name,
    carried: kept.length,
    scannedInputs: steps.map(({ axis, direction }) => ({ axis, direction })),
    scannedOutputs: axes,
    inputs: [
      ...kept.map((index) => inputs[2 + index]),
      ...steps.map(({ input }) => inputs[input]),
      ...inputs.slice(2 + carried),
    ],
    outputs: [...kept.map((index) => loop.outputs[index] ?? null), ...outputs],
    body: withoutDead({
      names: draft.names,
      constants: draft.constants,
      inputs: [...kept.map((index) => body.inputs[2 + index]), ...stepPorts, ...body.inputs.slice(2 + carried)],
      operations,
      outputs: [...kept.map((index) => body.outputs[1 + index]), ...ports],
    }),
  };
}
