import { InputError } from '../errors.js';
import type { Arena } from '../kernels/arena.js';
import { bindPointer, type Regions } from '../kernels/program.js';
import type { TensorLayout } from '../model/network.js';
import { findNotFinite, isFloat32Array, typeName } from '../typed-arrays.js';
import type { Plan } from './plan.js';

/** An input, state or output of a stream: its name, and where the floats of its values are. */
export class Slot {
  readonly name: string;
  readonly size: number;
  readonly #arena: Arena;
  readonly #parts: readonly { readonly index: number; readonly size: number }[];
  #views: Float32Array[] = []; // one a part

  constructor(arena: Arena, { name, values }: TensorLayout, plan: Plan, regions: Regions) {
    this.name = name;
    this.#arena = arena;
    this.#parts = values.map((id) => ({
      index: bindPointer(plan.ports[id].pointer, regions) >> 2,
      size: plan.ports[id].size,
    }));
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

/** @throws InputError when `floats` is not what a slot takes */
export function checkFrame(slot: Slot, floats: unknown): void {
  const expected = `expected a Float32Array of ${slot.size}`;
  if (!isFloat32Array(floats))
    throw new InputError(`"${slot.name}": got ${floats === undefined ? 'nothing' : typeName(floats)}, ${expected}`);
  if (floats.length !== slot.size) throw new InputError(`"${slot.name}": got ${floats.length} floats, ${expected}`);
  const bad = findNotFinite(floats);
  if (bad >= 0) throw new InputError(`"${slot.name}": element ${bad} is ${floats[bad]}, expected finite numbers`);
}

export function refuseUnknown(what: string, given: Readonly<Record<string, unknown>>, slots: readonly Slot[]): void {
  if (typeof given !== 'object' || given === null)
    throw new InputError(`got ${typeName(given)}, expected one Float32Array for each of ${names(slots)}`);
  for (const name of Object.keys(given)) {
    if (!slots.some((slot) => slot.name === name))
      throw new InputError(`${what} "${name}" does not exist; this model has ${names(slots)}`);
  }
}

function names(slots: readonly Slot[]): string {
  return slots.length === 0 ? 'none' : slots.map(({ name }) => `"${name}"`).join(', ');
}
