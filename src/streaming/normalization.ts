/** BatchNormalization on a stream: a factor and an offset for each feature of a frame. */
import type { OperationOf } from '../model/network.js';
import { affineOf } from '../operators/fold-normalization.js';
import { elements } from '../operators/operator.js';
import type { Lowering } from './lowering.js';
import { NotStreamable } from './timing.js';

/** @throws NotStreamable */
export function lowerBatchNormalization(
  operation: OperationOf<'batchNormalization'>,
  lowering: Lowering,
  pointwise: () => void,
): void {
  const x = lowering.frameOf(operation, 0);
  const { network, timings } = lowering;
  const affine = affineOf(operation, (value) => {
    const timing = timings.get(value);
    return timing?.kind === 'constant' ? timing.operands[0] : null;
  });
  if (!x || !affine) return pointwise();
  if (x.axis === 1) throw new NotStreamable('it has other statistics for each of all frames');
  if (x.fill) throw new NotStreamable('it computes with frames that padding has put before the first');
  const inner = elements(x.dims.slice(2));
  const channels = affine.factor.length;
  const spread = (each: Float64Array) =>
    Float32Array.from({ length: elements(x.dims) }, (_, at) => each[Math.floor(at / inner) % channels]);
  const name = network.names[operation.outputs[0]!];
  const { value: a, axis, lag, every } = x;
  const scaled = lowering.addValue(`${name}.scaled`, elements(x.dims));
  const output = lowering.addValue(name, elements(x.dims));
  const schedule = { from: lag, every };
  const layer = { kind: 'binary', name: operation.name } as const;
  lowering.emit({ ...layer, function: 'mul', a, b: spread(affine.factor), output: scaled }, schedule);
  lowering.emit({ ...layer, function: 'add', a: scaled, b: spread(affine.offset), output }, schedule);
  lowering.define(operation, 0, output, { axis, lag, every });
}
