/** Min(max, Max(x, min)). */
import { elements, malformed, type Operator } from './operator.js';
import { NUMERIC, typedOperand } from './typed-operand.js';

/** ONNX cuts to the type's finite numbers where no limit is given; integers here have no width. */
const LARGEST = { float: (2 - 2 ** -23) * 2 ** 127, integer: Infinity, boolean: 1 };

export const clip: Operator<'clip'> = (operation, operands) => {
  const { type, dims } = typedOperand(operation, operands, 0, NUMERIC);
  for (const index of [1, 2]) {
    if (!operands[index]) continue;
    const limit = typedOperand(operation, operands, index, [type]);
    // onnxruntime, unlike ONNX, takes [1] for a scalar too.
    if (elements(limit.dims) !== 1) throw malformed(operation, `limit of shape [${limit.dims}], expected a scalar`);
  }
  const largest = LARGEST[type];
  const count = elements(dims);
  return {
    outputs: [{ type, dims }],
    compute: ([x, min, max], [y]) => {
      const low = min ? min[0] : -largest;
      const high = max ? max[0] : largest;
      for (let i = 0; i < count; i++) y![i] = Math.min(high, Math.max(x![i], low));
    },
  };
};
