/** https://onnx.ai/onnx/operators/onnx__Scan.html of opset 9 on: a body over the slices of sequences. */
import { axisOf, checkedShape, malformed, required, unsupported, type Operator } from './operator.js';
import { specializer } from './body-run.js';
import { MAX_LOOP_WORK } from './loop-work.js';
import { preparePasses, type Pattern } from './passes.js';
import { joined, Repetition } from './repetition.js';

export const scan: Operator<'scan'> = (operation, operands, around) => {
  const specializeBody = specializer(operation, around);
  const { body, carried } = operation;
  const scannedInputs = operation.scannedInputs.map(({ axis, direction }, i) => {
    const { dims } = required(operation, operands, carried + i);
    return { axis: axisOf(operation, axis, dims.length), direction };
  });
  const lengths = scannedInputs.map(({ axis }, i) => operands[carried + i]!.dims[axis]);
  const [passes] = lengths;
  if (lengths.some((length) => length !== passes))
    throw malformed(operation, `its sequences have [${lengths}] slices; expected as many in each`);
  const own: Pattern = { ...operation, operation, body, heads: 0, scannedInputs };
  const prepared = preparePasses(own, operands, passes, specializeBody);
  if (prepared.cost.least > MAX_LOOP_WORK)
    throw unsupported(operation, `its ${passes} passes take more than ${MAX_LOOP_WORK} multiply-adds; run less of it`);
  const scannedOutputs = operation.scannedOutputs.map(({ axis, direction }, i) => ({
    axis: axisOf(operation, axis, prepared.scanned[i].dims.length + 1),
    direction,
  }));
  const pattern: Pattern = { ...own, scannedOutputs };
  const sequences = prepared.scanned.map((shape, i) => {
    const { type, dims } = joined(shape, scannedOutputs[i].axis, passes);
    return checkedShape(operation, type, dims);
  });
  let repetition: Repetition | null = null;
  return {
    outputs: [...prepared.carried.map(({ type, dims }) => ({ type, dims })), ...sequences],
    known: [...prepared.carried.map(({ data }) => data), ...sequences.map(() => null)],
    ...prepared.cost,
    compute: (inputs, outputs) => {
      repetition ??= new Repetition(pattern, prepared, operands);
      repetition.compute(inputs, outputs, passes, 0);
    },
  };
};
