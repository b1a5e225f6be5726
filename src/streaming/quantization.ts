/** Activations that a file rounds to 8 bits, on a stream. */
import type { OperationOf } from '../model/network.js';
import type { Lowering } from './lowering.js';
import { lowerPointwise } from './pointwise.js';

/**
 * With a scale, each frame is rounded for itself. Without, the scale is that of a whole sequence, of which a stream knows a part: the
 * steps are left out, and what is left is nearer to the network before it was quantized.
 *
 * @throws NotStreamable
 */
export function lowerFakeQuantize(
  operation: OperationOf<'fakeQuantize'>,
  lowering: Lowering,
  pointwise: () => void,
): void {
  const [x, scale = null] = operation.inputs;
  const isFrame = scale === null && lowering.frameOf(operation, 0)?.axis === null;
  if (scale !== null || isFrame) return pointwise();
  lowerPointwise({ kind: 'identity', name: operation.name, inputs: [x], outputs: operation.outputs }, lowering);
}
