/** Network → FrameNetwork: every operation is lowered by its own rule, or marked with the reason why it can't be. */
import type { Kind, Network, Operation, OperationOf, ValueId } from '../model/network.js';
import { elements, whereOf, type Operators } from '../operators/operator.js';
import { valuesMadeBy, valuesReadBy, type FrameLayer, type FrameNetwork, type FrameValueId } from './frame-network.js';
import { Lowering, type Probe } from './lowering.js';
import { lowerPointwise } from './pointwise.js';
import type { Rule, Rules } from './rules.js';
import { NotStreamable, oneFrame, type Timing } from './timing.js';

/** What lowering works with. */
export interface Toolbox {
  readonly operators: Operators;
  readonly rules: Rules;
}

/** What the inputs of a network are to a stream. */
export interface Roles {
  /** Time axes of the inputs that have one, WHOLE_FRAME of those that are a frame themselves. */
  readonly timeAxes: ReadonlyMap<ValueId, number>;
  /** Outputs by the inputs that they become at the next frame. */
  readonly carried: ReadonlyMap<ValueId, ValueId>;
  /** Whether a run is one frame: time axes have one, or are none. */
  readonly stepwise: boolean;
}

export interface Lowered {
  /** null where the network can't run frame by frame. */
  readonly frames: FrameNetwork | null;
  /** Why not. */
  readonly because: string | null;
  readonly timings: ReadonlyMap<ValueId, Timing>;
  /** Time axes of the outputs that have one. */
  readonly outputAxes: ReadonlyMap<ValueId, number>;
  /** Shapes of all tensors for one sequence, "time" along time. */
  readonly shapes: ReadonlyMap<ValueId, readonly (number | string)[]>;
  /** Operations that need the whole sequence themselves, not because of what they read. */
  readonly refused: readonly Operation[];
}

export function lower(
  network: Network,
  { operators, rules }: Toolbox,
  probes: readonly Probe[],
  roles: Roles,
): Lowered {
  const lowering = new Lowering(network, operators, rules, probes, roles.stepwise, roles.carried.size > 0);
  const { inputs, states } = placeInputs(lowering, roles);
  const refused: Operation[] = [];
  for (const operation of network.operations) {
    if (operation.outputs.every((value) => value === null || lowering.timings.get(value)?.kind === 'constant'))
      continue;
    lowering.operation = operation;
    try {
      lowerOperation(operation, lowering);
    } catch (error) {
      if (!(error instanceof NotStreamable)) throw error;
      if (!error.hasSubject) refused.push(operation);
      const because = error.hasSubject ? error.message : `${whereOf(operation)}: ${error.message}`;
      for (const value of operation.outputs) {
        if (value !== null) lowering.timings.set(value, { kind: 'whole', because });
      }
    }
  }
  const because = obstacle(lowering);
  return {
    frames: because === null ? finish(lowering, inputs, states, roles) : null,
    because,
    timings: lowering.timings,
    outputAxes: outputAxesOf(lowering),
    shapes: shapesOf(lowering),
    refused,
  };
}

function lowerOperation(operation: Operation, lowering: Lowering): void {
  const pointwise = () => lowerPointwise(operation, lowering);
  const rule = lowering.rules[operation.kind] as Rule<Kind> | undefined;
  if (rule) rule(operation as OperationOf<Kind>, lowering, pointwise);
  else pointwise();
}

type Place = { name: string; value: FrameValueId };

function placeInputs(lowering: Lowering, { timeAxes, carried, stepwise }: Roles): { inputs: Place[]; states: Place[] } {
  const inputs: Place[] = [];
  const states: Place[] = [];
  for (const { name, value } of lowering.network.inputs) {
    const axis = timeAxes.get(value) ?? null;
    const dims = oneFrame(lowering.dimsOf(value), axis);
    const place = { name, value: lowering.addValue(name, elements(dims)) };
    const isCarried = stepwise && carried.has(value);
    (axis === null ? states : inputs).push(place);
    lowering.timings.set(
      value,
      axis === null && !isCarried
        ? { kind: 'sequence', value: place.value, dims }
        : {
            kind: 'frame',
            value: place.value,
            axis: stepwise ? null : axis,
            dims,
            lag: 0,
            every: 1,
            tail: 0,
            fill: null,
          },
    );
  }
  return { inputs, states };
}

function shapesOf({ network, timings, probes: [{ frames, shapes }] }: Lowering): Map<ValueId, (number | string)[]> {
  return new Map(
    [...network.names.keys()].flatMap((value): [ValueId, (number | string)[]][] => {
      const timing = timings.get(value);
      const isTime = (dim: number, axis: number) =>
        timing?.kind === 'frame' ? timing.axis === axis : timing?.kind === 'whole' && frames > 1 && dim === frames;
      const dims = shapes.operands[value]?.dims;
      return dims ? [[value, dims.map((dim, axis) => (isTime(dim, axis) ? 'time' : dim))]] : [];
    }),
  );
}

/** The axis of a tensor that is as long as the sequence, at each number of frames that was tried; −1 for none. */
function axisAsLong({ probes }: Lowering, value: ValueId): number {
  const rank = probes[0].shapes.operands[value]!.dims.length;
  return Array.from({ length: rank }, (_, axis) => axis).findIndex((axis) => {
    // Where one number alone fits, [batch, labels] may have as many labels as there are frames.
    if (probes.length === 1 && rank === 2 && axis === 1) return false;
    return probes.every(({ frames, shapes }) => frames > 1 && shapes.operands[value]!.dims[axis] === frames);
  });
}

/** Where rules do not say it, the axis that is as long as the sequence. */
function outputAxesOf(lowering: Lowering): Map<ValueId, number> {
  const { network, timings } = lowering;
  return new Map(
    network.outputs.flatMap(({ value }): [ValueId, number][] => {
      const timing = timings.get(value);
      const axis = timing?.kind === 'frame' ? timing.axis : axisAsLong(lowering, value);
      return axis === null || axis < 0 || timing?.kind === 'sequence' ? [] : [[value, axis]];
    }),
  );
}

/** Why the outputs are not all made frame by frame; null where they are. */
function obstacle({ network, timings }: Lowering): string | null {
  if (![...timings.values()].some(({ kind }) => kind === 'frame')) return 'no input has a time axis';
  for (const { name, value } of network.outputs) {
    const timing = timings.get(value);
    if (timing?.kind === 'whole') return timing.because;
    if (timing?.kind === 'constant' || !timing) return `output "${name}" is the same whatever the inputs are`;
    if (timing.kind === 'frame' && timing.fill) return `output "${name}" begins with padding`;
  }
  return null;
}

/** A state that is given on as it was, under a name of its own: carrying its next value overwrites it. */
function keepStates(lowering: Lowering, carried: ReadonlySet<FrameValueId>): (value: FrameValueId) => FrameValueId {
  const kept = new Map<FrameValueId, FrameValueId>();
  return (value) => {
    if (!carried.has(value)) return value;
    const { name, size } = lowering.values[value];
    const output = kept.get(value) ?? lowering.addValue(`${name}.before`, size);
    const layer: FrameLayer = { kind: 'copy', name, parts: [{ input: value, start: 0, size }], output };
    if (!kept.has(value)) lowering.layers.push({ layer, schedule: { from: 0, every: 1 }, operation: null });
    kept.set(value, output);
    return output;
  };
}

function finish(lowering: Lowering, inputs: Place[], states: Place[], { carried, stepwise }: Roles): FrameNetwork {
  const { network, timings } = lowering;
  const valueOf = (value: ValueId): FrameValueId => {
    const timing = timings.get(value)!;
    return timing.kind === 'frame' || timing.kind === 'sequence' ? timing.value : -1;
  };
  const own = new Set(stepwise ? [...carried.keys()].map(valueOf) : []);
  const keep = keepStates(lowering, own);
  const outputs = network.outputs.map(({ name, value }) => {
    const timing = timings.get(value)!;
    const schedule =
      timing.kind === 'frame' ? { from: Math.max(0, timing.lag), every: timing.every } : { from: 0, every: 1 };
    return { name, value: keep(valueOf(value)), schedule };
  });
  const feedback = stepwise
    ? [...carried].map(([input, output]) => ({ from: keep(valueOf(output)), to: valueOf(input) }))
    : [];
  const read = new Set([...outputs.map(({ value }) => value), ...feedback.map(({ from }) => from)]);
  const isLive = (layer: FrameLayer): boolean => {
    const live = valuesMadeBy(layer).some((value) => read.has(value));
    if (live) for (const value of valuesReadBy(layer)) read.add(value);
    return live;
  };
  const layers = [...lowering.layers]
    .reverse()
    .filter(({ layer }) => isLive(layer))
    .reverse();
  const prologue = [...lowering.prologue].reverse().filter(isLive).reverse();
  return { values: lowering.values, inputs, states, prologue, layers, carried: feedback, outputs };
}
