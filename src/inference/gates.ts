/** Recurrent layers that no fused kernel computes, gate by gate: of other activations, with a clip or peepholes, and every RNN. */
import type { Activation } from '../model/network.js';
import type { GruLayer, InitialState, LstmLayer } from '../streaming/frame-network.js';
import type { RecurrentLayer, RecurrentBasics } from './compile-recurrent.js';
import type { PlanBuilder } from './plan-builder.js';

export function compileGates(builder: PlanBuilder, layer: RecurrentLayer, basics: RecurrentBasics): void {
  new Gates(builder, layer, basics).compile();
}

/**
 * A step gate by gate, as the ONNX operators spell it out. The state may be unbounded: its int16 form has the scale of the
 * moment.
 */
class Gates {
  readonly #builder: PlanBuilder;
  readonly #layer: RecurrentLayer;
  readonly #basics: RecurrentBasics;
  readonly #size: number;
  /** Units, padded. */
  readonly #hidden: number;
  readonly #h: number;

  constructor(builder: PlanBuilder, layer: RecurrentLayer, basics: RecurrentBasics) {
    this.#builder = builder;
    this.#layer = layer;
    this.#basics = basics;
    this.#size = layer.hiddenSize;
    this.#hidden = basics.paddedSize(this.#size);
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
    this.#basics.loadState(this.#builder, initial, this.#layer.reload, state, this.#size);
    return state;
  }

  #vector(): number {
    return this.#builder.scratch.reserve(4 * this.#basics.paddedRows(this.#hidden));
  }

  /** Gates `from` to `to` of W·x + Wb, or of R·h + Rb for a vector `h`. */
  #product(side: 'W' | 'R', from: number, to: number, h = this.#h): number {
    const builder = this.#builder;
    const { gatesOf, paddedRows, paddedSize, quantizedBytes } = this.#basics;
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
