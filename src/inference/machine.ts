import type { Arena } from '../kernels/arena.js';
import { bindPointer, bindProgram, type Regions } from '../kernels/program.js';
import { execute } from '../kernels/table.js';
import type { Numbers } from '../model/network.js';
import type { Prepared } from '../operators/operator.js';
import type { FrameValueId, HostLayer } from '../streaming/frame-network.js';
import type { Plan, Section } from './plan.js';

/** The host's operations of a plan, ready to run: shared by all streams. */
export type PreparedLayers = ReadonlyMap<HostLayer, Prepared>;

/** A place in memory, as floats: a view that is kept, and taken again after memory has grown, which leaves it empty. */
class View {
  #view: Float32Array | null = null;

  constructor(
    readonly arena: Arena,
    readonly index: number,
    readonly size: number,
  ) {}

  get floats(): Float32Array {
    if (!this.#view || (this.#view.length === 0 && this.size > 0))
      this.#view = this.arena.f32.subarray(this.index, this.index + this.size);
    return this.#view;
  }
}

interface Bound {
  readonly from: number;
  readonly every: number;
  run(): void;
}

/** A plan at work on one sequence: its state, and sections that run when their frames come. Nothing is checked here. */
export class Machine {
  readonly #plan: Plan;
  readonly #arena: Arena;
  readonly #regions: Regions;
  readonly #prepared: PreparedLayers;
  readonly #reset: readonly Bound[];
  readonly #step: readonly Bound[];
  #frame = 0;

  constructor(plan: Plan, arena: Arena, constants: number, scratch: number, prepared: PreparedLayers) {
    this.#plan = plan;
    this.#arena = arena;
    this.#prepared = prepared;
    this.#regions = [constants, scratch, arena.allocate(plan.stateBytes)];
    this.#reset = plan.reset.map((section) => this.#bind(section));
    this.#step = plan.step.map((section) => this.#bind(section));
  }

  /** Frames since the sequence began. */
  get frames(): number {
    return this.#frame;
  }

  /** Where a value's floats are now; overwritten when they are made again. */
  floats(value: FrameValueId): Float32Array {
    return this.#view(value).floats;
  }

  /** A function of the same, for a hot path. */
  view(value: FrameValueId): { readonly floats: Float32Array } {
    return this.#view(value);
  }

  /** Clears the state; what is written into states before `begin` is where the sequence starts from. */
  clear(): void {
    const start = this.#regions[2] >> 2;
    this.#arena.f32.fill(0, start, start + (this.#plan.stateBytes >> 2));
    this.#frame = 0;
  }

  begin(): void {
    for (const section of this.#reset) section.run();
  }

  /** One frame. Allocates nothing. */
  step(): void {
    const frame = this.#frame++;
    for (const section of this.#step) {
      if (frame >= section.from && (frame - section.from) % section.every === 0) section.run();
    }
  }

  release(): void {
    this.#arena.release(this.#regions[2], this.#plan.stateBytes);
  }

  #view(value: FrameValueId): View {
    const { pointer, size } = this.#plan.ports[value];
    return new View(this.#arena, bindPointer(pointer, this.#regions) >> 2, size);
  }

  #bind(section: Section): Bound {
    const { from, every } = section.schedule;
    if (section.kind === 'kernels') {
      const program = bindProgram(section.program, this.#regions);
      const { kernels } = this.#arena;
      return { from, every, run: () => execute(program, kernels) };
    }
    const { operands, inputs, outputs } = section.layer;
    const prepared = this.#prepared.get(section.layer)!;
    const inViews = inputs.map((value) => (value === null ? null : this.#view(value)));
    const outViews = outputs.map((value) => (value === null ? null : this.#view(value)));
    const given: (Numbers | null)[] = operands.map((operand) => operand?.data ?? null);
    const made: (Numbers | null)[] = outputs.map(() => null);
    const run = (): void => {
      for (let i = 0; i < inViews.length; i++) if (inViews[i]) given[i] = inViews[i]!.floats;
      for (let i = 0; i < outViews.length; i++) if (outViews[i]) made[i] = outViews[i]!.floats;
      prepared.compute(given, made);
    };
    return { from, every, run };
  }
}
