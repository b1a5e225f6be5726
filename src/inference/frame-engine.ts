import type { FrameOutput, FramePort } from '../streaming/frame-network.js';
import type { Slot } from '../streaming/slots.js';
import type { Machine } from './machine.js';
import type { Session } from './session.js';
import type { Engine, OutputSlot } from './stream.js';

/** A network frame by frame, state carried on. */
export class FrameEngine implements Engine {
  readonly inputs: readonly Slot[];
  readonly states: readonly Slot[];
  readonly outputs: readonly OutputSlot[];
  readonly #machine: Machine;
  readonly #ports: readonly FrameOutput[];
  readonly #inputViews: readonly { readonly floats: Float32Array }[];
  readonly #stateViews: readonly { readonly floats: Float32Array }[];
  readonly #outputViews: readonly { readonly floats: Float32Array }[];

  constructor(session: Session) {
    const { inputs, states, outputs, ports: places } = session.plan;
    const machine = session.open();
    const slots = (ports: readonly FramePort[]): Slot[] =>
      ports.map(({ name, value }) => ({ name, size: places[value].size }));
    const views = (ports: readonly FramePort[]) => ports.map(({ value }) => machine.view(value));
    [this.inputs, this.states] = [slots(inputs), slots(states)];
    this.outputs = outputs.map((port, i) => ({ ...slots(outputs)[i], every: port.schedule.every }));
    [this.#inputViews, this.#stateViews, this.#outputViews] = [views(inputs), views(states), views(outputs)];
    this.#machine = machine;
    this.#ports = outputs;
  }

  writeInput(index: number, frame: Float32Array): void {
    this.#inputViews[index].floats.set(frame);
  }

  writeState(index: number, state: Float32Array): void {
    this.#stateViews[index].floats.set(state);
  }

  clear(): void {
    this.#machine.clear();
  }

  begin(): void {
    this.#machine.begin();
  }

  compute(outputs: readonly Float32Array[], made: boolean[]): void {
    const frame = this.#machine.frames;
    this.#machine.step();
    for (let i = 0; i < outputs.length; i++) {
      const { from, every } = this.#ports[i].schedule;
      made[i] = frame >= from && (frame - from) % every === 0;
      if (made[i]) outputs[i].set(this.#outputViews[i].floats);
    }
  }

  release(): void {
    this.#machine.release();
  }
}
