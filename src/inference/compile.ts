import {
  gruScratchBytes,
  gruStateBytes,
  paddedRows,
  paddedSize,
  quantizedBytes,
  type Precision,
} from '../kernels/layout.js';
import { ProgramBuilder, RegionBuilder } from '../kernels/program.js';
import type {
  ActivationLayer,
  ConcatLayer,
  DenseLayer,
  GruLayer,
  Layer,
  Network,
  SliceLayer,
  SoftmaxLayer,
  ValueId,
} from '../model/network.js';
import { gruMatrices, Packer, type Matrix } from './packing.js';
import type { Plan, Port } from './plan.js';

/** Rows from which a dense layer's weights are int8 too. A smaller one is a head: f32 costs it nothing, and keeps its logits. */
const INT8_DENSE_ROWS = 16;

/** The network's layers as kernel calls: one or two a layer, buffers side by side in the three regions. */
class Compiler {
  readonly #precision: Precision;
  readonly #packer = new Packer();
  readonly #step = new ProgramBuilder();
  readonly #reset = new ProgramBuilder();
  readonly #constants = new RegionBuilder('constants');
  readonly #scratch = new RegionBuilder('scratch');
  readonly #state = new RegionBuilder('state');
  readonly #ports: Port[];
  readonly #layerBytes: readonly number[];
  /** Pointers to the int16 forms of values. */
  readonly #quantized = new Map<ValueId, number>();

  constructor(network: Network, precision: Precision) {
    this.#precision = precision;
    this.#ports = network.values.map(({ size }) => ({ pointer: 0, size }));
    for (const { values } of network.inputs)
      for (const id of values) this.#place(id, this.#scratch.reserve(this.#valueBytes(id)));
    for (const { values } of network.states)
      for (const id of values) this.#place(id, this.#state.reserve(this.#valueBytes(id)));
    this.#layerBytes = network.layers.map((layer) => {
      const before = this.#constants.size;
      this.#layer(layer);
      return this.#constants.size - before;
    });
  }

  plan(): Plan {
    return {
      precision: this.#precision,
      constants: this.#constants.finish(),
      scratchBytes: this.#scratch.size,
      stateBytes: this.#state.size,
      reset: this.#reset.finish(),
      step: this.#step.finish(),
      ports: this.#ports,
      layerBytes: this.#layerBytes,
    };
  }

  #layer(layer: Layer): void {
    switch (layer.kind) {
      case 'gru':
        return this.#gru(layer);
      case 'dense':
        return this.#dense(layer);
      case 'activation':
        return this.#activation(layer);
      case 'softmax':
        return this.#softmax(layer);
      case 'concat':
        return this.#concat(layer);
      case 'slice':
        return this.#slice(layer);
    }
  }

  /** The state's first floats are h, which is the layer's output; with int8 weights its quantized form follows. */
  #gru(layer: GruLayer): void {
    const hidden = paddedSize(layer.hiddenSize);
    const { W, R } = gruMatrices(layer);
    const state = this.#state.reserve(gruStateBytes(this.#precision, hidden));
    this.#initialState(layer, state);
    this.#step.call(
      this.#precision === 'int8' ? 'gruInt8' : 'gruF32',
      this.#precision === 'int8' ? this.#quantizedForm(layer.input) : this.#pointer(layer.input),
      this.#matrices(this.#precision, W),
      this.#matrices(this.#precision, ...R),
      state,
      this.#scratch.reserve(gruScratchBytes(hidden)),
      paddedSize(layer.inputSize),
      hidden,
      layer.linearBeforeReset ? 1 : 0,
    );
    this.#place(layer.output, state);
    if (this.#precision === 'int8') this.#quantized.set(layer.output, state + 4 * hidden);
  }

  #initialState({ initialH, hiddenSize }: GruLayer, state: number): void {
    const bytes = 4 * hiddenSize;
    if (initialH instanceof Float32Array) {
      const h = this.#constants.place(new Uint8Array(initialH.buffer, initialH.byteOffset, bytes));
      this.#reset.call('copy', h, state, 0, 0, bytes);
    } else if (initialH !== null) {
      this.#reset.call('copy', this.#pointer(initialH), state, 0, 0, bytes);
    }
    if (this.#precision === 'int8') this.#reset.call('resetGruInt8', state, paddedSize(hiddenSize));
  }

  #dense(layer: DenseLayer): void {
    const rows = layer.bias.length;
    const columns = this.#ports[layer.input].size;
    const precision = this.#precision === 'int8' && rows >= INT8_DENSE_ROWS ? 'int8' : 'f32';
    const x = precision === 'int8' ? this.#quantizedForm(layer.input) : this.#pointer(layer.input);
    const y = this.#scratch.reserve(4 * paddedRows(rows));
    const matrix = this.#matrices(precision, { rows, columns, weights: layer.weights, bias: layer.bias });
    this.#step.call(
      precision === 'int8' ? 'matvecInt8' : 'matvecF32',
      matrix,
      x,
      y,
      paddedRows(rows),
      paddedSize(columns),
    );
    this.#place(layer.output, y);
  }

  #activation(layer: ActivationLayer): void {
    const y = this.#scratch.reserve(this.#valueBytes(layer.output));
    this.#step.call(layer.activation, this.#pointer(layer.input), y, this.#ports[layer.output].size);
    this.#place(layer.output, y);
  }

  #softmax(layer: SoftmaxLayer): void {
    const bytes = this.#valueBytes(layer.output);
    const x = this.#pointer(layer.input);
    const y = this.#scratch.reserve(bytes);
    const { size } = this.#ports[layer.output];
    if (layer.log) this.#step.call('logSoftmax', x, y, this.#scratch.reserve(bytes), size);
    else this.#step.call('softmax', x, y, size);
    this.#place(layer.output, y);
  }

  #concat(layer: ConcatLayer): void {
    const y = this.#scratch.reserve(this.#valueBytes(layer.output));
    let offset = 0;
    for (const input of layer.inputs) {
      const bytes = 4 * this.#ports[input].size;
      this.#step.call('copy', this.#pointer(input), y, 0, offset, bytes);
      offset += bytes;
    }
    this.#place(layer.output, y);
  }

  #slice(layer: SliceLayer): void {
    const y = this.#scratch.reserve(this.#valueBytes(layer.output));
    this.#step.call('copy', this.#pointer(layer.input), y, 4 * layer.start, 0, 4 * this.#ports[layer.output].size);
    this.#place(layer.output, y);
  }

  /** The pointer to the int16 form of a value, which a call is added for where no layer has made it. */
  #quantizedForm(id: ValueId): number {
    const known = this.#quantized.get(id);
    if (known !== undefined) return known;
    const n = paddedSize(this.#ports[id].size);
    const quantized = this.#scratch.reserve(quantizedBytes(n));
    this.#step.call('quantize', this.#pointer(id), quantized, n);
    this.#quantized.set(id, quantized);
    return quantized;
  }

  #pointer(id: ValueId): number {
    return this.#ports[id].pointer;
  }

  #place(id: ValueId, pointer: number): void {
    this.#ports[id] = { pointer, size: this.#ports[id].size };
  }

  /** Every value has room for what the widest kernel writes: 16 rows at a time. */
  #valueBytes(id: ValueId): number {
    return 4 * paddedRows(this.#ports[id].size);
  }

  /** Packed matrices, one right behind the other: the bytes of each are a multiple of the alignment. */
  #matrices(precision: Precision, ...matrices: Matrix[]): number {
    const pointers = matrices.map((matrix) => this.#constants.place(this.#packer.pack(precision, matrix)));
    return pointers[0];
  }
}

/**
 * Compiles a network for the kernels: quantizes and packs its weights, gives every value its place in memory and every
 * layer its kernel calls.
 */
export function compile(network: Network, precision: Precision): Plan {
  return new Compiler(network, precision).plan();
}
