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
  if (!product) return null;
  const [a, b, aZero = null, bZero = null] = product.inputs;
  const parameters = tensors.parametersOf(a!);
  const weights = draft.constants.get(b!);
  const zeroPoints = dataOf(draft, bZero);
  if (!parameters || !weights || !zeroPoints || !isZero(aZero, parameters, draft)) return null;
  if (weights.dims.length < 2) return null;
  const scales = scalesOf(found.factors, parameters, product, weights, draft);
  if (!scales || (zeroPoints.length > 1 && zeroPoints.length !== channelsOf(product, weights))) return null;
  const x = tensors.floatOf(a!, parameters);
  if (x === null) return null;
  const { data, steps } = dequantized(weights.data, scales, zeroPoints, channelIn(product, weights));
  const W = draft.floats(`${draft.names[b!]}.dequantized`, weights.dims, data, steps);
  const { kind, name, outputs: _, inputs: __, ...settings } = product;
  const made = kind === 'matmulInteger' ? 'matmul' : 'convolution';
  return { ...settings, kind: made, name, inputs: [x, W], outputs: operation.outputs } as Operation;
}

const isMultiplication = (operation: Operation | null | undefined): operation is Multiplication =>
  operation?.kind === 'binary' && operation.function === 'mul';

/** Muls behind one product: by both scales, or by one after the other. */
const MOST_MULS = 3;

/** The Cast of an integer product that `last` multiplies, of a few Muls in a row, and by what. */
function factorsOf(last: Multiplication, tensors: QuantizedTensors): { sums: Operation; factors: ValueId[] } | null {
  const factors: ValueId[] = [];
  let operation: Operation | undefined = last;
  for (let muls = 0; muls < MOST_MULS && isMultiplication(operation); muls++) {
    const [a, b]: readonly (ValueId | null)[] = operation.inputs;
    const side: number = isSums(a, tensors) ? 0 : isSums(b, tensors) ? 1 : isConstant(b, tensors) ? 0 : 1;
    const other: ValueId = operation.inputs[1 - side]!;
    const maker = tensors.makerOf(other);
    factors.push(...(isMultiplication(maker) ? (maker.inputs as ValueId[]) : [other]));
    const from: ValueId = operation.inputs[side]!;
    if (!tensors.readerOf(from)) return null;
    operation = tensors.makerOf(from);
    if (isSums(from, tensors)) return { sums: operation!, factors };
  }
  return null;
}

const isConstant = (value: ValueId | null, tensors: QuantizedTensors): boolean =>
  value !== null && tensors.draft.constants.has(value);

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
  { scale }: Parameters,
  product: Product,
  weights: Constant,
  draft: Draft,
): Numbers | null {
  const own = draft.constants.get(scale)?.data;
  const rest = own ? factors : factors.filter((factor) => factor !== scale);
  if (own ? own.length !== 1 : rest.length !== factors.length - 1) return null;
  const scales = new Float64Array(channelsOf(product, weights)).fill(1 / (own?.[0] ?? 1));
  for (const factor of rest) {
    const constant = draft.constants.get(factor);
    if (!constant || !isPerChannel(product, weights, constant)) return null;
    const { data } = constant;
    scales.forEach((_, channel) => (scales[channel] *= data[data.length > 1 ? channel : 0]));
  }
  return scales;
}

/** Whether a factor of the sums is one number, or one a channel. */
function isPerChannel(product: Product, weights: Constant, { dims, data }: Constant): boolean {
  if (data.length === 1) return true;
  if (data.length !== channelsOf(product, weights)) return false;
  // Of [batch, channels, …] the spatial axes are as many as the weights' behind the first two.
  const behind = product.kind === 'matmulInteger' ? 0 : weights.dims.length - 2;
  return dims[dims.length - 1 - behind] === data.length;
}
