import type { Contract } from './contract.js';
import type { Recipe } from './features/recipe.js';
import type { Session } from './inference/session.js';
import type { Precision } from './kernels/layout.js';
import { printProgram } from './kernels/program.js';
import { summarizeLayers, weightsIn, type LayerSummary } from './inference/layer-summary.js';
import type { JsonObject } from './model/metadata.js';
import type { Network, Port } from './model/network.js';
import { elements } from './operators/operator.js';
import type { Analysis } from './streaming/analyze.js';
import { streamingSentence } from './streaming/sentence.js';
import type { StreamingSettings } from './streaming/settings.js';
import { slotsOf } from './streaming/slots.js';
import { WHOLE_FRAME } from './streaming/time-candidates.js';
import type { WindowShapes } from './streaming/window-shapes.js';

/** A model described for people and for machines: plain JSON. */
export interface ModelSummary {
  readonly producer: string;
  readonly opset: number;
  readonly precision: Precision;
  readonly inputs: readonly TensorSummary[];
  readonly outputs: readonly TensorSummary[];
  /** In the order of computing. */
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** How the model runs on a stream, and why, in a sentence. */
  readonly streaming: string;
  /** `null` for a model that can't be streamed. */
  readonly mode: StreamingSettings['mode'] | null;
  /** Of one frame on average, without padding; of a windowed model those of a window, spread over its hop. */
  readonly multiplyAddsPerFrame: number | null;
  /** Packed weights, scales and biases; of a windowed model, whose weights are packed when it first runs, null. */
  readonly weightBytes: number | null;
  /** WebAssembly memory, in whole pages, with what streams are open. */
  readonly arenaBytes: number;
  /** WebAssembly memory of one more stream. */
  readonly streamBytes: number;
  readonly frontend?: Recipe;
  readonly labels?: readonly string[];
  readonly detection?: JsonObject;
  readonly warnings: readonly string[];
  /** Kernel calls and operations of one frame, a line each. */
  readonly program: readonly string[];
}

export interface TensorSummary {
  readonly name: string;
  /** Numbers, and names of open sizes, as the file has them. */
  readonly dims: readonly (number | string)[];
  /** The axis of `dims` that is time; null for a tensor without one. */
  readonly timeAxis: number | null;
  /** Inputs: given at every frame, or once a sequence. Outputs: made for every frame, or once from all of them. */
  readonly role: 'sequence' | 'state' | 'every frame' | 'at the end';
  /** Floats of one frame of it on a stream, or of the state. */
  readonly size: number;
  /** Of a state the output that it becomes at the next frame, and the other way round. */
  readonly carries?: string;
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

/**
 * @param session of a stateful model
 * @param window of one that is not
 */
export function summarize(
  model: Described,
  analysis: Analysis,
  session: Session | null,
  window: WindowShapes | null,
  arenaBytes: number,
): ModelSummary {
  const { network, metadata, streaming } = model;
  const isStreamed = analysis.timeAxes.size > 0;
  const layers = summarizeLayers(network, analysis, session, window);
  const hop = streaming.mode === 'windowed' ? streaming.hopFrames : 1;
  const multiplyAdds = layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  return {
    producer: model.producer,
    opset: model.opset,
    precision: model.precision,
    ...tensors(network, analysis, window),
    layers,
    parameters: parameters(network),
    streaming: streamingSentence(streaming, analysis),
    mode: isStreamed ? streaming.mode : null,
    multiplyAddsPerFrame: isStreamed ? Math.round(multiplyAdds / hop) : null,
    weightBytes: session && session.plan.constants.byteLength,
    arenaBytes,
    streamBytes: session?.plan.stateBytes ?? 0,
    frontend: metadata.frontend,
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

const parameters = (network: Network): number => weightsIn(network).reduce((sum, { dims }) => sum + elements(dims), 0);

function tensors(
  network: Network,
  analysis: Analysis,
  window: WindowShapes | null,
): Pick<ModelSummary, 'inputs' | 'outputs'> {
  const { timeAxes, outputAxes, carried, stepwise } = analysis;
  const slots = slotsOf(network, analysis, window);
  const sizes = new Map([...slots.inputs, ...slots.states].map(({ name, size }) => [name, size]));
  const pairs = stepwise ? [...carried] : [];
  const tensor = (port: Port, role: TensorSummary['role'], axis: number | undefined, size: number, pair?: number) => ({
    name: port.name,
    dims: port.dims ?? ['?'],
    timeAxis: axis === undefined || axis === WHOLE_FRAME ? null : axis,
    role,
    size,
    ...(pair !== undefined && { carries: network.names[pair] }),
  });
  return {
    inputs: network.inputs.map((port) => {
      const axis = timeAxes.get(port.value);
      const role = axis === undefined ? 'state' : 'sequence';
      const pair = pairs.find(([input]) => input === port.value)?.[1];
      return tensor(port, role, axis, sizes.get(port.name)!, pair);
    }),
    outputs: network.outputs.map((port, i) => {
      const axis = outputAxes.get(port.value);
      const role = axis !== undefined || stepwise ? 'every frame' : 'at the end';
      const pair = pairs.find(([, output]) => output === port.value)?.[0];
      return tensor(port, role, axis, slots.outputs[i].size, pair);
    }),
  };
}
