import { InputError } from '../errors.js';
import { Arena } from '../kernels/arena.js';
import { bindPointer, bindProgram, type Regions } from '../kernels/program.js';
import { execute } from '../kernels/table.js';
import type { Network, TensorLayout } from '../model/network.js';
import { findNotFinite, isFloat32Array, typeName } from '../typed-arrays.js';
import { verifyPlan, type Plan } from './plan.js';

/** A plan in memory: weights and scratch, which its streams share. */
export class Session {
  readonly network: Network;
  readonly plan: Plan;
  /** Shared with whoever works on the same streams, such as a front end. */
  readonly arena = new Arena();
  readonly #constants: number;
  readonly #scratch: number;

  /** @throws RangeError when the plan reaches outside its own regions, or memory does not suffice */
  constructor(network: Network, plan: Plan) {
    verifyPlan(plan);
    this.network = network;
    this.plan = plan;
    this.#constants = this.arena.place(plan.constants);
    this.#scratch = this.arena.allocate(plan.scratchBytes);
  }

  open(): Stream {
    const state = this.arena.allocate(this.plan.stateBytes);
    return new Stream(this.network, this.plan, this.arena, [this.#constants, this.#scratch, state]);
  }
}

/** An input, state or output of a stream: its name, and where the floats of its values are. */
class Slot {
  readonly name: string;
  readonly size: number;
  readonly #arena: Arena;
  readonly #parts: readonly { readonly index: number; readonly size: number }[];
  #views: Float32Array[] = []; // one a part

  constructor(arena: Arena, { name, values }: TensorLayout, plan: Plan, regions: Regions) {
    this.name = name;
    this.#arena = arena;
    this.#parts = values.map((id) => ({ index: bindPointer(plan.ports[id].pointer, regions) >> 2, size: plan.ports[id].size }));
    this.size = this.#parts.reduce((sum, { size }) => sum + size, 0);
  }

  /** Copies the frame [size] into memory. */
  write(frame: Float32Array): void {
    let at = 0;
    for (const view of this.#current()) {
      view.set(this.#parts.length === 1 ? frame : frame.subarray(at, at + view.length));
      at += view.length;
    }
  }

  /** Copies memory into the frame [size]. */
  read(frame: Float32Array): void {
    let at = 0;
    for (const view of this.#current()) {
      frame.set(view, at);
      at += view.length;
    }
  }

  /** Views are kept, and taken again after memory has grown, which leaves them empty. */
  #current(): readonly Float32Array[] {
    if (this.#views.length === 0 || this.#views[0].length === 0) {
      const { f32 } = this.#arena;
      this.#views = this.#parts.map(({ index, size }) => f32.subarray(index, index + size));
    }
    return this.#views;
  }
}

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
    for (const slot of given) check(slot, states[slot.name]);
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
      check(this.#inputs[0], frame);
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
    for (const slot of this.#inputs) check(slot, frames?.[slot.name]);
    for (const slot of this.#inputs) slot.write(frames[slot.name]);
  }
}

/** @throws InputError when `floats` is not what a slot takes */
function check(slot: Slot, floats: unknown): void {
  const expected = `expected a Float32Array of ${slot.size}`;
  if (!isFloat32Array(floats)) throw new InputError(`"${slot.name}": got ${floats === undefined ? 'nothing' : typeName(floats)}, ${expected}`);
  if (floats.length !== slot.size) throw new InputError(`"${slot.name}": got ${floats.length} floats, ${expected}`);
  const bad = findNotFinite(floats);
  if (bad >= 0) throw new InputError(`"${slot.name}": element ${bad} is ${floats[bad]}, expected finite numbers`);
}

function refuseUnknown(what: string, given: Readonly<Record<string, unknown>>, slots: readonly Slot[]): void {
  if (typeof given !== 'object' || given === null) throw new InputError(`got ${typeName(given)}, expected one Float32Array for each of ${names(slots)}`);
  for (const name of Object.keys(given)) {
    if (!slots.some((slot) => slot.name === name)) throw new InputError(`${what} "${name}" does not exist; this model has ${names(slots)}`);
  }
}

function names(slots: readonly Slot[]): string {
  return slots.length === 0 ? 'none' : slots.map(({ name }) => `"${name}"`).join(', ');
}
