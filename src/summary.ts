import type { Contract } from './contract.js';
import type { Session } from './inference/session.js';
import type { Precision } from './kernels/layout.js';
import { printProgram } from './kernels/program.js';
import type { JsonObject } from './model/metadata.js';
import type { Network, Operation, Port, ValueId } from './model/network.js';
import { elements } from './operators/operator.js';
import type { Analysis } from './streaming/analyze.js';
import { multiplyAdds, type Scheduled } from './streaming/frame-network.js';
import type { StreamingSettings } from './streaming/settings.js';

/** A model described for people and for machines: plain JSON. */
export interface ModelSummary {
  readonly producer: string;
  readonly opset: number;
  readonly precision: Precision;
  readonly inputs: readonly TensorSummary[];
  readonly outputs: readonly TensorSummary[];
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** How the model runs on a stream, in a sentence. */
  readonly streaming: string;
  /** Of one frame, without padding and the host's operators; of a windowed model null. */
  readonly multiplyAddsPerFrame: number | null;
  /** Packed weights, scales and biases; of a windowed model, whose weights are packed when it first runs, null. */
  readonly weightBytes: number | null;
  /** WebAssembly memory, in whole pages, with what streams are open. */
  readonly arenaBytes: number;
  /** WebAssembly memory of one more stream. */
  readonly streamBytes: number;
  readonly frontend?: JsonObject;
  readonly labels?: readonly string[];
  readonly detection?: JsonObject;
  readonly warnings: readonly string[];
  /** Kernel calls and operations of one frame, a line each. */
  readonly program: readonly string[];
}

export interface TensorSummary {
  readonly name: string;
  /** Numbers, and names of open sizes. */
  readonly dims: readonly (number | string)[];
  readonly role: 'sequence' | 'state' | 'every frame' | 'at the end';
}

/** One operation of the graph. */
export interface LayerSummary {
  /** ONNX's operator, or the function of an element-wise one. */
  readonly kind: string;
  readonly name: string;
  /** Names of the tensors that it reads, without constants. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Shape of its first output, for one sequence; "time" along time. */
  readonly dims: readonly (number | string)[];
  /** What it is computed for: every frame, once a sequence, or all frames of it. */
  readonly timing: 'frame' | 'sequence' | 'whole';
  /** What computes it on a stream: WebAssembly kernels, the host's TypeScript, or nothing, because it only names a tensor anew. */
  readonly runs: 'kernels' | 'host' | 'nothing';
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Packed weights, scales and biases. */
  readonly bytes: number;
}

interface Described {
  readonly network: Network;
  readonly precision: Precision;
  readonly producer: string;
  readonly opset: number;
  readonly metadata: Contract;
  readonly streaming: StreamingSettings;
  readonly warnings: readonly string[];
}

/** @param session of a stateful model */
export function summarize(
  model: Described,
  analysis: Analysis,
  session: Session | null,
  arenaBytes: number,
): ModelSummary {
  const { network, metadata } = model;
  const layers = network.operations.map((operation) => summarizeOperation(operation, network, analysis, session));
  return {
    producer: model.producer,
    opset: model.opset,
    precision: model.precision,
    inputs: network.inputs.map((port) => tensor(port, analysis.timeAxes.has(port.value) ? 'sequence' : 'state')),
    outputs: network.outputs.map((port) =>
      tensor(port, analysis.outputAxes.has(port.value) ? 'every frame' : 'at the end'),
    ),
    layers,
    streaming: streaming(model, analysis),
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAddsPerFrame: session && layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
    weightBytes: session && session.plan.constants.byteLength,
    arenaBytes,
    streamBytes: session?.plan.stateBytes ?? 0,
    frontend: metadata.frontend && { ...metadata.frontend },
    labels: metadata.labels?.names,
    detection: metadata.detection && { ...metadata.detection },
    warnings: model.warnings,
    program: (session?.plan.step ?? []).flatMap((section) =>
      section.kind === 'kernels'
        ? printProgram(section.program).split('\n')
        : [`host ${section.layer.operation.kind} "${section.layer.name}"`],
    ),
  };
}

function tensor({ name, dims }: Port, role: TensorSummary['role']): TensorSummary {
  return { name, dims: dims ?? ['?'], role };
}

function streaming({ streaming: settings }: Described, analysis: Analysis): string {
  const { because, fixedFrames, timeAxes, carried } = analysis;
  if (timeAxes.size === 0) return 'not at all: no input has a time axis; model.run takes whole tensors';
  if (settings.mode === 'stateful') {
    const past =
      fixedFrames !== null && fixedFrames > 1 ? `, beyond the ${fixedFrames} frames that the file fixes` : '';
    const states = analysis.stepwise
      ? `, ${carried.size} of its tensors carried from frame to frame`
      : ', state carried on';
    return `stateful: frame by frame${states}${past}`;
  }
  const { windowFrames, hopFrames } = settings;
  const hop = hopFrames === 1 ? 'at every frame' : `every ${hopFrames} frames`;
  const reason = because ?? (fixedFrames === windowFrames ? 'the file fixes that number' : 'as was asked for');
  return `windowed: the newest ${windowFrames} frames from the start, ${hop}: ${reason}`;
}

function summarizeOperation(
  operation: Operation,
  { names, constants }: Network,
  analysis: Analysis,
  session: Session | null,
): LayerSummary {
  const { inputs, outputs, kind, name } = operation;
  const named = (values: readonly (ValueId | null)[]) =>
    values.filter((value): value is ValueId => value !== null && !constants.has(value)).map((value) => names[value]);
  const weights = inputs.flatMap((value) => constants.get(value ?? -1) ?? []).filter(({ type }) => type === 'float');
  const own = (session?.network.layers ?? [])
    .map((scheduled, i): [Scheduled, number] => [scheduled, session!.plan.layerBytes[i]])
    .filter(([scheduled]) => scheduled.operation === operation);
  const [first] = outputs.filter((value) => value !== null);
  const timing = analysis.timings.get(first)?.kind ?? 'whole';
  return {
    kind: 'function' in operation ? operation.function : kind,
    name,
    inputs: named(inputs),
    outputs: named(outputs),
    dims: analysis.shapes.get(first) ?? [],
    timing: timing === 'constant' ? 'sequence' : timing,
    runs: session ? runsOn(own) : runsWindowed(kind, weights.length > 0),
    parameters: weights.reduce((sum, { dims }) => sum + elements(dims), 0),
    multiplyAdds: own.reduce((sum, [{ layer }]) => sum + multiplyAdds(layer), 0),
    bytes: own.reduce((sum, [, bytes]) => sum + bytes, 0),
  };
}

function runsOn(own: readonly [Scheduled, number][]): LayerSummary['runs'] {
  if (own.length === 0) return 'nothing';
  return own.some(([{ layer }]) => layer.kind === 'host') ? 'host' : 'kernels';
}

const isRecurrent = (kind: string): boolean => ['gru', 'lstm', 'rnn'].includes(kind);

function runsWindowed(kind: string, isWeighed: boolean): LayerSummary['runs'] {
  return isRecurrent(kind) || (isWeighed && ['matmul', 'gemm'].includes(kind)) ? 'kernels' : 'host';
}
