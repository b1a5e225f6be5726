/** h' = f(Wx + Rh + b): https://onnx.ai/onnx/operators/onnx__RNN.html */
import {
  LINEAR,
  isSame,
  likeFirst,
  readsOnly,
  weightsOf,
  type Cell,
  type Context,
  type Gate,
  type State,
} from './cell.js';
import { unknownOf } from './polynomial.js';

export function matchRnn({ units, next }: State, { equations, inputs, isExact }: Context): Cell | null {
  const gates = likeFirst(
    next.map((of): Gate => {
      const index = unknownOf(of);
      const found = index === null ? null : equations.activationOf(index);
      return { activation: found?.activation ?? LINEAR, row: equations.row(found?.of ?? of) };
    }),
  );
  if (!gates?.every(({ row }) => readsOnly(row, inputs, units))) return null;
  // What only adds up has no bound: beside a large unit, 16 bits lose what a small one adds.
  if (!isExact && isSame(gates[0].activation, LINEAR)) return null;
  return {
    kind: 'rnn',
    activations: [gates[0].activation],
    W: gates.map(({ row }) => weightsOf(row, inputs)),
    R: gates.map(({ row }) => weightsOf(row, units)),
    Wb: gates.map(({ row }) => row.constant),
    Rb: gates.map(() => 0),
    peepholes: null,
    linearBeforeReset: false,
    inputForget: false,
  };
}
