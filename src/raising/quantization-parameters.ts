/** Scales and zero points, as operators read them. */
import type { Numbers, ValueId } from '../model/network.js';
import type { Draft } from './draft.js';

export interface Parameters {
  readonly scale: ValueId;
  readonly zeroPoint: ValueId | null;
  /** Along which there are several. */
  readonly axis: number;
}

const NOTHING = new Float64Array(0);

/** Numbers of a constant, none of what is left out; null for what is no constant. */
export function dataOf({ constants }: Draft, value: ValueId | null): Numbers | null {
  return value === null ? NOTHING : (constants.get(value)?.data ?? null);
}

const areSame = (a: Numbers, b: Numbers, count: number): boolean => {
  const at = (numbers: Numbers, i: number) => numbers[i] ?? 0;
  return Array.from({ length: count }, (_, i) => i).every((i) => at(a, i) === at(b, i));
};

/** Whether what one quantizes the other dequantizes. */
export function match(draft: Draft, a: Parameters, b: Parameters): boolean {
  const [scaleA, scaleB] = [dataOf(draft, a.scale), dataOf(draft, b.scale)];
  const [zeroA, zeroB] = [dataOf(draft, a.zeroPoint), dataOf(draft, b.zeroPoint)];
  if (!scaleA || !scaleB || !zeroA || !zeroB || scaleA.length !== scaleB.length) return false;
  if (scaleA.length > 1 && a.axis !== b.axis) return false;
  return areSame(scaleA, scaleB, scaleA.length) && areSame(zeroA, zeroB, scaleA.length);
}

/** x − zero point, times the scale, with the scales as steps; `channelOf` says which of several an element has. */
export function dequantized(
  data: Numbers,
  scales: Numbers,
  zeroPoints: Numbers,
  channelOf: (at: number) => number,
): { data: Float32Array; steps: Float32Array | undefined } {
  const own = (numbers: Numbers, at: number) => numbers[numbers.length > 1 ? channelOf(at) : 0] ?? 0;
  const floats = Float32Array.from(data, (q, at) => (q - own(zeroPoints, at)) * own(scales, at));
  const isPositive = scales.every((scale) => scale > 0 && scale < Infinity);
  return { data: floats, steps: isPositive ? Float32Array.from(data, (_, at) => own(scales, at)) : undefined };
}
