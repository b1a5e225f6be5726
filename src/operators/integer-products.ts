/** Products of integers of 8 bits, each less its zero point: the sums are whole, and exact in double. */
import type { Numbers, OperationOf } from '../model/network.js';
import { at, placeOf, placeWithin, type Place } from './broadcasting.js';
import { convolution } from './convolution.js';
import { matmul } from './matmul.js';
import { elements, malformed, type Operand, type Operator, type Prepared } from './operator.js';
import { integersOf } from './quantize.js';

type Product = OperationOf<'matmulInteger' | 'convolutionInteger'>;

/** Shape in which a zero point broadcasts to its operand. */
type ZeroDims = (zeroPoint: Operand, operand: Operand, side: number) => readonly number[];

/** Both operands without their zero points. */
function differences(operation: Product, operands: readonly (Operand | null)[], zeroDims: ZeroDims) {
  const sides = [0, 1].map((side) => {
    const operand = integersOf(operation, operands, side);
    const zeroPoint = operands[2 + side] ? integersOf(operation, operands, 2 + side) : null;
    const place =
      zeroPoint &&
      (elements(zeroPoint.dims) === 1
        ? placeOf([], operand.dims)
        : placeWithin(operation, zeroDims(zeroPoint, operand, side), operand.dims));
    return { operand, place, numbers: new Float64Array(elements(operand.dims)) };
  });
  const subtract = (side: number, x: Numbers, zeroPoint: Numbers | null, place: Place | null): Numbers => {
    const { numbers } = sides[side];
    for (let i = 0; i < numbers.length; i++) numbers[i] = x[i] - (place ? zeroPoint![at(place, i)] : 0);
    return numbers;
  };
  return {
    operands: sides.map(({ operand }): Operand => ({ type: 'float', dims: operand.dims, data: null })),
    of: (inputs: readonly (Numbers | null)[]) =>
      sides.map(({ place }, side) => subtract(side, inputs[side]!, inputs[2 + side], place)),
  };
}

function onDifferences({ outputs, compute }: Prepared, of: ReturnType<typeof differences>['of']): Prepared {
  return {
    outputs: outputs.map(({ dims }) => ({ type: 'integer', dims })),
    compute: (inputs, results) => compute(of(inputs), results),
  };
}

/** Zero points: one, one a row of A, one a column of B. */
export const matmulInteger: Operator<'matmulInteger'> = (operation, operands, around) => {
  const { of, operands: factors } = differences(operation, operands, ({ dims }, operand, side) =>
    side === 0 && dims.length === 1 && operand.dims.length > 1 ? [...dims, 1] : dims,
  );
  const product = { ...operation, kind: 'matmul' as const, inputs: operation.inputs.slice(0, 2) };
  return onDifferences(matmul(product, factors, around), of);
};

/** Zero points: one, one a row of W. Padding is the zero point, and adds nothing. */
export const convolutionInteger: Operator<'convolutionInteger'> = (operation, operands, around) => {
  const { of, operands: factors } = differences(operation, operands, ({ dims }, { dims: [rows, ...rest] }, side) => {
    if (side === 1 && dims.length === 1 && dims[0] === rows) return [rows, ...rest.map(() => 1)];
    throw malformed(operation, `its zero point is [${dims}]; expected one number, or of W one a row`);
  });
  const product = { ...operation, kind: 'convolution' as const, inputs: operation.inputs.slice(0, 2) };
  return onDifferences(convolution(product, factors, around), of);
};
