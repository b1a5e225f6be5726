/** Pad on a stream: frames before the first, for the convolution or the pool that reads them. */
import type { OperationOf } from '../model/network.js';
import type { Lowering } from './lowering.js';
import { madeOf, numbersOf } from './selection.js';
import { NotStreamable } from './timing.js';

/** @throws NotStreamable */
export function lowerPad(operation: OperationOf<'pad'>, lowering: Lowering, pointwise: () => void): void {
  const x = lowering.frameOf(operation, 0);
  const pads = numbersOf(operation, lowering, 1)!;
  const { dims } = lowering.probes[0].shapes.operands[operation.inputs[0]!]!;
  const axes = (numbersOf(operation, lowering, 3) ?? [...dims.keys()]).map((axis) =>
    axis < 0 ? axis + dims.length : axis,
  );
  const place = x === null || x.axis === null ? -1 : axes.indexOf(x.axis);
  if (!x || place < 0 || (pads[place] === 0 && pads[place + axes.length] === 0)) return pointwise();
  if (pads.some((pad, i) => pad !== 0 && i % axes.length !== place))
    throw new NotStreamable('it pads time and other axes at once');
  const [before] = pads.slice(place);
  const value = numbersOf(operation, lowering, 2)?.[0] ?? 0;
  if (before < 0 || (before > 0 && (operation.mode !== 'constant' || (x.fill && x.fill.value !== value))))
    throw new NotStreamable(`it pads frames with "${operation.mode}"`);
  const frames = before + (x.fill?.frames ?? 0);
  lowering.define(operation, 0, x.value, {
    ...madeOf(x),
    lag: x.lag - x.every * before,
    fill: frames > 0 ? { frames, value } : null,
  });
}
