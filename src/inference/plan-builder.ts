import { paddedRows, paddedSize, quantizedBytes, type Precision } from '../kernels/layout.js';
import { ProgramBuilder, RegionBuilder } from '../kernels/program.js';
import { BINARY_FUNCTIONS, UNARY_FUNCTIONS, type KernelName } from '../kernels/table.js';
import type { FrameNetwork, FrameValueId, HostLayer, Schedule } from '../streaming/frame-network.js';
import type { Matrix, Packer } from './packing.js';
import type { Plan, Port, Section } from './plan.js';

/** Every frame, from the first on. */
export const ALWAYS: Schedule = { from: 0, every: 1 };

const isSame = (a: Schedule, b: Schedule): boolean => a.from === b.from && a.every === b.every;

/** Sections in the making: calls of one schedule follow each other in one program. */
class SectionsBuilder {
  readonly #sections: Section[] = [];
  #program: ProgramBuilder | null = null;
  #schedule = ALWAYS;

  call(schedule: Schedule, name: KernelName, args: readonly number[]): void {
    if (!this.#program || !isSame(this.#schedule, schedule)) {
      this.#close();
      this.#program = new ProgramBuilder();
      this.#schedule = schedule;
    }
    this.#program.call(name, ...args);
  }

  host(schedule: Schedule, layer: HostLayer): void {
    this.#close();
    this.#sections.push({ kind: 'host', schedule, layer });
  }

  finish(): Section[] {
    this.#close();
    return this.#sections;
  }

  #close(): void {
    if (this.#program)
      this.#sections.push({ kind: 'kernels', schedule: this.#schedule, program: this.#program.finish() });
    this.#program = null;
  }
}

/** A plan in the making: three regions, the places of values, the calls of a reset and of a step. */
export class PlanBuilder {
  readonly constants = new RegionBuilder('constants');
  readonly scratch = new RegionBuilder('scratch');
  readonly state = new RegionBuilder('state');
  /** When what is added now runs; null for once a sequence. */
  schedule: Schedule | null = ALWAYS;
  readonly #reset = new SectionsBuilder();
  readonly #step = new SectionsBuilder();
  readonly #network: FrameNetwork;
  readonly #ports: Port[];
  /** Pointers to the int16 forms of values, which hold as long as their section. */
  readonly #quantized = new Map<string, number>();

  constructor(
    network: FrameNetwork,
    readonly precision: Precision,
    readonly packer: Packer,
  ) {
    this.#network = network;
    this.#ports = network.values.map(({ size }) => ({ pointer: 0, size }));
  }

  /** Adds a kernel call to the step, or to the reset where nothing of a frame is read. */
  call(name: KernelName, ...args: number[]): void {
    if (this.schedule) this.#step.call(this.schedule, name, args);
    else this.#reset.call(ALWAYS, name, args);
  }

  /** A call that begins a sequence, whatever the schedule is. */
  atReset(name: KernelName, ...args: number[]): void {
    this.#reset.call(ALWAYS, name, args);
  }

  host(layer: HostLayer): void {
    if (this.schedule) this.#step.host(this.schedule, layer);
    else this.#reset.host(ALWAYS, layer);
  }

  unary(x: number, y: number, size: number, name: string, alpha = 0, beta = 0): void {
    const parameters = this.floats(Float32Array.of(alpha, beta, 0, 0));
    this.call('unary', x, parameters, y, size, (UNARY_FUNCTIONS as readonly string[]).indexOf(name));
  }

  binary(a: number, b: number, y: number, size: number, name: (typeof BINARY_FUNCTIONS)[number]): void {
    this.call('binary', a, b, y, size, BINARY_FUNCTIONS.indexOf(name));
  }

  sizeOf(id: FrameValueId): number {
    return this.#ports[id].size;
  }

  pointer(id: FrameValueId): number {
    return this.#ports[id].pointer;
  }

  place(id: FrameValueId, pointer: number): void {
    if (id >= 0) this.#ports[id] = { pointer, size: this.#ports[id].size };
  }

  /**
   * A place for a value: room for what the widest kernel writes, 16 rows at a time. One that is not made at every frame is a
   * stream's own.
   */
  reserve(id: FrameValueId): number {
    const region = this.schedule && isSame(this.schedule, ALWAYS) ? this.scratch : this.state;
    const pointer = region.reserve(4 * paddedRows(this.#ports[id].size));
    this.place(id, pointer);
    return pointer;
  }

  /** Constant floats, padded with zeros as values are. */
  floats(data: Float32Array): number {
    const padded = new Float32Array(paddedSize(data.length));
    padded.set(data);
    return this.constants.place(new Uint8Array(padded.buffer));
  }

  /** The pointer to a value, or to a constant. */
  source(value: FrameValueId | Float32Array): number {
    return typeof value === 'number' ? this.pointer(value) : this.floats(value);
  }

  /** Packed matrices, one right behind the other: the bytes of each are a multiple of the alignment. */
  matrices(precision: Precision, ...matrices: Matrix[]): number {
    const pointers = matrices.map((matrix) => this.constants.place(this.packer.pack(precision, matrix)));
    return pointers[0];
  }

  /** The pointer to the int16 form of a value, which a call is added for where the section has none. */
  quantizedForm(id: FrameValueId): number {
    const known = this.#quantized.get(this.#key(id));
    if (known !== undefined) return known;
    const n = paddedSize(this.#ports[id].size);
    const quantized = this.scratch.reserve(quantizedBytes(n));
    this.call('quantize', this.pointer(id), quantized, n);
    this.setQuantized(id, quantized);
    return quantized;
  }

  setQuantized(id: FrameValueId, pointer: number): void {
    this.#quantized.set(this.#key(id), pointer);
  }

  plan(layerBytes: readonly number[]): Plan {
    return {
      precision: this.precision,
      constants: this.constants.finish(),
      scratchBytes: this.scratch.size,
      stateBytes: this.state.size,
      reset: this.#reset.finish(),
      step: this.#step.finish(),
      ports: this.#ports,
      inputs: this.#network.inputs,
      states: this.#network.states,
      outputs: this.#network.outputs,
      layerBytes,
    };
  }

  #key(id: FrameValueId): string {
    return `${id} ${this.schedule?.from} ${this.schedule?.every}`;
  }
}
