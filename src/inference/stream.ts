import { InputError } from '../errors.js';
import type { Slot } from '../streaming/slots.js';
import { findNotFinite, isFloat32Array, typeName } from '../typed-arrays.js';
import { refuseUnknown } from './names.js';

export interface OutputSlot extends Slot {
  /** Frames of input from one answer to the next. */
  readonly every: number;
}

/** What a stream drives: a network on one sequence, which checks nothing. */
export interface Engine {
  readonly inputs: readonly Slot[];
  readonly states: readonly Slot[];
  readonly outputs: readonly OutputSlot[];
  writeInput(index: number, frame: Float32Array): void;
  writeState(index: number, state: Float32Array): void;
  /** Forgets the sequence before. */
  clear(): void;
  /** After the states have been written. */
  begin(): void;
  /** Takes the frame that has been written, fills the outputs that it has made, and says of each whether it has. */
  compute(outputs: readonly Float32Array[], made: boolean[]): void;
  release(): void;
}

/** A network running on one sequence, frame by frame. Frames of one tensor are its features, row-major without batch and time. */
export class Stream {
  /** Outputs of the last `step` that made some, by name: zeros until then, overwritten by the next one. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
  readonly #engine: Engine;
  readonly #outputs: readonly Float32Array[];
  readonly #names: readonly string[];
  readonly #made: boolean[];
  #isOpen = true;

  /** @internal Use `model.stream()`. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#outputs = engine.outputs.map(({ size }) => new Float32Array(size));
    this.#names = engine.outputs.map(({ name }) => name);
    this.outputs = Object.fromEntries(this.#names.map((name, i) => [name, this.#outputs[i]]));
    this.#made = engine.outputs.map(() => false);
    this.reset();
  }

  /**
   * Whether the last `step` has made outputs. Always, but for networks that look ahead, take steps over several frames, or run on a
   * window that is not full.
   */
  get fresh(): boolean {
    return this.#made.includes(true);
  }

  /** Whether the last `step` has made this output: outputs may come at different rates. */
  isFresh(output: string): boolean {
    return this.#made[this.#names.indexOf(output)] ?? false;
  }

  /** What `step` takes. */
  get inputSlots(): readonly Slot[] {
    return this.#engine.inputs;
  }

  /** What `reset` takes. */
  get stateSlots(): readonly Slot[] {
    return this.#engine.states;
  }

  /** What `step` returns. */
  get outputSlots(): readonly OutputSlot[] {
    return this.#engine.outputs;
  }

  /**
   * Begins a new sequence.
   *
   * @param states initial states by name, row-major; one that is left out is zero
   * @throws InputError for an unknown name, a wrong type or length, or numbers that are not finite; the stream is then as before
   */
  reset(states: Readonly<Record<string, Float32Array>> = {}): void {
    this.#assertOpen();
    refuseUnknown('state', 'Float32Array', states, this.#engine.states);
    for (const slot of this.#engine.states) if (states[slot.name] !== undefined) checkFrame(slot, states[slot.name]);
    this.#engine.clear();
    this.#engine.states.forEach(({ name }, i) => {
      if (states[name] !== undefined) this.#engine.writeState(i, states[name]);
    });
    this.#engine.begin();
    this.#made.fill(false);
    for (const output of this.#outputs) output.fill(0);
  }

  /**
   * One frame in, the outputs of that frame out. Of a stateful stream it allocates nothing.
   *
   * @param frame the features of the frame, or, for a model with several inputs, those of each by name; whole numbers, such as
   *   the tokens of a decoder, are floats here too
   * @returns `outputs`, overwritten by the next step
   * @throws InputError for a missing or unknown input, a wrong type or length, or numbers that are not finite; the stream is then
   *   as before. An index that a table of embeddings does not have is only found on the way: reset the stream then
   */
  step(frame: Float32Array | Readonly<Record<string, Float32Array>>): Readonly<Record<string, Float32Array>> {
    this.#assertOpen();
    if (
      this.#engine.inputs.length === 1 &&
      (ArrayBuffer.isView(frame) || typeof frame !== 'object' || frame === null)
    ) {
      checkFrame(this.#engine.inputs[0], frame);
      this.#engine.writeInput(0, frame as Float32Array);
    } else {
      this.#writeByName(frame as Readonly<Record<string, Float32Array>>);
    }
    this.#engine.compute(this.#outputs, this.#made);
    return this.outputs;
  }

  /** Gives the stream's memory back; it can't be used any more. */
  close(): void {
    if (this.#isOpen) this.#engine.release();
    this.#isOpen = false;
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new InputError('this stream is closed; open another one with model.stream()');
  }

  #writeByName(frames: Readonly<Record<string, Float32Array>>): void {
    refuseUnknown('input', 'Float32Array', frames, this.#engine.inputs);
    for (const slot of this.#engine.inputs) checkFrame(slot, frames?.[slot.name]);
    this.#engine.inputs.forEach(({ name }, i) => this.#engine.writeInput(i, frames[name]));
  }
}

/** @throws InputError when `floats` is not what a slot takes */
function checkFrame(slot: Slot, floats: unknown): void {
  // A message that is made before it is needed is garbage at every frame.
  if (!isFloat32Array(floats)) throw wrongFrame(slot, floats === undefined ? 'nothing' : typeName(floats));
  if (floats.length !== slot.size) throw wrongFrame(slot, `${floats.length} floats`);
  const bad = findNotFinite(floats);
  if (bad >= 0) throw new InputError(`"${slot.name}": element ${bad} is ${floats[bad]}, expected finite numbers`);
}

const wrongFrame = ({ name, size }: Slot, got: string): InputError =>
  new InputError(`"${name}": got ${got}, expected a Float32Array of ${size}`);
