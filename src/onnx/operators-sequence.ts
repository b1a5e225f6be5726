/** Operators on the sequences of a batch: https://onnx.ai/onnx/operators/onnx__ReverseSequence.html */
import type { OperatorTable } from './translation.js';

export const sequenceOperators: OperatorTable = {
  ReverseSequence: (node, translation) => ({
    kind: 'reverseSequence',
    batchAxis: node.int('batch_axis', 1),
    timeAxis: node.int('time_axis', 0),
    inputs: translation.inputs(node, 2),
  }),
};
