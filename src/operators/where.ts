/** A choice, element by element, between two operands. All three broadcast to each other. */
import { at, placeOf } from './broadcasting.js';
import { broadcastDims, checkedShape, elements, malformed, type Operator } from './operator.js';
import { ANY, BOOLEAN, typedOperand } from './typed-operand.js';

export const where: Operator<'where'> = (operation, operands) => {
  const condition = typedOperand(operation, operands, 0, BOOLEAN);
  const [a, b] = [1, 2].map((index) => typedOperand(operation, operands, index, ANY));
  if (a.type !== b.type) throw malformed(operation, `a choice between ${a.type} and ${b.type}; cast one of them`);
  const dims = broadcastDims(operation, condition.dims, broadcastDims(operation, a.dims, b.dims));
  const [placeOfCondition, placeOfA, placeOfB] = [condition, a, b].map((operand) => placeOf(operand.dims, dims));
  const count = elements(dims);
  return {
    outputs: [checkedShape(operation, a.type, dims)],
    compute: ([chosen, x, y], [z]) => {
      for (let i = 0; i < count; i++)
        z![i] = chosen![at(placeOfCondition, i)] !== 0 ? x![at(placeOfA, i)] : y![at(placeOfB, i)];
    },
  };
};
