/** What a stream of a network takes and gives at a frame, known before there is one. */
import type { Network, Port, ValueId } from '../model/network.js';
import { elements } from '../operators/operator.js';
import type { Analysis } from './analyze.js';
import type { WindowShapes } from './window-shapes.js';

/** An input, state or output of a stream: the floats of one frame, whatever the layout of batch and time in the file. */
export interface Slot {
  readonly name: string;
  readonly size: number;
}

export interface Slots {
  readonly inputs: readonly Slot[];
  readonly states: readonly Slot[];
  readonly outputs: readonly Slot[];
}

/** @param window of a model that runs on windows */
export function slotsOf(
  network: Network,
  { inputDims, timeAxes, outputAxes, shapes }: Analysis,
  window: WindowShapes | null,
): Slots {
  const given = ({ name, value }: Port) => ({
    name,
    size: elements((inputDims.get(value) ?? []).filter((dim) => dim !== null)),
  });
  const sizeOf = (value: ValueId): number => {
    const dims = window?.shapes?.operands[value]?.dims ?? shapes.get(value) ?? [];
    const own = dims.filter((_, axis) => axis !== outputAxes.get(value));
    return elements(own.map((dim) => (typeof dim === 'number' ? dim : 1)));
  };
  return {
    inputs: network.inputs.filter(({ value }) => timeAxes.has(value)).map(given),
    states: network.inputs.filter(({ value }) => !timeAxes.has(value)).map(given),
    outputs: network.outputs.map(({ name, value }) => ({ name, size: sizeOf(value) })),
  };
}
