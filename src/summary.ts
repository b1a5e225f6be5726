import { printProgram } from './kernels/program.js';
import type { Precision } from './kernels/layout.js';
import { layoutDims } from './inference/run.js';
import type { Session } from './inference/session.js';
import type { Contract } from './contract.js';
import type { JsonObject } from './model/metadata.js';
import { hasTime, multiplyAdds, parameterCount, type Layer, type Network } from './model/network.js';

/** A model described for people and for machines: plain JSON. */
export interface ModelSummary {
  readonly producer: string;
  readonly opset: number;
  readonly precision: Precision;
  readonly inputs: readonly { name: string; dims: readonly (number | string)[]; role: 'sequence' | 'state' }[];
  readonly outputs: readonly {
    name: string;
    dims: readonly (number | string)[];
    answers: 'every frame' | 'at the end';
  }[];
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** How the model runs on a stream, in a sentence. */
  readonly streaming: string;
  /** Of one frame, without padding. */
  readonly multiplyAddsPerFrame: number;
  /** Packed weights, scales and biases. */
  readonly weightBytes: number;
  /** WebAssembly memory, in whole pages, with what streams are open. */
  readonly arenaBytes: number;
  /** What one more stream takes. */
  readonly streamBytes: number;
  readonly frontend?: JsonObject;
  readonly labels?: readonly string[];
  readonly detection?: JsonObject;
  readonly warnings: readonly string[];
  /** Kernel calls of one frame, a line each. */
  readonly program: readonly string[];
}

export interface LayerSummary {
  readonly kind: string;
  readonly name: string;
  readonly inputSize: number;
  readonly outputSize: number;
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
  readonly warnings: readonly string[];
}

export function summarize(model: Described, session: Session): ModelSummary {
  const { network, metadata } = model;
  const layers = network.layers.map((layer, i) => summarizeLayer(layer, network, session.plan.layerBytes[i]));
  return {
    producer: model.producer,
    opset: model.opset,
    precision: model.precision,
    inputs: [
      ...network.inputs.map((layout) => ({ name: layout.name, dims: layoutDims(layout), role: 'sequence' as const })),
      ...network.states.map((layout) => ({ name: layout.name, dims: layoutDims(layout), role: 'state' as const })),
    ],
    outputs: network.outputs.map((layout) => ({
      name: layout.name,
      dims: layoutDims(layout),
      answers: hasTime(layout) ? 'every frame' : 'at the end',
    })),
    layers,
    streaming: streaming(network),
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAddsPerFrame: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
    weightBytes: session.plan.constants.byteLength,
    arenaBytes: session.arena.byteLength,
    streamBytes: session.plan.stateBytes,
    frontend: metadata.frontend && { ...metadata.frontend },
    labels: metadata.labels?.names,
    detection: metadata.detection && { ...metadata.detection },
    warnings: model.warnings,
    program: printProgram(session.plan.step).split('\n'),
  };
}

/** Importing has refused whatever can't be run frame by frame. */
function streaming({ inputs }: Network): string {
  const time = inputs.flatMap(({ axes }) => axes.flat()).find(({ role }) => role === 'time');
  const past =
    typeof time?.size === 'number' && time.size > 1 ? `, beyond the ${time.size} frames that the file fixes` : '';
  return `frame by frame, every layer, state carried on${past}`;
}

function summarizeLayer(layer: Layer, { values }: Network, bytes: number): LayerSummary {
  const inputs = layer.kind === 'concat' ? layer.inputs : [layer.input];
  return {
    kind:
      layer.kind === 'activation'
        ? layer.activation
        : layer.kind === 'softmax' && layer.log
          ? 'logSoftmax'
          : layer.kind,
    name: layer.name,
    inputSize: inputs.reduce((sum, id) => sum + values[id].size, 0),
    outputSize: values[layer.output].size,
    parameters: parameterCount(layer),
    multiplyAdds: multiplyAdds(layer),
    bytes,
  };
}
