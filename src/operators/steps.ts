/** The steps of weights that a file has in 8 bits, through what moves and scales them: see Constant.steps. */
import type { Constant, Numbers, Operation } from '../model/network.js';
import { MOVES } from './moves.js';
import { elements, type Prepared } from './operator.js';
import type { StepsOf } from './specialization.js';

/** What an element may be of its step: the difference of two numbers of 8 bits. */
const MOST = 255;

type Operands = readonly (Constant | null)[];

const arePositive = (data: Numbers): boolean => data.every((value) => value > 0 && value < Infinity);

/** What the operator makes of steps in the place of some operands. */
function computed({ outputs, compute }: Prepared, inputs: readonly (Numbers | null)[]): Float32Array[] {
  const results = outputs.map(({ dims }) => new Float32Array(elements(dims)));
  compute(inputs, results);
  return results;
}

const dataOf = (operands: Operands): (Numbers | null)[] => operands.map((operand) => operand?.data ?? null);

/** The scales, where all elements are numbers of 8 bits less a zero point of 8 bits. */
function dequantized(operands: Operands, prepared: Prepared): readonly Float32Array[] {
  const [x, scale, zeroPoint] = operands;
  if (!x || !scale || !arePositive(scale.data)) return [];
  const steps = computed(prepared, [
    new Float32Array(x.data.length).fill(1),
    scale.data,
    zeroPoint && new Float32Array(zeroPoint.data.length),
  ]);
  const [elementsOfX] = computed(prepared, dataOf(operands));
  return elementsOfX.every((element, i) => Math.abs(element) <= (MOST + 0.5) * steps[0][i]) ? steps : [];
}

/** Products with positive numbers; of a quotient, those in the dividend. */
function scaled(operation: Operation, operands: Operands, prepared: Prepared): readonly Float32Array[] {
  if (operation.kind !== 'binary' || !['mul', 'div'].includes(operation.function)) return [];
  const [a, b] = operands as [Constant, Constant];
  if (a.steps && arePositive(b.data)) return computed(prepared, [a.steps, b.data]);
  const isFactor = operation.function === 'mul' && b.steps && arePositive(a.data);
  return isFactor ? computed(prepared, [a.data, b.steps]) : [];
}

export const stepsOf: StepsOf = (operation, operands, prepared) => {
  const { kind } = operation;
  if (kind === 'dequantizeLinear') return dequantized(operands, prepared);
  const own = operands.map((operand) => operand?.steps);
  if (kind === 'binary') return scaled(operation, operands, prepared);
  if (kind === 'concat' && own.every((steps) => steps)) return computed(prepared, own as Float32Array[]);
  if (MOVES.has(kind) && own[0]) return computed(prepared, [own[0], ...dataOf(operands).slice(1)]);
  return [];
};
