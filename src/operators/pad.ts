/** Elements added around a tensor, or taken away where pads are negative. */
import type { Kinds } from '../model/network.js';
import { axesOf, checkedDims, integers, malformed, type Operator, required } from './operator.js';
import { pickedIndices } from './selection.js';

/** The index of an axis of `length` elements that is repeated at `k`, outside of them; −1 for none. */
const repeated: Record<Kinds['pad']['mode'], (k: number, length: number) => number> = {
  constant: () => -1,
  edge: (k, length) => (k < 0 ? 0 : length - 1),
  wrap: (k, length) => modulo(k, length),
  reflect: (k, length) => {
    const period = Math.max(2 * (length - 1), 1);
    const place = modulo(k, period);
    return Math.min(place, period - place);
  },
};

const modulo = (k: number, period: number): number => ((k % period) + period) % period;

export const pad: Operator<'pad'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const pads = integers(operation, operands, 1);
  const filler = operands[2];
  if (filler && (filler.type !== x.type || filler.dims.some((dim) => dim !== 1)))
    throw malformed(operation, `its value is ${filler.type} [${filler.dims}]; expected one ${x.type}`);
  const axes = axesOf(operation, operands[3] ? integers(operation, operands, 3) : x.dims.keys(), x.dims.length);
  if (pads.length !== 2 * axes.length)
    throw malformed(operation, `pads [${pads}]; expected ${axes.length} begins, then as many ends`);
  const [begins, ends] = [x.dims.map(() => 0), x.dims.map(() => 0)];
  axes.forEach((axis, i) => {
    begins[axis] = pads[i];
    ends[axis] = pads[i + axes.length];
  });
  const dims = checkedDims(
    operation,
    x.dims.map((dim, axis) => begins[axis] + dim + ends[axis]),
  );
  const picks = dims.map((length, axis) => {
    // What negative pads take away is not repeated either.
    const first = Math.max(-begins[axis], 0);
    const count = x.dims[axis] + Math.min(ends[axis], 0) - first;
    if (count <= 0 && length > 0 && operation.mode !== 'constant')
      throw malformed(operation, `axis ${axis} of [${x.dims}] has nothing to repeat`);
    const index = (k: number): number => (k >= 0 && k < count ? k : repeated[operation.mode](k, count));
    return Int32Array.from({ length }, (_, i) => {
      const at = index(i - begins[axis] - first);
      return at < 0 ? -1 : at + first;
    });
  });
  const indices = pickedIndices(x.dims, picks);
  return {
    outputs: [{ type: x.type, dims }],
    compute: ([data, , value], [y]) => {
      const outside = value ? value[0] : 0;
      for (let i = 0; i < indices.length; i++) y![i] = indices[i] < 0 ? outside : data![indices[i]];
    },
  };
};
