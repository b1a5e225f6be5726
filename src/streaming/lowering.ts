/** What lowering a network to frames has made so far. */
import { UnsupportedModelError } from '../errors.js';
import type { Network, Operation, ValueId } from '../model/network.js';
import { elements, type Operand, type Operators } from '../operators/operator.js';
import type { Specialization } from '../operators/specialization.js';
import {
  multiplyAdds,
  type CopyLayer,
  type FrameLayer,
  type FrameValue,
  type FrameValueId,
  type Schedule,
  type Scheduled,
} from './frame-network.js';
import type { Rules } from './rules.js';
import {
  framesMade,
  NotStreamable,
  oneFrame,
  withoutTime,
  type PerFrame,
  type PerSequence,
  type Timing,
} from './timing.js';

/** The network's shapes for sequences of `frames`. */
export interface Probe {
  readonly frames: number;
  readonly shapes: Specialization;
}

/** What an operation's tensor depends on, and where it is, before its tail is known. */
export type Made = Pick<PerFrame, 'axis' | 'lag' | 'every'> & { readonly fill?: PerFrame['fill'] };

/** Weights of all layers: twice what fits into the largest file as float16, and far beyond what 10 ms can multiply. */
const MAX_WEIGHTS = 2 ** 26;

/** Layers may share weights, so that a small file may ask for large memory: nothing else is tried. */
export class TooManyWeights extends UnsupportedModelError {
  constructor(layer: string) {
    super(`with layer "${layer}" the layers have more than ${MAX_WEIGHTS} weights, shared ones counted in each`);
  }
}

/** The network's values and layers frame by frame, and how each of its tensors comes about. */
export class Lowering {
  readonly values: FrameValue[] = [];
  readonly prologue: FrameLayer[] = [];
  readonly layers: Scheduled[] = [];
  readonly timings = new Map<ValueId, Timing>();
  /** What is being lowered. */
  operation: Operation | null = null;
  #weights = 0;
  readonly #delayed = new Map<string, FrameValueId>();

  /**
   * @param stepwise whether a run of the network is one frame
   * @param reloads whether it carries its states itself, from one such run to the next
   */
  constructor(
    readonly network: Network,
    readonly operators: Operators,
    readonly rules: Rules,
    readonly probes: readonly Probe[],
    readonly stepwise: boolean,
    readonly reloads: boolean,
  ) {
    for (const value of network.names.keys()) {
      const operands = probes.map(({ shapes }) => shapes.operands[value]);
      if (operands.every((operand) => operand?.data)) {
        this.timings.set(value, { kind: 'constant', operands: operands as Operand[] });
      }
    }
  }

  addValue(name: string, size: number): FrameValueId {
    this.values.push({ name, size });
    return this.values.length - 1;
  }

  /** Shape of a tensor in the first probe. */
  dimsOf(value: ValueId): readonly number[] {
    return this.probes[0].shapes.operands[value]!.dims;
  }

  timingOf(operation: Operation, index: number): Timing | null {
    const value = operation.inputs[index] ?? null;
    if (value === null) return null;
    const timing = this.timings.get(value);
    if (!timing) throw new NotStreamable('it reads what no operation makes');
    if (timing.kind === 'whole') throw new NotStreamable(timing.because, true);
    return timing;
  }

  /** null where the operand is absent or not made frame by frame. */
  frameOf(operation: Operation, index: number): PerFrame | null {
    const timing = this.timingOf(operation, index);
    return timing?.kind === 'frame' ? timing : null;
  }

  /**
   * A constant operand, the same for any number of frames.
   *
   * @param timeAxis the axis that is broadcast along time, on which it must not differ
   * @throws NotStreamable for what is no such constant
   */
  constantOf(operation: Operation, index: number, timeAxis: number | null = null): Operand | null {
    const timing = this.timingOf(operation, index);
    if (!timing) return null;
    if (timing.kind !== 'constant') throw new NotStreamable(`its input ${index} is computed while the network runs`);
    const [first, ...others] = timing.operands.map((operand) =>
      timeAxis !== null && timeAxis >= 0 ? withoutTime(operand, timeAxis) : operand,
    );
    const isSame = ({ dims, data }: Operand) =>
      data === first.data ||
      (`${dims}` === `${first.dims}` && data!.every((value, i) => Object.is(value, first.data![i])));
    if (!others.every(isSame)) throw new NotStreamable('it depends on how many frames there are');
    return first;
  }

  /** Layers run at their frames, or once before the first where they read nothing that a frame changes. */
  emit(layer: FrameLayer, schedule: Schedule | null): void {
    this.#weights += multiplyAdds(layer);
    if (this.#weights > MAX_WEIGHTS) throw new TooManyWeights(layer.name);
    const { operation } = this;
    const own = schedule && { from: Math.max(0, schedule.from), every: schedule.every };
    if (own) this.layers.push({ layer, schedule: own, operation });
    else this.prologue.push(layer);
  }

  /**
   * Says what output `index` of the operation is: `made` where frames make it, null for once a sequence.
   *
   * @throws NotStreamable where the number of frames does not follow
   */
  define(operation: Operation, index: number, value: FrameValueId, made: Made | null): void {
    const output = operation.outputs[index];
    if (output === null || output === undefined) return;
    const dims = this.dimsOf(output);
    if (!made) {
      if (this.probes.some(({ shapes }) => `${shapes.operands[output]!.dims}` !== `${dims}`))
        throw new NotStreamable('the size of its output depends on how many frames there are');
      this.timings.set(output, { kind: 'sequence', value, dims } satisfies PerSequence);
      return;
    }
    const { axis, fill = null } = made;
    const tails = this.probes.map(({ frames, shapes }) => {
      const own = shapes.operands[output]!.dims;
      const isLike = oneFrame(own, axis).join() === oneFrame(dims, axis).join();
      if (!isLike) throw new NotStreamable('the size of its output depends on how many frames there are');
      return axis === null ? 0 : own[axis] - framesMade(made, frames);
    });
    // Of several frames, some may be left over.
    const isFew = Math.max(...tails) - Math.min(...tails) > (made.every > 1 ? 1 : 0);
    if (isFew) throw new NotStreamable('it takes only some of the frames');
    const tail = tails.find((frames) => frames !== 0) ?? 0;
    this.timings.set(output, { kind: 'frame', value, ...made, fill, dims: oneFrame(dims, axis), tail });
  }

  /** A new value for output `index`; -1 where nothing reads it. */
  outputValue(operation: Operation, index: number, axis: number | null): FrameValueId {
    const output = operation.outputs[index];
    if (output === null || output === undefined) return -1;
    return this.addValue(this.network.names[output], elements(oneFrame(this.dimsOf(output), axis)));
  }

  /** The value as it was `frames` of its own frames ago. */
  delayed(name: string, source: PerFrame, frames: number): FrameValueId {
    if (frames === 0) return source.value;
    const key = `${source.value} ${frames}`;
    const known = this.#delayed.get(key);
    if (known !== undefined) return known;
    const { size } = this.values[source.value];
    const context = this.context(name, source, frames + 1, 0);
    const output = this.addValue(`${name}.delayed`, size);
    const layer: CopyLayer = { kind: 'copy', name, parts: [{ input: context, start: 0, size }], output };
    this.emit(layer, { from: source.lag + frames * source.every, every: source.every });
    this.#delayed.set(key, output);
    return output;
  }

  /** The last `frames` frames of a value, oldest first. */
  context(name: string, source: PerFrame, frames: number, fill: number): FrameValueId {
    const { value: input, every, lag } = source;
    const output = this.addValue(`${name}.context`, frames * this.values[input].size);
    const from = lag + every * (source.fill?.frames ?? 0);
    this.emit({ kind: 'context', name, input, output, frames, fill }, { from, every });
    return output;
  }
}
