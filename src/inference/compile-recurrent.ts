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
import { hasRecurrence, isRecurrent, type Activation, type Network, type Operation } from '../model/network.js';
import type { GruLayer, InitialState, LstmLayer, RnnLayer } from '../streaming/frame-network.js';
import { gatesOf } from './packing.js';
import type { PlanBuilder } from './plan-builder.js';

export type RecurrentLayer = GruLayer | LstmLayer | RnnLayer;

/** What fused layers and others share: given to gates.ts, which would otherwise make of its modules chunks that are always loaded. */
const BASICS = { gatesOf, loadState, paddedRows, paddedSize, quantizedBytes };
export type RecurrentBasics = typeof BASICS;

/** Compiles a layer gate by gate; see gates.ts. */
export type CompileGates = (builder: PlanBuilder, layer: RecurrentLayer, basics: RecurrentBasics) => void;

const USUAL = { gru: 'sigmoid tanh', lstm: 'sigmoid tanh tanh', rnn: '' };

type Form = Pick<RecurrentLayer, 'kind' | 'clip'> & { readonly inputForget?: boolean };

/** Whether a fused kernel computes the layer, or one direction of the operation. */
function isFused({ kind, clip, inputForget }: Form, activations: readonly Activation[], peepholes: unknown): boolean {
  const names = activations.map((activation) => activation.function).join(' ');
  return names === USUAL[kind] && clip === Infinity && !inputForget && (peepholes ?? null) === null;
}

/** What compiles the layers that no fused kernel computes, where there may be one: few networks have any. */
export async function gatesFor({ operations }: Network): Promise<CompileGates | undefined> {
  const isRare = (operation: Operation) =>
    isRecurrent(operation)
      ? !operation.activations.every((each) => isFused(operation, each, operation.inputs[7]))
      : hasRecurrence(operation);
  return operations.some(isRare) ? (await import('./gates.js')).compileGates : undefined;
}

export function compileRecurrent(builder: PlanBuilder, layer: RecurrentLayer, gates: CompileGates | undefined): void {
  const isPlain = isFused(layer, layer.activations, layer.kind === 'lstm' ? layer.peepholes : null);
  if (layer.kind !== 'rnn' && isPlain) return compileFused(builder, layer);
  if (!gates) throw new Error(`${layer.name}: what compiles its gates was not loaded`);
  gates(builder, layer, BASICS);
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
