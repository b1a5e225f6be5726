/** RNN, GRU and LSTM on a stream: forward only, state carried from frame to frame. */
import type { OperationOf } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import type { FrameLayer, FrameValueId, InitialState, RecurrentMatrices } from './frame-network.js';
import type { Lowering, Made } from './lowering.js';
import { NotStreamable, type PerFrame } from './timing.js';

type RecurrentOperation = OperationOf<'gru' | 'lstm' | 'rnn'>;

/** The parameters of one direction. */
export interface RecurrentWeights extends RecurrentMatrices {
  readonly peepholes: Float32Array | null; // [3 × hidden]
}

/** Weights of direction `index`, from W [D, gates × hidden, input], R [D, gates × hidden, hidden], B [D, 2 × gates × hidden], P [D, 3 × hidden]. */
export function recurrentWeights(
  W: Operand,
  R: Operand,
  B: Operand | null,
  P: Operand | null,
  index: number,
): RecurrentWeights {
  const partOf = (data: ArrayLike<number>, { dims }: Operand) => {
    const size = data.length / dims[0];
    return (data as Float32Array).subarray(index * size, (index + 1) * size);
  };
  const part = (operand: Operand) => partOf(operand.data!, operand);
  const steps = (operand: Operand) => (operand.steps ? partOf(operand.steps, operand) : null);
  const [, rows, inputSize] = W.dims;
  const bias = B ? part(B) : new Float32Array(2 * rows);
  return {
    inputSize,
    hiddenSize: R.dims[2],
    W: part(W),
    R: part(R),
    Wb: bias.subarray(0, rows),
    Rb: bias.subarray(rows),
    Ws: steps(W),
    Rs: steps(R),
    peepholes: P ? part(P) : null,
  };
}

/** What `lowerRecurrent` and the runtime's own runs put together. */
export interface RecurrentParts {
  readonly input: FrameValueId;
  readonly output: FrameValueId;
  readonly cell: FrameValueId;
  readonly initialH: InitialState;
  readonly initialC: InitialState;
  readonly reload: boolean;
}

export function recurrentLayer(
  operation: RecurrentOperation,
  { peepholes, ...weights }: RecurrentWeights,
  direction: number,
  { cell, initialC, ...parts }: RecurrentParts,
): FrameLayer {
  const { name, clip } = operation;
  const common = { name, clip, activations: operation.activations[direction], ...weights, ...parts };
  if (operation.kind === 'gru') return { kind: 'gru', linearBeforeReset: operation.linearBeforeReset, ...common };
  if (operation.kind === 'rnn') return { kind: 'rnn', ...common };
  return { kind: 'lstm', ...common, cell, initialC, peepholes, inputForget: operation.inputForget };
}

/** @throws NotStreamable */
export function lowerRecurrent(operation: RecurrentOperation, lowering: Lowering): void {
  const x = sequenceOf(operation, lowering);
  const constant = (index: number) => lowering.constantOf(operation, index);
  const weights = recurrentWeights(constant(1)!, constant(2)!, constant(3), constant(7), 0);
  const { hiddenSize } = weights;
  const name = lowering.network.names[operation.outputs.find((output) => output !== null)!];
  const output = lowering.addValue(name, hiddenSize);
  const cell = operation.kind === 'lstm' ? lowering.addValue(`${name}.c`, hiddenSize) : -1;
  const layer = recurrentLayer(operation, weights, 0, {
    input: x.value,
    output,
    cell,
    initialH: initialState(operation, lowering, 5, hiddenSize),
    initialC: operation.kind === 'lstm' ? initialState(operation, lowering, 6, hiddenSize) : null,
    reload: lowering.stepwise && lowering.reloads,
  });
  lowering.emit(layer, { from: x.lag, every: x.every });
  const latest: Made = { axis: null, lag: x.lag, every: x.every };
  lowering.define(operation, 0, output, { ...latest, axis: x.axis === null ? null : operation.batchFirst ? 1 : 0 });
  const isWhole = x.tail === 0 || x.axis === null;
  if (!isWhole && (operation.outputs[1] ?? operation.outputs[2] ?? null) !== null)
    throw new NotStreamable('its last step reads padding behind the end of the sequence');
  lowering.define(operation, 1, output, latest);
  lowering.define(operation, 2, cell, latest);
}

function sequenceOf(operation: RecurrentOperation, lowering: Lowering): PerFrame {
  const x = lowering.frameOf(operation, 0);
  if (operation.directions.length !== 1 || operation.directions[0] !== 'forward') {
    const direction = operation.directions.length === 1 ? 'reverse' : 'bidirectional';
    throw new NotStreamable(`its direction "${direction}" needs the end of a sequence before its start`);
  }
  const [time, batch] = operation.batchFirst ? [1, 0] : [0, 1];
  const isSteps = x && (lowering.stepwise ? x.axis === null && x.dims[time] === 1 : x.axis === time);
  if (!x || !isSteps) throw new NotStreamable('the steps that it takes are not the frames of the stream');
  if (x.fill) throw new NotStreamable('it computes with frames that padding has put before the first');
  if (x.dims[batch] !== 1) throw new NotStreamable(`it takes a batch of ${x.dims[batch]} sequences at once`);
  if (operation.inputs[4] !== null && operation.inputs[4] !== undefined) checkLengths(operation, lowering, time);
  return x;
}

/** Lengths that say what the sequence's own length is say nothing. */
function checkLengths(operation: RecurrentOperation, lowering: Lowering, time: number): void {
  const lengths = lowering.timingOf(operation, 4);
  const isAll =
    lengths?.kind === 'constant' &&
    lengths.operands.every(({ data }, i) => {
      const { dims } = lowering.probes[i].shapes.operands[operation.inputs[0]!]!;
      return data!.every((length) => length === dims[time]);
    });
  if (!isAll) throw new NotStreamable('its sequence_lens may end a sequence before its last frame');
}

function initialState(
  operation: RecurrentOperation,
  lowering: Lowering,
  index: number,
  hiddenSize: number,
): InitialState {
  const timing = lowering.timingOf(operation, index);
  if (!timing) return null;
  if (timing.kind === 'constant') {
    const { data } = lowering.constantOf(operation, index)!;
    if (data!.length !== hiddenSize) throw new NotStreamable('its initial state is that of several sequences');
    return data!.every((value) => value === 0) ? null : Float32Array.from(data!);
  }
  const isGiven = timing.kind === 'sequence' || (timing.kind === 'frame' && lowering.stepwise);
  if (!isGiven || lowering.values[timing.value].size !== hiddenSize)
    throw new NotStreamable('its initial state is computed from frames');
  return timing.value;
}
