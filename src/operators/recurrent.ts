/** Shapes of recurrent layers. What they compute is the runtime's: one kernel call a step. */
import type { OperationOf } from '../model/network.js';
import { checkedShape, floats, malformed, type Operand, type Operator, required, type Shape } from './operator.js';

type Recurrent = OperationOf<'gru' | 'lstm' | 'rnn'>;

export const GATES = { gru: 3, lstm: 4, rnn: 1 } as const;

const SEQUENCE_LENS = 4; // input

export interface RecurrentShapes {
  readonly sequence: number;
  readonly batch: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Y, Y_h and, of an LSTM, Y_c, as far as the operation names them. */
  readonly outputs: readonly Shape[];
}

/** @throws ModelFormatError for a tensor that doesn't fit the others */
export function recurrentShapes(operation: Recurrent, operands: readonly (Operand | null)[]): RecurrentShapes {
  const { batchFirst, directions, kind } = operation;
  const expect = (index: number, name: string, what: string, dims: readonly (number | null)[]): readonly number[] => {
    const operand = index === SEQUENCE_LENS ? required(operation, operands, index) : floats(operation, operands, index);
    const fits = operand.dims.length === dims.length && dims.every((dim, i) => dim === null || dim === operand.dims[i]);
    if (fits) return operand.dims;
    const expected = dims.map((dim) => dim ?? '?');
    throw malformed(operation, `${name} is [${operand.dims}]; expected ${what}, here [${expected}]`);
  };
  const D = directions.length;
  const G = GATES[kind];
  const X = expect(0, 'X', batchFirst ? '[batch, time, input]' : '[time, batch, input]', [null, null, null]);
  const [sequence, batch] = batchFirst ? [X[1], X[0]] : X;
  const I = X[2];
  const H = expect(2, 'R', `[directions, ${G}·hidden, hidden]`, [D, null, null])[2];
  const states = batchFirst ? [batch, D, H] : [D, batch, H];
  const state = batchFirst ? '[batch, directions, hidden]' : '[directions, batch, hidden]';
  expect(2, 'R', `[directions, ${G}·hidden, hidden]`, [D, G * H, H]);
  expect(1, 'W', `[directions, ${G}·hidden, input]`, [D, G * H, I]);
  const optional: [index: number, name: string, what: string, dims: readonly number[]][] = [
    [3, 'B', `[directions, ${2 * G}·hidden]`, [D, 2 * G * H]],
    [SEQUENCE_LENS, 'sequence_lens', '[batch]', [batch]],
    [5, 'initial_h', state, states],
    [6, 'initial_c', state, states],
    [7, 'P', '[directions, 3·hidden]', [D, 3 * H]],
  ];
  for (const rule of optional) if (operands[rule[0]]) expect(...rule);
  const lengths = operands[SEQUENCE_LENS];
  if (lengths && lengths.type !== 'integer')
    throw malformed(operation, `sequence_lens are ${lengths.type}; expected integer`);
  const Y = batchFirst ? [batch, sequence, D, H] : [sequence, D, batch, H];
  const outputs = [Y, states, states].slice(0, operation.outputs.length);
  return {
    sequence,
    batch,
    inputSize: I,
    hiddenSize: H,
    outputs: outputs.map((dims) => checkedShape(operation, 'float', dims)),
  };
}

/** Says what comes out; a runtime replaces it by what computes it. */
export const recurrent: Operator<'gru' | 'lstm' | 'rnn'> = (operation, operands) => ({
  outputs: recurrentShapes(operation, operands).outputs,
  compute: () => {
    throw new Error(`${operation.kind} is computed by the runtime's kernels; this table only knows its shapes`);
  },
});
