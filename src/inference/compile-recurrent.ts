/** Recurrent layers as kernel calls: one fused call for the usual forms, gate by gate for all others. */
import {
  gruScratchBytes,
  gruStateBytes,
  lstmCellOffset,
  lstmScratchBytes,
  lstmStateBytes,
  paddedRows,
  paddedSize,
  quantizedBytes,
} from '../kernels/layout.js';
import type { Activation } from '../model/network.js';
import type { GruLayer, InitialState, LstmLayer, RnnLayer } from '../streaming/frame-network.js';
import { gatesOf } from './packing.js';
import type { PlanBuilder } from './plan-builder.js';

type Recurrent = GruLayer | LstmLayer | RnnLayer;

const USUAL = { gru: 'sigmoid tanh', lstm: 'sigmoid tanh tanh', rnn: null };

/** Whether a fused kernel computes the layer. */
function isFused(layer: Recurrent): boolean {
  const names = layer.activations.map((activation) => activation.function).join(' ');
  const isPlain = layer.kind !== 'lstm' || (layer.peepholes === null && !layer.inputForget);
  return names === USUAL[layer.kind] && layer.clip === Infinity && isPlain;
}

export function compileRecurrent(builder: PlanBuilder, layer: Recurrent): void {
  if (layer.kind !== 'rnn' && isFused(layer)) compileFused(builder, layer);
  else new Gates(builder, layer).compile();
}

/** Copies where a sequence starts from, at its reset, or before every frame where the network carries its states itself. */
function loadState(builder: PlanBuilder, initial: InitialState, reload: boolean, to: number, size: number): void {
  if (initial === null && !reload) return;
  const from = builder.source(initial ?? new Float32Array(size));
  if (reload) builder.call('copy', from, to, 0, 0, 4 * size);
  else builder.atReset('copy', from, to, 0, 0, 4 * size);
}

/** The state's first floats are h, which is the layer's output; with int8 weights its quantized form follows. */
function compileFused(builder: PlanBuilder, layer: GruLayer | LstmLayer): void {
  const { precision } = builder;
  const { hiddenSize, initialH, reload } = layer;
  const hidden = paddedSize(hiddenSize);
  const isGru = layer.kind === 'gru';
  const isInt8 = precision === 'int8';
  const state = builder.state.reserve(isGru ? gruStateBytes(precision, hidden) : lstmStateBytes(precision, hidden));
  loadState(builder, initialH, reload, state, hiddenSize);
  if (!isGru) {
    const c = state + lstmCellOffset(precision, hidden);
    loadState(builder, layer.initialC, reload, c, hiddenSize);
    builder.place(layer.cell, c);
  }
  if (isInt8) {
    if (reload) builder.call('resetInt8', state, hidden);
    else builder.atReset('resetInt8', state, hidden);
  }
  const x = isInt8 ? builder.quantizedForm(layer.input) : builder.pointer(layer.input);
  const gates = (from: number, to: number, side: 'W' | 'R') => gatesOf(layer, side, from, to);
  const [W, R] = isGru
    ? [builder.matrices(precision, gates(0, 3, 'W')), builder.matrices(precision, gates(0, 2, 'R'), gates(2, 3, 'R'))]
    : [builder.matrices(precision, gates(0, 4, 'W')), builder.matrices(precision, gates(0, 4, 'R'))];
  const scratch = builder.scratch.reserve(isGru ? gruScratchBytes(hidden) : lstmScratchBytes(hidden));
  const inputs = paddedSize(layer.inputSize);
  if (isGru) {
    const linear = layer.linearBeforeReset ? 1 : 0;
    builder.call(isInt8 ? 'gruInt8' : 'gruF32', x, W, R, state, scratch, inputs, hidden, linear);
  } else builder.call(isInt8 ? 'lstmInt8' : 'lstmF32', x, W, R, state, scratch, inputs, hidden);
  builder.place(layer.output, state);
  if (isInt8) builder.setQuantized(layer.output, state + 4 * hidden);
}

/**
 * A step gate by gate, as the ONNX operators spell it out. The state may be unbounded: its int16 form has the scale of the
 * moment.
 */
class Gates {
  readonly #builder: PlanBuilder;
  readonly #layer: Recurrent;
  readonly #size: number;
  /** Units, padded. */
  readonly #hidden: number;
  readonly #h: number;

  constructor(builder: PlanBuilder, layer: Recurrent) {
    this.#builder = builder;
    this.#layer = layer;
    this.#size = layer.hiddenSize;
    this.#hidden = paddedSize(this.#size);
    this.#h = this.#load(layer.initialH);
  }

  compile(): void {
    const layer = this.#layer;
    this.#builder.place(layer.output, this.#h);
    if (layer.kind === 'gru') this.#gru(layer);
    else if (layer.kind === 'lstm') this.#lstm(layer);
    else this.#activate(this.#sums(1), layer.activations[0], this.#h);
  }

  /** A state of one float a unit. */
  #load(initial: InitialState): number {
    const state = this.#builder.state.reserve(4 * this.#hidden);
    loadState(this.#builder, initial, this.#layer.reload, state, this.#size);
    return state;
  }

  #vector(): number {
    return this.#builder.scratch.reserve(4 * paddedRows(this.#hidden));
  }

  /** Gates `from` to `to` of W·x + Wb, or of R·h + Rb for a vector `h`. */
  #product(side: 'W' | 'R', from: number, to: number, h = this.#h): number {
    const builder = this.#builder;
    const matrix = gatesOf(this.#layer, side, from, to);
    const columns = paddedSize(matrix.columns);
    const isInt8 = builder.precision === 'int8';
    const packed = builder.matrices(builder.precision, matrix);
    let x = side === 'W' ? builder.pointer(this.#layer.input) : h;
    if (isInt8 && side === 'W') x = builder.quantizedForm(this.#layer.input);
    else if (isInt8) {
      const quantized = builder.scratch.reserve(quantizedBytes(columns));
      builder.call('quantize', x, quantized, columns);
      x = quantized;
    }
    const rows = paddedRows(matrix.rows);
    const y = builder.scratch.reserve(4 * rows);
    builder.call(isInt8 ? 'matvecInt8' : 'matvecF32', packed, x, y, rows, columns);
    return y;
  }

  /** W·x + Wb + R·h + Rb of the first `gates`. */
  #sums(gates: number): number {
    const sums = this.#product('W', 0, gates);
    this.#builder.binary(sums, this.#product('R', 0, gates), sums, gates * this.#hidden, 'add');
    return sums;
  }

  #combine(a: number, b: number, y: number, name: 'add' | 'sub' | 'mul'): void {
    this.#builder.binary(a, b, y, this.#size, name);
  }

  /** y = f(clip(x)) */
  #activate(x: number, { function: name, alpha, beta }: Activation, y = x): void {
    const { clip } = this.#layer;
    if (clip !== Infinity) this.#builder.unary(x, x, this.#size, 'clip', -clip, clip);
    this.#builder.unary(x, y, this.#size, name, alpha, beta);
  }

  #gru({ activations: [f, g], linearBeforeReset }: GruLayer): void {
    const bytes = 4 * this.#hidden;
    const x = this.#product('W', 0, 3);
    const z = this.#product('R', 0, 2);
    const r = z + bytes;
    this.#builder.binary(x, z, z, 2 * this.#hidden, 'add');
    this.#activate(z, f);
    this.#activate(r, f);
    let sum: number;
    if (linearBeforeReset) {
      sum = this.#product('R', 2, 3);
      this.#combine(r, sum, sum, 'mul');
    } else {
      const rh = this.#vector();
      this.#combine(r, this.#h, rh, 'mul');
      sum = this.#product('R', 2, 3, rh);
    }
    this.#combine(x + 2 * bytes, sum, sum, 'add');
    this.#activate(sum, g);
    // h ← h̃ + z∘(h − h̃)
    this.#combine(this.#h, sum, this.#h, 'sub');
    this.#combine(z, this.#h, this.#h, 'mul');
    this.#combine(sum, this.#h, this.#h, 'add');
  }

  #lstm({ activations: [f, g, h], peepholes, inputForget, initialC, cell }: LstmLayer): void {
    const c = this.#load(initialC);
    this.#builder.place(cell, c);
    const [i, o, forget, candidate] = this.#sums4();
    const P = peepholes && [0, 1, 2].map((gate) => this.#peephole(peepholes, gate));
    if (P) this.#addProduct(P[0], c, i);
    this.#activate(i, f);
    if (inputForget) this.#builder.unary(i, forget, this.#size, 'affine', -1, 1);
    else {
      if (P) this.#addProduct(P[2], c, forget);
      this.#activate(forget, f);
    }
    this.#activate(candidate, g);
    this.#combine(forget, c, c, 'mul');
    this.#combine(i, candidate, candidate, 'mul');
    this.#combine(c, candidate, c, 'add');
    if (P) this.#addProduct(P[1], c, o);
    this.#activate(o, f);
    const { function: name, alpha, beta } = h;
    this.#builder.unary(c, this.#h, this.#size, name, alpha, beta);
    this.#combine(o, this.#h, this.#h, 'mul');
  }

  /** Sums of the gates i o f c̃, in which `hidden` is a multiple of 8. */
  #sums4(): number[] {
    const sums = this.#sums(4);
    return [0, 1, 2, 3].map((gate) => sums + gate * 4 * this.#hidden);
  }

  /** Weights of one gate, i o f. */
  #peephole(weights: Float32Array, gate: number): number {
    return this.#builder.floats(weights.slice(gate * this.#size, (gate + 1) * this.#size));
  }

  /** y = y + a∘b */
  #addProduct(a: number, b: number, y: number): void {
    const product = this.#vector();
    this.#combine(a, b, product, 'mul');
    this.#combine(product, y, y, 'add');
  }
}
