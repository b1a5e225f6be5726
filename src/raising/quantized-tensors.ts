/** Tensors of 8 bits as the floats that they stand for: through what moves them, back to where they were quantized. */
import type { Network, Operation, OperationOf, ValueId } from '../model/network.js';
import { MOVES } from '../operators/moves.js';
import { quantized, quantizedRange } from '../operators/quantize.js';
import type { Draft } from './draft.js';
import { dataOf, dequantized, match, type Parameters } from './quantization-parameters.js';

/** What does to floats what it does to integers: a largest number stays the largest where the scale is positive. */
const isMove = (operation: Operation): boolean =>
  MOVES.has(operation.kind) || operation.kind === 'pad' || (operation.kind === 'pool' && operation.function === 'max');

type Quantization = OperationOf<'quantizeLinear' | 'dynamicQuantizeLinear'>;
type DynamicParameters = Quantization['outputs'];

export class QuantizedTensors {
  readonly #makers = new Map<ValueId | null, Operation>();
  readonly #readers = new Map<ValueId | null, Operation[]>();
  readonly #kept: ReadonlySet<ValueId>;
  readonly #floats = new Map<string, ValueId>();

  /** @param operations what floats take to be computed is put behind those that are there */
  constructor(
    network: Network,
    readonly draft: Draft,
    readonly operations: Operation[],
  ) {
    for (const operation of network.operations) {
      for (const value of operation.outputs) this.#makers.set(value, operation);
      for (const value of new Set(operation.inputs))
        this.#readers.set(value, [...(this.#readers.get(value) ?? []), operation]);
    }
    this.#kept = new Set(network.outputs.map(({ value }) => value));
  }

  makerOf(value: ValueId | null): Operation | undefined {
    return this.#makers.get(value);
  }

  /** The only operation that reads a value; null for an output of the network. */
  readerOf(value: ValueId): Operation | null {
    const readers = this.#readers.get(value) ?? [];
    return readers.length === 1 && !this.#kept.has(value) ? readers[0] : null;
  }

  /** How a tensor was quantized, whatever has moved it since; null where that is not known. */
  parametersOf(value: ValueId): Parameters | null {
    const maker = this.#makers.get(value);
    if (maker?.kind === 'quantizeLinear')
      return { scale: maker.inputs[1]!, zeroPoint: maker.inputs[2] ?? null, axis: maker.axis };
    if (maker?.kind === 'dynamicQuantizeLinear') return dynamicParameters(maker.outputs);
    return maker && isMove(maker) ? this.parametersOf(maker.inputs[0]!) : null;
  }

  /** What `value` is, dequantized with these; null where it was not quantized with them. */
  floatOf(value: ValueId, parameters: Parameters): ValueId | null {
    const key = keyOf(value, parameters);
    const float = this.#floats.get(key) ?? this.#made(value, parameters);
    if (float !== null) this.#floats.set(key, float);
    return float;
  }

  #made(value: ValueId, parameters: Parameters): ValueId | null {
    const maker = this.#makers.get(value);
    if (!maker) return this.#constant(value, parameters);
    if (maker.kind === 'quantizeLinear')
      return match(this.draft, this.parametersOf(value)!, parameters) ? this.#rounded(maker, value) : null;
    if (maker.kind === 'dynamicQuantizeLinear') {
      const [, scale, zeroPoint] = maker.outputs;
      return scale === parameters.scale && zeroPoint === parameters.zeroPoint ? this.#rounded(maker, value) : null;
    }
    return isMove(maker) ? this.#moved(maker, value, parameters) : null;
  }

  #constant(value: ValueId, { scale, zeroPoint }: Parameters): ValueId | null {
    const { draft } = this;
    const constant = draft.constants.get(value);
    const [scales, zeroPoints] = [dataOf(draft, scale), dataOf(draft, zeroPoint)];
    if (!constant || scales?.length !== 1 || !zeroPoints) return null;
    const { data, steps } = dequantized(constant.data, scales, zeroPoints, () => 0);
    return draft.floats(this.#nameOf(value), constant.dims, data, steps);
  }

  #rounded(maker: Quantization, value: ValueId): ValueId {
    const { draft } = this;
    const output = draft.value(this.#nameOf(value));
    const pad = this.#makers.get(maker.inputs[0]);
    const isBefore = maker.kind === 'quantizeLinear' && pad?.kind === 'pad' && this.#keepsPadding(pad, maker);
    const rounded = isBefore ? draft.value(`${draft.names[maker.inputs[0]!]}.dequantized`) : output;
    this.operations.push(this.#rounding(maker, isBefore ? pad.inputs[0] : maker.inputs[0], rounded));
    // A stream pads what it looks back at, and computes with frames alone.
    if (isBefore) this.operations.push({ ...pad, inputs: [rounded, ...pad.inputs.slice(1)], outputs: [output] });
    return output;
  }

  #rounding(maker: Quantization, x: ValueId | null, output: ValueId): Operation {
    const isStatic = maker.kind === 'quantizeLinear';
    const inputs = [x, ...(isStatic ? maker.inputs.slice(1) : [null, null])];
    const settings = isStatic ? { axis: maker.axis, as: maker.to } : { axis: 1, as: 'uint8' as const };
    return this.draft.operation('fakeQuantize', maker.name, inputs, [output], settings);
  }

  /** Whether what a Pad puts before and behind stays what it is where all is rounded. */
  #keepsPadding({ inputs, mode }: OperationOf<'pad'>, quantization: OperationOf<'quantizeLinear'>): boolean {
    const [scale, zeroPoint, value] = [quantization.inputs[1]!, quantization.inputs[2] ?? null, inputs[2] ?? null].map(
      (one) => dataOf(this.draft, one),
    );
    if (mode !== 'constant' || scale?.length !== 1 || !zeroPoint || !value) return false;
    const [padding, zero] = [value[0] ?? 0, zeroPoint[0] ?? 0];
    const rounded = quantized(padding, scale[0], zero, quantizedRange(quantization.to));
    return Math.fround((rounded - zero) * scale[0]) === padding;
  }

  /** One scale for all elements fits them wherever they go. */
  #moved(maker: Operation, value: ValueId, parameters: Parameters): ValueId | null {
    const scale = dataOf(this.draft, parameters.scale);
    const isOne = scale?.length === 1 || this.#isDynamic(parameters);
    const turnsAround = maker.kind === 'pool' && scale !== null && !(scale[0] > 0);
    const from = isOne && !turnsAround ? this.floatOf(maker.inputs[0]!, parameters) : null;
    if (from === null) return null;
    const others = maker.kind === 'pad' ? this.#padding(maker, parameters) : maker.inputs.slice(1);
    if (!others) return null;
    const outputs = maker.outputs.map((output) => (output === null ? null : this.draft.value(this.#nameOf(output))));
    this.operations.push({ ...maker, inputs: [from, ...others], outputs } as Operation);
    maker.outputs.forEach((output, i) => {
      if (output !== null) this.#floats.set(keyOf(output, parameters), outputs[i]!);
    });
    return outputs[maker.outputs.indexOf(value)];
  }

  /** The inputs of a Pad behind x, with what is put there, 0 where it is left out, as float. */
  #padding({ inputs, mode }: OperationOf<'pad'>, parameters: Parameters): (ValueId | null)[] | null {
    const [, pads, value = null, axes = null] = inputs;
    if (mode !== 'constant') return [pads, null, axes];
    const zero = { type: 'integer', dims: [], data: Float32Array.of(0) } as const;
    const float = this.#constant(value ?? this.draft.constant('0', zero), parameters);
    return float === null ? null : [pads, float, axes];
  }

  #isDynamic({ scale }: Parameters): boolean {
    return this.#makers.get(scale)?.kind === 'dynamicQuantizeLinear';
  }

  #nameOf(value: ValueId): string {
    return `${this.draft.names[value]}.dequantized`;
  }
}

const keyOf = (value: ValueId, { scale, zeroPoint, axis }: Parameters): string =>
  `${value} ${scale} ${zeroPoint} ${axis}`;

const dynamicParameters = ([, scale, zeroPoint]: DynamicParameters): Parameters | null =>
  scale === null ? null : { scale, zeroPoint, axis: 1 };
