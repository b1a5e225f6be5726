import { InputError } from '../errors.js';
import type { Arena } from '../kernels/arena.js';
import { bindProgram, type Regions } from '../kernels/program.js';
import { execute } from '../kernels/table.js';
import type { Network, TensorLayout } from '../model/network.js';
import type { Plan } from './plan.js';
import { checkFrame, refuseUnknown, Slot } from './slot.js';

/**
 * A network running on one sequence, frame by frame. Frames of one tensor are its features; the values of a stacked state lie
 * one after the other, in the tensor's order.
 */
export class Stream {
  /** Outputs of the last `step`, by name; overwritten by the next one. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
  readonly #arena: Arena;
  readonly #regions: Regions;
  readonly #stateBytes: number;
  readonly #reset: Int32Array;
  readonly #step: Int32Array;
  readonly #inputs: readonly Slot[];
  readonly #states: readonly Slot[];
  readonly #outputs: readonly Slot[];
  #open = true;

  constructor(network: Network, plan: Plan, arena: Arena, regions: Regions) {
    const slot = (layout: TensorLayout): Slot => new Slot(arena, layout, plan, regions);
    this.#arena = arena;
    this.#regions = regions;
    this.#stateBytes = plan.stateBytes;
    this.#reset = bindProgram(plan.reset, regions);
    this.#step = bindProgram(plan.step, regions);
    this.#inputs = network.inputs.map(slot);
    this.#states = network.states.map(slot);
    this.#outputs = network.outputs.map(slot);
    this.outputs = Object.fromEntries(this.#outputs.map(({ name, size }) => [name, new Float32Array(size)]));
    this.reset();
  }

  /**
   * Begins a new sequence.
   *
   * @param states initial states by name, each [parts × hidden]; one that is left out is zero
   * @throws InputError for an unknown name, a wrong type or length, or numbers that are not finite; the stream is then as before
   */
  reset(states: Readonly<Record<string, Float32Array>> = {}): void {
    this.#assertOpen();
    refuseUnknown('state', states, this.#states);
    const given = this.#states.filter(({ name }) => states[name] !== undefined);
    for (const slot of given) checkFrame(slot, states[slot.name]);
    this.#arena.f32.fill(0, this.#regions[2] >> 2, (this.#regions[2] + this.#stateBytes) >> 2);
    for (const slot of given) slot.write(states[slot.name]);
    execute(this.#reset, this.#arena.kernels);
  }

  /**
   * One frame in, the outputs of that frame out. Allocates nothing.
   *
   * @param frame the features of the frame, or, for a model with several inputs, those of each by name
   * @returns `outputs`, overwritten by the next step
   * @throws InputError for a missing or unknown input, a wrong type or length, or numbers that are not finite; the stream is then
   *   as before
   */
  step(frame: Float32Array | Readonly<Record<string, Float32Array>>): Readonly<Record<string, Float32Array>> {
    this.#assertOpen();
    if (this.#inputs.length === 1 && (ArrayBuffer.isView(frame) || typeof frame !== 'object' || frame === null)) {
      checkFrame(this.#inputs[0], frame);
      this.#inputs[0].write(frame as Float32Array);
    } else {
      this.#writeByName(frame as Readonly<Record<string, Float32Array>>);
    }
    execute(this.#step, this.#arena.kernels);
    for (const slot of this.#outputs) slot.read(this.outputs[slot.name]);
    return this.outputs;
  }

  /** Gives the stream's memory back; it can't be used any more. */
  close(): void {
    if (this.#open) this.#arena.release(this.#regions[2], this.#stateBytes);
    this.#open = false;
  }

  #assertOpen(): void {
    if (!this.#open) throw new InputError('this stream is closed; open another one with model.stream()');
  }

  #writeByName(frames: Readonly<Record<string, Float32Array>>): void {
    refuseUnknown('input', frames, this.#inputs);
    for (const slot of this.#inputs) checkFrame(slot, frames?.[slot.name]);
    for (const slot of this.#inputs) slot.write(frames[slot.name]);
  }
}
