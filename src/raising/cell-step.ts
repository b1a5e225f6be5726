/** One step of a cell in float64, as ONNX writes it down; for proofs, not for speed. */
import type { Activation } from '../model/network.js';
import { commonFunctions } from '../operators/unary.js';
import type { LayerWeights } from './layer-weights.js';

type Vector = ArrayLike<number>;

const dot = (weights: Float32Array, row: number, x: Vector): number => {
  let total = 0;
  for (let k = 0; k < x.length; k++) total += weights[row * x.length + k] * x[k];
  return total;
};

const apply = ({ function: name, alpha, beta }: Activation, x: number): number =>
  commonFunctions[name]!(x, alpha, beta);

/** @returns h' and, of an LSTM, c' */
export function stepCell(layer: LayerWeights, x: Vector, h: Vector, c: Vector | null): Float64Array[] {
  const { hidden: H, W, R, Wb, Rb, P, activations } = layer;
  const [f, g, last] = activations;
  const wx = (row: number) => dot(W, row, x) + Wb[row];
  const rh = (row: number) => dot(R, row, h) + Rb[row];
  const all = <T>(of: (i: number) => T) => Array.from({ length: H }, (_, i) => of(i));
  if (layer.kind === 'rnn') return [Float64Array.from(all((i) => apply(f, wx(i) + rh(i))))];
  if (layer.kind === 'gru') {
    const z = all((i) => apply(f, wx(i) + rh(i)));
    const r = all((i) => apply(f, wx(H + i) + rh(H + i)));
    const rOfH = all((i) => r[i] * h[i]);
    const reset = (i: number) =>
      layer.linearBeforeReset ? r[i] * rh(2 * H + i) : dot(R, 2 * H + i, rOfH) + Rb[2 * H + i];
    return [Float64Array.from(all((i) => (1 - z[i]) * apply(g, wx(2 * H + i) + reset(i)) + z[i] * h[i]))];
  }
  const peephole = (gate: number, i: number, cell: Vector) => (P ? P[gate * H + i] * cell[i] : 0);
  const enter = all((i) => apply(f, wx(i) + rh(i) + peephole(0, i, c!)));
  const forget = all((i) =>
    layer.inputForget ? 1 - enter[i] : apply(f, wx(2 * H + i) + rh(2 * H + i) + peephole(2, i, c!)),
  );
  const next = Float64Array.from(all((i) => forget[i] * c![i] + enter[i] * apply(g, wx(3 * H + i) + rh(3 * H + i))));
  const out = all((i) => apply(f, wx(H + i) + rh(H + i) + peephole(1, i, next)) * apply(last, next[i]));
  return [Float64Array.from(out), next];
}
