/** A Loop that goes through sequences step by step is a Scan: https://onnx.ai/onnx/operators/onnx__Scan.html */
import type { Operation, OperationOf, ValueId } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import { Counters, type Loop } from './counters.js';
import { grownBy } from './grown.js';
import { rebuilt, type Reading } from './rebuilt-scan.js';

/** The loop for inputs of one shape. */
interface Probe {
  readonly counters: Counters;
  readonly operands: readonly (Operand | null)[];
}

/**
 * @param probes what the loop's inputs are, for inputs of the network of one shape or several
 * @param isRead whether anything reads one of its outputs
 * @returns null where it counts otherwise, or reads otherwise what it counts
 */
export function scanOf(
  loop: Loop,
  probes: readonly (readonly (Operand | null)[])[],
  isRead: (value: ValueId) => boolean,
): OperationOf<'scan'> | null {
  const counted = probes.map((operands): Probe => ({ counters: new Counters(loop, operands), operands }));
  const readings = loop.body.operations.flatMap((operation) => readingOf(operation, loop, counted) ?? []);
  if (readings.length === 0 || !runsThroughAll(readings, counted)) return null;
  const grown = Array.from({ length: loop.carried }, (_, index) => grownBy(loop, index, probes));
  const scan = rebuilt(loop, readings, grown, (index) => counted[0].counters.isCounter(index));
  const { body } = scan;
  // Counters, which are no inputs any more.
  const known = new Set<ValueId | null>([null, ...body.constants.keys(), ...body.inputs.map(({ value }) => value)]);
  for (const { inputs, outputs } of body.operations) {
    if (!inputs.every((value) => known.has(value))) return null;
    for (const value of outputs) known.add(value);
  }
  if (!body.outputs.every(({ value }) => known.has(value))) return null;
  const isDropped = (index: number) => counted[0].counters.isCounter(index);
  const isLost = loop.outputs.some(
    (value, index) => value !== null && index < loop.carried && isDropped(index) && isRead(value),
  );
  return isLost ? null : scan;
}

/** Whether the loop runs once for each step of all sequences. */
function runsThroughAll(readings: readonly Reading[], probes: readonly Probe[]): boolean {
  return readings.every(({ input, axis }) => {
    const lengths = probes.map(({ operands }) => operands[input]!.dims[axis]);
    const isOpen = new Set(lengths).size > 1;
    // Of a single step, whatever ends the loop may do so.
    if (!isOpen && probes.length > 1 && lengths[0] === 1) return false;
    return probes.every(({ counters }, index) => counters.runsThrough(lengths[index], isOpen));
  });
}

function readingOf(operation: Operation, loop: Loop, probes: readonly Probe[]): Reading | null {
  if (operation.kind !== 'gather' && operation.kind !== 'slice') return null;
  const input = loop.body.inputs.findIndex(({ value }) => value === operation.inputs[0]);
  if (input < 2 + loop.carried) return null;
  const found = probes.map((probe) => {
    const dims = probe.operands[input]?.dims;
    return dims ? stepOf(operation, dims, probe, loop) : null;
  });
  const [first] = found;
  const isAlike = found.every((one) => one?.axis === first?.axis && one?.direction === first?.direction);
  if (!first || !isAlike) return null;
  return { ...first, input, operation };
}

/** A step that begins where the sequence does and ends where it does. */
function stepOf(
  operation: OperationOf<'gather' | 'slice'>,
  dims: readonly number[],
  { counters, operands }: Probe,
  { body }: Loop,
): Pick<Reading, 'axis' | 'direction' | 'keepsAxis'> | null {
  const integersAt = (index: number) => {
    const value = operation.inputs[index] ?? null;
    return value === null ? null : body.constants.get(value);
  };
  const slice = operation.kind === 'slice';
  const axes = slice ? (operation.inputs[3] == null ? [0] : integersAt(3)?.data) : [operation.axis];
  if (axes?.length !== 1) return null;
  const axis = axes[0] < 0 ? axes[0] + dims.length : axes[0];
  const at = counters.progressionOf(operation.inputs[1]!);
  if (!at) return null;
  const count = dims[axis];
  if (slice) {
    const end = counters.progressionOf(operation.inputs[2]!);
    const isOne = operation.inputs[4] == null || integersAt(4)?.data[0] === 1;
    if (!isOne || !end || end.step !== at.step || end.start !== at.start + 1) return null;
  }
  const keepsAxis = slice || rankOf(operation.inputs[1]!, body, operands) === 1;
  if (at.start === 0 && at.step === 1) return { axis, direction: 'forward', keepsAxis };
  const isBackwards = at.step === -1 && (at.start === count - 1 || (!slice && at.start === -1));
  return isBackwards ? { axis, direction: 'reverse', keepsAxis } : null;
}

/** Of an index: 0 for a number, 1 for a list of one. */
function rankOf(value: ValueId, body: Loop['body'], operands: readonly (Operand | null)[]): number | null {
  const maker = body.operations.find(({ outputs }) => outputs[0] === value);
  const input = body.inputs.findIndex((port) => port.value === value);
  if (!maker) return body.constants.get(value)?.dims.length ?? operands[input]?.dims.length ?? 0;
  if (maker.kind === 'unsqueeze') return 1;
  if (maker.kind === 'reshape') return body.constants.get(maker.inputs[1]!)?.data.length ?? null;
  if (maker.kind === 'squeeze') return 0;
  return Math.max(...maker.inputs.map((one) => (one === null ? 0 : (rankOf(one, body, operands) ?? 0))));
}
