/** A scan as the recurrent layers that it is, and the transposes and reshapes around them. */
import type { Direction, Operation, ValueId } from '../model/network.js';
import { Chain } from './chain.js';
import type { Draft } from './draft.js';
import type { LayerWeights } from './layer-weights.js';
import type { BatchAxisOf, RecognizedLayer, Recognition, Scan, Source } from './recognition.js';

export class Layers {
  readonly operations: Operation[] = [];
  readonly #scan: Scan;
  readonly #draft: Draft;
  readonly #batchAxisOf: BatchAxisOf;
  /** Shape of a step's tensor, of one number of sequences. */
  readonly #dimsOf: (value: ValueId) => readonly number[];
  readonly #direction: Direction;
  /** [time, batch, features] of the sources, by kind and index. */
  readonly #sequences = new Map<string, ValueId>();

  constructor(
    scan: Scan,
    recognition: Recognition,
    draft: Draft,
    batchAxisOf: BatchAxisOf,
    dimsOf: (value: ValueId) => readonly number[],
  ) {
    this.#scan = scan;
    this.#draft = draft;
    this.#batchAxisOf = batchAxisOf;
    this.#dimsOf = dimsOf;
    this.#direction = scan.scannedInputs[0].direction;
    recognition.layers.forEach((layer, index) => this.#layer(layer, index));
    recognition.outputs.forEach((output, index) => {
      const to = scan.outputs[scan.carried + index] ?? null;
      if (to === null) return;
      const chain = this.#chain(this.#joined(output.sources));
      if (!output.isPlain) chain.map(output.weights, output.bias);
      this.#scanned(chain, index, to);
    });
  }

  #chain(from: ValueId): Chain {
    return new Chain(this.#draft, this.operations, this.#scan.name, from);
  }

  /** A scanned input as [time, batch, features]. */
  #scannedInput(index: number): ValueId {
    const { scannedInputs, carried, body, inputs } = this.#scan;
    const step = body.inputs[carried + index].value;
    const rank = this.#dimsOf(step).length + 1;
    const time = axisWithin(scannedInputs[index].axis, rank);
    const within = this.#batchAxisOf(step);
    const batch = within === null ? null : within < time ? within : within + 1;
    const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== time && axis !== batch);
    const chain = this.#chain(inputs[carried + index]!);
    chain.transpose([time, ...(batch === null ? [] : [batch]), ...others]);
    if (batch === null || others.length !== 1)
      chain.reshape(batch === null ? [0, 1, -1] : [0, 0, (others.length && -1) || 1]);
    return chain.value;
  }

  #sequence(source: Source): ValueId {
    const key = `${source.kind} ${source.index}`;
    const known = this.#sequences.get(key) ?? this.#scannedInput(source.index);
    this.#sequences.set(key, known);
    return known;
  }

  /** Features of several sources, one behind the other. */
  #joined(sources: readonly Source[]): ValueId {
    const all = sources.map((source) => this.#sequence(source));
    if (all.length === 1) return all[0];
    const joined = this.#draft.value(this.#scan.name);
    this.operations.push(this.#draft.operation('concat', this.#scan.name, all, [joined], { axis: 2 }));
    return joined;
  }

  /** [1, batch, hidden] */
  #initial(state: number): ValueId {
    const value = this.#scan.body.inputs[state].value;
    const batch = this.#batchAxisOf(value);
    const rank = this.#dimsOf(value).length;
    const chain = this.#chain(this.#scan.inputs[state]!);
    if (batch === null) return chain.reshape([1, 1, -1]).value;
    chain.transpose([batch, ...Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== batch)]);
    if (rank !== 2) chain.reshape(rank === 1 ? [0, 1] : [0, -1]);
    return chain.unsqueeze(0).value;
  }

  #layer({ weights, states, sources }: RecognizedLayer, index: number): void {
    const { name, outputs } = this.#scan;
    const draft = this.#draft;
    const X = this.#joined(sources);
    const initial = states.map((state) => this.#initial(state));
    const Y = draft.value(`${name}.Y`);
    const last = states.map((state) => (outputs[state] == null ? null : draft.value(`${name}.last`)));
    const matrices = this.#matrices(weights);
    const inputs = [X, ...matrices, null, ...initial, ...(weights.P ? [this.#peepholes(weights)] : [])];
    this.operations.push(recurrent(weights, draft, name, inputs, [Y, ...last], this.#direction));
    this.#sequences.set(`layer ${index}`, this.#chain(Y).squeeze(1).value);
    last.forEach((value, i) => {
      if (value !== null) this.#last(value, states[i]);
    });
  }

  /** W, R and B. */
  #matrices({ W, R, Wb, Rb, inputs, hidden, stepsOfW, stepsOfR }: LayerWeights): ValueId[] {
    const { name } = this.#scan;
    const rows = Wb.length;
    const bias = new Float32Array(2 * rows);
    bias.set(Wb);
    bias.set(Rb, rows);
    return [
      this.#draft.floats(`${name}.W`, [1, rows, inputs], W, stepsOfW ?? undefined),
      this.#draft.floats(`${name}.R`, [1, rows, hidden], R, stepsOfR ?? undefined),
      this.#draft.floats(`${name}.B`, [1, 2 * rows], bias),
    ];
  }

  #peepholes({ P }: LayerWeights): ValueId {
    return this.#draft.floats(`${this.#scan.name}.P`, [1, P!.length], P!);
  }

  /** A state [1, batch, hidden] as it is behind the loop. */
  #last(from: ValueId, state: number): void {
    const value = this.#scan.body.inputs[state].value;
    const batch = this.#batchAxisOf(value);
    const dims = this.#dimsOf(value);
    const chain = this.#chain(from);
    if (batch === null) chain.reshape(dims);
    else {
      const others = dims.filter((_, axis) => axis !== batch);
      chain.squeeze(0);
      if (others.length !== 1) chain.reshape([0, ...others]);
      chain.transpose(dims.map((_, axis) => (axis === batch ? 0 : axis < batch ? axis + 1 : axis)));
    }
    chain.end(this.#scan.outputs[state]!);
  }

  /** A sequence [time, batch, features] as the loop puts its steps together. */
  #scanned(chain: Chain, index: number, to: ValueId): void {
    const { body, carried, scannedOutputs } = this.#scan;
    const value = body.outputs[carried + index].value;
    const batch = this.#batchAxisOf(value);
    const dims = this.#dimsOf(value);
    const others = dims.filter((_, axis) => axis !== batch);
    if (batch === null) chain.reshape([0, ...others]);
    else if (others.length !== 1) chain.reshape([0, 0, ...others]);
    const { axis, direction } = scannedOutputs[index];
    const time = axisWithin(axis, dims.length + 1);
    const first = batch === null ? 1 : 2;
    const step = dims.map((_, at) => (at === batch ? 1 : first + at - (batch !== null && at > batch ? 1 : 0)));
    chain.transpose([...step.slice(0, time), 0, ...step.slice(time)]);
    if (direction !== this.#direction) chain.reverse(time);
    chain.end(to);
  }
}

const axisWithin = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

function recurrent(
  { kind, activations, linearBeforeReset, inputForget }: LayerWeights,
  draft: Draft,
  name: string,
  inputs: readonly (ValueId | null)[],
  outputs: readonly (ValueId | null)[],
  direction: Direction,
): Operation {
  const common = { directions: [direction], activations: [activations], clip: Infinity, batchFirst: false };
  if (kind === 'gru') return draft.operation('gru', name, inputs, outputs, { ...common, linearBeforeReset });
  if (kind === 'lstm') return draft.operation('lstm', name, inputs, outputs, { ...common, inputForget });
  return draft.operation('rnn', name, inputs, outputs, common);
}
