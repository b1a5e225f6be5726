/** Sequences of a batch, each turned around over its own length. */
import { axisOf, checkedShape, malformed, required, stridesOf, elements, type Operator } from './operator.js';
import { typedOperand } from './typed-operand.js';

export const reverseSequence: Operator<'reverseSequence'> = (operation, operands) => {
  const { type, dims } = required(operation, operands, 0);
  const lengths = typedOperand(operation, operands, 1, ['integer']);
  const batch = axisOf(operation, operation.batchAxis, dims.length);
  const time = axisOf(operation, operation.timeAxis, dims.length);
  if (batch === time) throw malformed(operation, `axis ${time} is both time and batch`);
  if (`${lengths.dims}` !== `${dims[batch]}`)
    throw malformed(operation, `lengths are [${lengths.dims}], expected [${dims[batch]}], one a sequence of [${dims}]`);
  const count = elements(dims);
  const strides = stridesOf(dims);
  const indexAt = (place: number, axis: number): number => Math.floor(place / strides[axis]) % dims[axis];
  return {
    outputs: [checkedShape(operation, type, dims)],
    compute: ([x, given], [y]) => {
      for (let place = 0; place < count; place++) {
        const t = indexAt(place, time);
        const length = Math.min(given![indexAt(place, batch)], dims[time]);
        y![place] = x![t < length ? place + (length - 1 - 2 * t) * strides[time] : place];
      }
    },
  };
};
