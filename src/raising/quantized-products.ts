/**
 * MatMulInteger and ConvInteger with constant weights, as a Cast and a Mul by both scales follow them: products of floats.
 * onnxruntime's quantizer writes them: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
 */
import type { Constant, Numbers, Operation, OperationOf, ValueId } from '../model/network.js';
import type { Draft } from './draft.js';
import { dataOf, dequantized, type Parameters } from './quantization-parameters.js';
import type { QuantizedTensors } from './quantized-tensors.js';

type Product = OperationOf<'matmulInteger' | 'convolutionInteger'>;
type Multiplication = OperationOf<'binary'>;

/** `operation` is the last Mul behind a product; null where it is none. */
export function raiseProduct(operation: Operation, tensors: QuantizedTensors, draft: Draft): Operation | null {
  if (!isMultiplication(operation)) return null;
  const found = factorsOf(operation, tensors);
  const product = found && productOf(found.sums, tensors);
  if (!product || found.factors.some((factor) => raisesRank(factor, product, draft))) return null;
  const [a, b, aZero = null, bZero = null] = product.inputs;
  const parameters = tensors.parametersOf(a!);
  if (!parameters || !isZero(aZero, parameters, draft)) return null;
  const W = draft.constants.has(b!)
    ? weightsOf(product, scalesOf(found.factors, parameters, product, draft), draft)
    : activationsOf(b!, bZero, withoutScale(found.factors, parameters), tensors);
  const x = W === null ? null : tensors.floatOf(a!, parameters);
  if (x === null) return null;
  const { kind, name, outputs: _, inputs: __, ...settings } = product;
  const made = kind === 'matmulInteger' ? 'matmul' : 'convolution';
  return { ...settings, kind: made, name, inputs: [x, W], outputs: operation.outputs } as Operation;
}

/** Constant weights, dequantized with the scales that are left. */
function weightsOf(product: Product, scales: Numbers | null, draft: Draft): ValueId | null {
  const [, b, , bZero = null] = product.inputs;
  const weights = draft.constants.get(b!)!;
  const zeroPoints = dataOf(draft, bZero);
  if (!scales || !zeroPoints || (zeroPoints.length > 1 && zeroPoints.length !== scales.length)) return null;
  const { data, steps } = dequantized(weights.data, scales, zeroPoints, channelIn(product, weights));
  return draft.floats(`${draft.names[b!]}.dequantized`, weights.dims, data, steps);
}

/** A second operand that was quantized like the first, where the factor that is left is its scale. */
function activationsOf(
  b: ValueId,
  zeroPoint: ValueId | null,
  factors: readonly ValueId[] | null,
  tensors: QuantizedTensors,
): ValueId | null {
  const parameters = tensors.parametersOf(b);
  const isOwn = parameters && factors?.length === 1 && factors[0] === parameters.scale;
  return isOwn && isZero(zeroPoint, parameters, tensors.draft) ? tensors.floatOf(b, parameters) : null;
}

/** The factors but the activations' scale; null where that is not one of them. */
function withoutScale(factors: readonly ValueId[], { scale }: Parameters): readonly ValueId[] | null {
  const at = factors.indexOf(scale);
  return at < 0 ? null : factors.filter((_, i) => i !== at);
}

const isMultiplication = (operation: Operation | null | undefined): operation is Multiplication =>
  operation?.kind === 'binary' && operation.function === 'mul';

/** Muls behind one product: by both scales at once, or by one after the other. */
const MOST_MULS = 3;

/** The Cast of an integer product that `last` multiplies, of a few Muls in a row, and by what. */
function factorsOf(last: Multiplication, tensors: QuantizedTensors): { sums: Operation; factors: ValueId[] } | null {
  const factors: ValueId[] = [];
  let operation: Operation = last;
  for (let left = MOST_MULS - 1; isMultiplication(operation); left--) {
    const side: number = operation.inputs.findIndex((value) => reachesSums(value, tensors, left));
    if (side < 0) return null;
    const other = operation.inputs[1 - side]!;
    const maker = tensors.makerOf(other);
    factors.push(...(isMultiplication(maker) ? (maker.inputs as ValueId[]) : [other]));
    operation = tensors.makerOf(operation.inputs[side])!;
  }
  return { sums: operation, factors };
}

/** Whether a value is sums as floats, times what at most so many Muls multiply it by, which nothing else reads. */
function reachesSums(value: ValueId | null, tensors: QuantizedTensors, muls: number): boolean {
  const maker = tensors.makerOf(value);
  if (value === null || !tensors.readerOf(value)) return false;
  if (isMultiplication(maker)) return muls > 0 && maker.inputs.some((one) => reachesSums(one, tensors, muls - 1));
  return isSums(value, tensors);
}

/** A Cast of an integer product that nothing else reads. */
function isSums(value: ValueId | null, tensors: QuantizedTensors): boolean {
  const maker = tensors.makerOf(value);
  return maker?.kind === 'cast' && maker.to === 'float32' && productOf(maker, tensors) !== null;
}

function productOf(cast: Operation, tensors: QuantizedTensors): Product | null {
  const maker = tensors.makerOf(cast.inputs[0]);
  const isProduct = maker?.kind === 'matmulInteger' || maker?.kind === 'convolutionInteger';
  return isProduct && tensors.readerOf(maker.outputs[0]!) ? maker : null;
}

/** Whether a product takes off the zero point with which its operand was quantized. */
function isZero(zeroPoint: ValueId | null, { zeroPoint: own }: Parameters, draft: Draft): boolean {
  if (zeroPoint === own) return true;
  const [a, b] = [dataOf(draft, zeroPoint), dataOf(draft, own)];
  return a !== null && b !== null && Math.max(a.length, b.length) <= 1 && (a[0] ?? 0) === (b[0] ?? 0);
}

const channelsOf = ({ kind }: Product, { dims }: Constant): number =>
  kind === 'matmulInteger' ? dims[dims.length - 1] : dims[0];

/** Columns of a matrix, rows of a convolution's weights. */
function channelIn(product: Product, weights: Constant): (at: number) => number {
  const channels = channelsOf(product, weights);
  const inner = weights.data.length / channels;
  return product.kind === 'matmulInteger' ? (at) => at % channels : (at) => Math.floor(at / inner);
}

/** The weights' scales: what is left of the factors without the activations' scale. */
function scalesOf(
  factors: readonly ValueId[],
  parameters: Parameters,
  product: Product,
  draft: Draft,
): Float64Array | null {
  const weights = draft.constants.get(product.inputs[1]!)!;
  const own = draft.constants.get(parameters.scale)?.data;
  const rest = own ? factors : withoutScale(factors, parameters);
  if (!rest || (own && own.length !== 1) || weights.dims.length < 2) return null;
  const scales = new Float64Array(channelsOf(product, weights)).fill(1 / (own?.[0] ?? 1));
  for (const factor of rest) {
    const constant = draft.constants.get(factor);
    if (!constant || !isPerChannel(product, weights, constant)) return null;
    const { data } = constant;
    scales.forEach((_, channel) => (scales[channel] *= data[data.length > 1 ? channel : 0]));
  }
  return scales;
}

/** Whether a constant factor may have more axes than the product, which then has as many. */
function raisesRank(factor: ValueId, { kind, inputs }: Product, { constants }: Draft): boolean {
  const rank = constants.get(inputs[1]!)?.dims.length ?? 2;
  // A vector's product has one axis less than the matrix.
  return (constants.get(factor)?.dims.length ?? 0) > (kind === 'matmulInteger' ? rank - 1 : rank);
}

/** Whether a factor of the sums is one number, or one a channel. */
function isPerChannel(product: Product, weights: Constant, { dims, data }: Constant): boolean {
  if (data.length === 1) return true;
  if (data.length !== channelsOf(product, weights)) return false;
  // Of [batch, channels, …] the spatial axes are as many as the weights' behind the first two.
  const behind = product.kind === 'matmulInteger' ? 0 : weights.dims.length - 2;
  return dims[dims.length - 1 - behind] === data.length;
}
