/** The operations of a network as they are understood: what each reads and makes, when, by what, and at what cost. */
import type { Plan } from './plan.js';
import type { Session } from './session.js';
import { bodiesOf, isRecurrent, type Constant, type Network, type Operation, type ValueId } from '../model/network.js';
import { multiplyAdds } from '../operators/multiply-adds.js';
import { elements } from '../operators/operator.js';
import type { Step } from '../operators/specialization.js';
import type { Analysis } from '../streaming/analyze.js';
import { denseWeights } from '../streaming/dense-weights.js';
import type { FrameLayer, FrameNetwork } from '../streaming/frame-network.js';
import type { WindowShapes } from '../streaming/window-shapes.js';

/** One operation of the graph. */
export interface LayerSummary {
  /** The neutral operator, or the function of an element-wise one. */
  readonly kind: string;
  readonly name: string;
  /** Names of the tensors that it reads, without constants. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Shape of its first output, for one sequence; "time" along time. */
  readonly dims: readonly (number | string)[];
  /** What it is computed for: nothing (its result is always the same), every frame, once a sequence, or all frames of it. */
  readonly timing: 'constant' | 'frame' | 'sequence' | 'whole';
  /** Why it needs the whole sequence, where it is not only because of what it reads. */
  readonly because?: string;
  /** What computes it on a stream: WebAssembly kernels, the host's TypeScript, or nothing, because it only names a tensor anew. */
  readonly runs: 'kernels' | 'host' | 'nothing';
  readonly parameters: number;
  /** Those of them that the file has in 8 bits, and whose scales stay. */
  readonly parametersOf8Bits: number;
  /** Of a frame on average, or of a window, without padding; of recurrent layers, products and convolutions. */
  readonly multiplyAdds: number;
  /** Packed weights, scales and biases; 0 of a windowed model, which packs them when it first runs. */
  readonly bytes: number;
}

/** What computes an operation, and at what cost. */
type Cost = Pick<LayerSummary, 'runs' | 'multiplyAdds' | 'bytes'>;

const FREE: Cost = { runs: 'nothing', multiplyAdds: 0, bytes: 0 };

const count = (weights: readonly Constant[]): number => weights.reduce((sum, { dims }) => sum + elements(dims), 0);

/**
 * @param session of a stateful model
 * @param window of one that is not
 */
export function summarizeLayers(
  network: Network,
  analysis: Analysis,
  session: Session | null,
  window: WindowShapes | null,
): LayerSummary[] {
  const { names, constants } = network;
  // Nothing is known of a window that the network does not fit.
  const layers = session && analysis.frames && layersOf(analysis.frames, session.plan);
  const steps = new Map(window?.shapes?.steps.map((step) => [step.operation, step]));
  const named = (values: readonly (ValueId | null)[]) =>
    values.filter((value): value is ValueId => value !== null && !constants.has(value)).map((value) => names[value]);
  return network.operations.map((operation) => {
    const { inputs, outputs, kind, name } = operation;
    const [first] = outputs.filter((value) => value !== null);
    const timing = analysis.timings.get(first);
    const own = inputs.flatMap((value) => constants.get(value ?? -1) ?? []).filter(({ type }) => type === 'float');
    const weights = [...own, ...bodiesOf(operation).flatMap(weightsIn)];
    return {
      kind: 'function' in operation ? operation.function : kind,
      name,
      inputs: named(inputs),
      outputs: named(outputs),
      dims: analysis.shapes.get(first) ?? [],
      timing: timing?.kind ?? 'whole',
      ...(timing?.kind === 'whole' && analysis.refused.includes(operation) && { because: timing.because }),
      parameters: count(weights),
      parametersOf8Bits: count(weights.filter(({ steps }) => steps)),
      ...(layers ? costOnFrames(operation, analysis, layers) : costOnWindow(steps.get(operation))),
    };
  });
}

/** Float constants, those of bodies too, each once; sizes and axes are whole numbers, and no parameters. */
export function weightsIn({ constants, operations }: Network): Constant[] {
  const all = new Set([...constants.values(), ...operations.flatMap(bodiesOf).flatMap(weightsIn)]);
  return [...all].filter(({ type }) => type === 'float');
}

interface OwnLayer {
  readonly layer: FrameLayer;
  readonly bytes: number;
}

/** Every layer of a frame network knows its operation; those that run once a sequence have its name. */
function layersOf(network: FrameNetwork, plan: Plan): Map<Operation | string, OwnLayer[]> {
  const found = new Map<Operation | string, OwnLayer[]>();
  const add = (key: Operation | string, own: OwnLayer): void => {
    const known = found.get(key);
    if (known) known.push(own);
    else found.set(key, [own]);
  };
  network.layers.forEach(({ layer, operation }, i) =>
    add(operation ?? layer.name, { layer, bytes: plan.layerBytes[i] }),
  );
  for (const layer of network.prologue) add(layer.name, { layer, bytes: 0 });
  return found;
}

function costOnFrames(operation: Operation, { timings, shapes }: Analysis, all: ReturnType<typeof layersOf>): Cost {
  const layers = all.get(operation) ?? all.get(operation.name);
  if (!layers) return FREE;
  const dimsOf = (value: ValueId | null) =>
    value === null ? null : (shapes.get(value)?.map((dim) => (typeof dim === 'number' ? dim : 1)) ?? null);
  const [output] = operation.outputs.filter((value) => value !== null);
  const timing = timings.get(output);
  const perFrame = timing?.kind === 'frame' ? 1 / timing.every : 0;
  return {
    runs: layers.some(({ layer }) => layer.kind === 'host') ? 'host' : 'kernels',
    multiplyAdds: Math.round(multiplyAdds(operation, operation.inputs.map(dimsOf), dimsOf(output) ?? []) * perFrame),
    bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** As `KernelOperators` decides: recurrent layers, and products with constant matrices, are the kernels' work. */
function costOnWindow(step: Step | undefined): Cost {
  if (!step) return FREE;
  const { operation, operands, prepared } = step;
  const [x] = operands;
  const isDense = x?.data === null && x.type === 'float' && denseWeights(operation, operands, 0) !== null;
  const inputs = operands.map((operand) => operand?.dims ?? null);
  return {
    runs: isDense || isRecurrent(operation) ? 'kernels' : 'host',
    multiplyAdds: prepared.multiplyAdds ?? multiplyAdds(operation, inputs, prepared.outputs[0].dims),
    bytes: 0,
  };
}
