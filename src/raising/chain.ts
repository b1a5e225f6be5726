/** Operations that follow one another: what brings a tensor into another layout. */
import type { Operation, ValueId } from '../model/network.js';
import type { Draft } from './draft.js';

export class Chain {
  value: ValueId;
  readonly #draft: Draft;
  readonly #operations: Operation[];
  readonly #name: string;
  #isOwn = false;

  /** @param operations where operations are added */
  constructor(draft: Draft, operations: Operation[], name: string, from: ValueId) {
    this.#draft = draft;
    this.#operations = operations;
    this.#name = name;
    this.value = from;
  }

  #step(make: (output: ValueId) => Operation): this {
    const output = this.#draft.value(this.#name);
    this.#operations.push(make(output));
    this.value = output;
    this.#isOwn = true;
    return this;
  }

  transpose(perm: readonly number[]): this {
    if (perm.every((axis, at) => axis === at)) return this;
    return this.#step((output) =>
      this.#draft.operation('transpose', this.#name, [this.value], [output], { perm: [...perm] }),
    );
  }

  /** @param sizes as of ONNX's Reshape: 0 as it was, −1 whatever is left */
  reshape(sizes: readonly number[]): this {
    const shape = this.#draft.integers(`${this.#name}.shape`, sizes);
    return this.#step((output) =>
      this.#draft.operation('reshape', this.#name, [this.value, shape], [output], { allowZero: false }),
    );
  }

  squeeze(axis: number): this {
    const axes = this.#draft.integers(`${this.#name}.axes`, [axis]);
    return this.#step((output) => this.#draft.operation('squeeze', this.#name, [this.value, axes], [output], {}));
  }

  unsqueeze(axis: number): this {
    const axes = this.#draft.integers(`${this.#name}.axes`, [axis]);
    return this.#step((output) => this.#draft.operation('unsqueeze', this.#name, [this.value, axes], [output], {}));
  }

  /** The last first. */
  reverse(axis: number): this {
    const list = (what: string, number: number) => this.#draft.integers(`${this.#name}.${what}`, [number]);
    const range = [list('starts', -1), list('ends', -(2 ** 31)), list('axes', axis), list('steps', -1)];
    return this.#step((output) => this.#draft.operation('slice', this.#name, [this.value, ...range], [output], {}));
  }

  /** x · weights + bias over the last axis. */
  map(weights: Float32Array, bias: Float32Array): this {
    const matrix = this.#draft.floats(`${this.#name}.weights`, [weights.length / bias.length, bias.length], weights);
    this.#step((output) => this.#draft.operation('matmul', this.#name, [this.value, matrix], [output], {}));
    if (bias.every((number) => number === 0)) return this;
    const offset = this.#draft.floats(`${this.#name}.bias`, [bias.length], bias);
    return this.#step((output) =>
      this.#draft.operation('binary', this.#name, [this.value, offset], [output], { function: 'add' }),
    );
  }

  /** Gives what came out the name of a tensor that is there. */
  end(to: ValueId): void {
    const last = this.#operations.at(-1);
    if (this.#isOwn && last?.outputs[0] === this.value)
      this.#operations[this.#operations.length - 1] = { ...last, outputs: [to] };
    else this.#operations.push(this.#draft.identity(this.value, to));
    this.value = to;
  }
}
