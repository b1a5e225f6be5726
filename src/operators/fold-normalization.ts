/** BatchNormalization that follows a layer with constant weights becomes part of them. */
import type { Constant, Network, Operation, OperationOf, ValueId } from '../model/network.js';

type Layer = OperationOf<'convolution' | 'gemm'>;

/** y = factor ∘ x + offset, one of each a channel; null where a parameter is not constant. */
export function affineOf(
  { inputs, epsilon }: OperationOf<'batchNormalization'>,
  constantOf: (value: ValueId) => { readonly data: Constant['data'] | null } | null | undefined,
): { factor: Float64Array; offset: Float64Array } | null {
  const [scale, B, mean, variance] = inputs.slice(1).map((value) => (value === null ? null : constantOf(value)?.data));
  if (!scale || !B || !mean || !variance) return null;
  const factor = Float64Array.from(scale, (value, channel) => value / Math.sqrt(variance[channel] + epsilon));
  return { factor, offset: Float64Array.from(B, (value, channel) => value - mean[channel] * factor[channel]) };
}

/** Weights and bias of a layer, whose output channels are W's axis 0 or, of a gemm that is not transposed, 1. */
function folded(layer: Layer, W: Constant, bias: Constant | null, affine: NonNullable<ReturnType<typeof affineOf>>) {
  const { factor, offset } = affine;
  const [alpha, beta] = layer.kind === 'gemm' ? [layer.alpha, layer.beta] : [1, 1];
  const isLast = layer.kind === 'gemm' && !layer.transB;
  const inner = W.data.length / factor.length;
  const channelOf = (at: number) => (isLast ? at % factor.length : Math.floor(at / inner));
  const weights = Float32Array.from(W.data, (weight, at) => alpha * weight * factor[channelOf(at)]);
  const steps = W.steps?.map((step, at) => Math.abs(alpha * step * factor[channelOf(at)]));
  const own = (channel: number) => (bias ? beta * bias.data[bias.data.length === 1 ? 0 : channel] : 0);
  const biases = Float32Array.from(factor, (each, channel) => own(channel) * each + offset[channel]);
  const constants: Constant[] = [
    { type: 'float', dims: W.dims, data: weights, ...(steps?.every((step) => step > 0) && { steps }) },
    { type: 'float', dims: [factor.length], data: biases },
  ];
  return constants;
}

const isLayer = (operation: Operation | undefined): operation is Layer =>
  operation?.kind === 'convolution' || (operation?.kind === 'gemm' && !operation.transA);

/** The network without those normalizations; it computes the same, but for rounding. */
export function foldNormalizations(network: Network): Network {
  const names = [...network.names];
  const constants = new Map(network.constants);
  const makers = new Map(network.operations.map((operation) => [operation.outputs[0], operation]));
  const reads = [...network.operations.flatMap(({ inputs }) => inputs), ...network.outputs.map(({ value }) => value)];
  const readers = new Map<ValueId | null, number>();
  for (const value of reads) readers.set(value, (readers.get(value) ?? 0) + 1);
  const replaced = new Map<Operation, Operation | null>();
  for (const operation of network.operations) {
    if (operation.kind !== 'batchNormalization') continue;
    const [x] = operation.inputs;
    const layer = makers.get(x);
    const affine = affineOf(operation, (value) => constants.get(value));
    if (!affine || readers.get(x) !== 1 || !isLayer(layer) || replaced.has(layer)) continue;
    // Weights that layers share would have to be copied for each.
    if (readers.get(layer.inputs[1]) !== 1) continue;
    const [W, bias] = [constants.get(layer.inputs[1]!), constants.get(layer.inputs[2] ?? -1)];
    const isRow = !bias || bias.data.length === 1 || bias.dims[bias.dims.length - 1] === bias.data.length;
    const channels = W?.dims[layer.kind === 'gemm' && !layer.transB ? 1 : 0];
    if (!W || ((layer.inputs[2] ?? null) !== null) !== !!bias || !isRow || channels !== affine.factor.length) continue;
    const ids = folded(layer, W, bias ?? null, affine).map((constant): ValueId => {
      constants.set(names.length, constant);
      return names.push(`${layer.name}.folded`) - 1;
    });
    const inputs = [layer.inputs[0], ...ids];
    const own = layer.kind === 'gemm' ? { ...layer, alpha: 1, beta: 1 } : layer;
    replaced.set(layer, { ...own, inputs, outputs: operation.outputs });
    replaced.set(operation, null);
  }
  const operations = network.operations.flatMap((operation) => {
    const other = replaced.get(operation);
    return other === undefined ? [operation] : other ? [other] : [];
  });
  return { ...network, names, constants, operations };
}
