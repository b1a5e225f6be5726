/** ArgMax and ArgMin: where along an axis the largest or smallest element stands. */
import { blocksOf } from './blocks.js';
import { axisOf, malformed, type Operator } from './operator.js';
import { NUMERIC, typedOperand } from './typed-operand.js';

export const argReduce: Operator<'argReduce'> = (operation, operands) => {
  const { dims } = typedOperand(operation, operands, 0, NUMERIC);
  const axis = axisOf(operation, operation.axis, dims.length);
  const { outer, size, inner } = blocksOf(dims, axis);
  if (size === 0) throw malformed(operation, `axis ${axis} of [${dims}] has no elements to choose from`);
  const { lastIndex } = operation;
  const max = operation.function === 'max';
  const kept = operation.keepDims ? [1] : [];
  return {
    outputs: [{ type: 'integer', dims: [...dims.slice(0, axis), ...kept, ...dims.slice(axis + 1)] }],
    compute: ([x], [y]) => {
      for (let i = 0; i < outer * inner; i++) {
        const start = Math.floor(i / inner) * size * inner + (i % inner);
        let best = 0;
        for (let j = 1; j < size; j++) {
          const a = x![start + j * inner];
          const b = x![start + best * inner];
          if ((max ? a > b : a < b) || (lastIndex && a === b)) best = j;
        }
        y![i] = best;
      }
    },
  };
};
