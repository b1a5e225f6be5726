/** https://onnx.ai/onnx/operators/onnx__Loop.html, with a trip count, a condition, or both. */
import type { OperationOf, ScannedAxis } from '../model/network.js';
import { bodyCost, specializer } from './body-run.js';
import { MAX_LOOP_WORK } from './loop-work.js';
import { checkedShape, elements, malformed, unsupported, type Operand, type Operator } from './operator.js';
import { preparePasses, type Pattern } from './passes.js';
import { joined, Repetition } from './repetition.js';
import { tripsOf } from './trips.js';
import { typedOperand } from './typed-operand.js';

const FIRST: ScannedAxis = { axis: 0, direction: 'forward' };

function patternOf(operation: OperationOf<'loop'>): Pattern {
  const { body, carried } = operation;
  const scanned = body.outputs.length - 1 - carried;
  const scannedOutputs = Array.from({ length: scanned }, () => FIRST);
  return { operation, body, heads: 2, carried, scannedInputs: [], scannedOutputs };
}

/** The trip count, Infinity where there is none, and the condition; null where only running tells. */
function boundsOf(operation: OperationOf<'loop'>, operands: readonly (Operand | null)[]) {
  const [most, goesOn] = (['integer', 'boolean'] as const).map((type, index) => {
    if (!operands[index]) return index === 0 ? Infinity : 1;
    const { dims, data } = typedOperand(operation, operands, index, [type]);
    if (elements(dims) !== 1)
      throw malformed(operation, `its ${index === 0 ? 'trip count' : 'condition'} is [${dims}], expected one`);
    return data && data[0];
  });
  return { most, goesOn };
}

export const loop: Operator<'loop'> = (operation, operands, around) => {
  const specializeBody = specializer(operation, around);
  const pattern = patternOf(operation);
  const { most, goesOn } = boundsOf(operation, operands);
  const isOver = goesOn === 0 || (most !== null && most <= 0);
  const isBounded = goesOn !== null && most !== null;
  const passes = isOver ? 0 : isBounded ? tripsOf(pattern, operands, most, specializeBody) : null;
  if (passes === null && pattern.scannedOutputs.length > 0) {
    throw unsupported(
      operation,
      'how often it runs is only known when the network runs, so that the length of what it gathers is not; export it with a ' +
        'fixed number of steps',
    );
  }
  const prepared = preparePasses(pattern, operands, passes, specializeBody);
  const { cost } = prepared;
  if (cost.least > MAX_LOOP_WORK)
    throw unsupported(operation, `its ${passes} passes take more than ${MAX_LOOP_WORK} multiply-adds; run less of it`);
  const each = passes === null ? bodyCost(prepared.all[0]) : cost;
  let repetition: Repetition | null = null;
  return {
    outputs: [
      ...prepared.carried,
      ...prepared.scanned.map((shape) => {
        const { type, dims } = joined(shape, 0, passes ?? 0);
        return checkedShape(operation, type, dims);
      }),
    ].map(({ type, dims }) => ({ type, dims })),
    known: [
      ...prepared.carried.map(({ data }) => (passes === null ? null : data)),
      ...prepared.scanned.map(() => null),
    ],
    ...each,
    ...(passes === null && { work: MAX_LOOP_WORK }),
    compute: (inputs, outputs) => {
      repetition ??= new Repetition(pattern, prepared, operands);
      repetition.compute(inputs, outputs, passes, each.least);
    },
  };
};
