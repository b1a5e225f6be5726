import type { Precision } from '../kernels/layout.js';
import { verifyPointer, verifyProgram, verifyRegions, type Regions } from '../kernels/program.js';
import type { FrameOutput, FramePort, HostLayer, Schedule } from '../streaming/frame-network.js';

/** Where a value's `size` floats are. */
export interface Port {
  readonly pointer: number;
  readonly size: number;
}

/** Kernel calls, or one operation of the host, that run at the same frames. */
export type Section = KernelSection | HostSection;

export interface KernelSection {
  readonly kind: 'kernels';
  readonly schedule: Schedule;
  readonly program: Int32Array;
}

export interface HostSection {
  readonly kind: 'host';
  readonly schedule: Schedule;
  readonly layer: HostLayer;
}

/**
 * A network ready to run frame by frame, as plain data: it can be cloned, posted to a worker or an audio worklet, and replayed by
 * any host of the kernels. Regions: `constants` are shared by all streams of a model, scratch too; every stream has its own state.
 */
export interface Plan {
  readonly precision: Precision;
  readonly constants: Uint8Array;
  readonly scratchBytes: number;
  readonly stateBytes: number;
  /** What begins a sequence, after the initial states were written. */
  readonly reset: readonly Section[];
  /** What makes one frame. */
  readonly step: readonly Section[];
  /** In the order of `FrameNetwork.values`. */
  readonly ports: readonly Port[];
  /** Given at every frame. */
  readonly inputs: readonly FramePort[];
  /** Given once a sequence. */
  readonly states: readonly FramePort[];
  readonly outputs: readonly FrameOutput[];
  /** Bytes of constants that each layer takes, in the order of `FrameNetwork.layers`. */
  readonly layerBytes: readonly number[];
}

/**
 * Checks once that no kernel call, no operation and no port of the plan reaches outside its regions.
 *
 * @throws RangeError naming the kernel and the argument
 */
export function verifyPlan(plan: Plan): void {
  const { constants, scratchBytes, stateBytes, reset, step, ports, inputs, states, outputs } = plan;
  const regions: Regions = [constants.byteLength, scratchBytes, stateBytes];
  verifyRegions(regions);
  for (const section of [...reset, ...step]) {
    if (section.kind === 'kernels') verifyProgram(section.program, constants, regions);
    else verifyHost(section.layer, plan);
  }
  for (const { pointer, size } of ports)
    verifyPointer(pointer, Number.isInteger(size) && size >= 0 ? 4 * size : Infinity, regions);
  for (const { name, value } of [...inputs, ...states, ...outputs])
    if (!ports[value]) throw new RangeError(`plan: "${name}" has no port`);
  for (const { value } of [...inputs, ...states])
    verifyPointer(ports[value].pointer, 0, [-1, scratchBytes, stateBytes], 'plan: what is written');
  for (const { schedule } of [...reset, ...step, ...outputs])
    if (!(schedule.from >= 0 && schedule.every >= 1))
      throw new RangeError(`plan: schedule ${JSON.stringify(schedule)}`);
}

/** The operation itself checks its operands' sizes; here they are held against their values. */
function verifyHost({ name, inputs, outputs, operands }: HostLayer, { ports }: Plan): void {
  const check = (value: number | null, size: number, what: string): void => {
    if (value === null) return;
    if (!ports[value] || !(ports[value].size >= size))
      throw new RangeError(`plan: ${name}: ${what} has ${ports[value]?.size ?? 'no'} floats, expected ${size}`);
  };
  inputs.forEach((value, i) => check(value, operands[i]?.dims.reduce((a, b) => a * b, 1) ?? 0, `input ${i}`));
  outputs.forEach((value, i) => check(value, 0, `output ${i}`));
}
