import type { Arena } from '../kernels/arena.js';
import { AFFINE } from '../kernels/kernel.js';
import { align } from '../kernels/layout.js';
import { fillTable, type Polyphase } from './polyphase.js';

/** Samples that go through the kernel at a time: in the input, and about so many in the output. */
const PIECE = 2048;
const PIECE_OUT = 4096;
/** Outputs that `decimate` computes a turn. */
const TURN = 8;

/** The kernel, its table, and the input that is still needed: samples in, outputs out. */
export class PolyphaseFilter {
  readonly #plan: Polyphase;
  readonly #arena: Arena;
  readonly #blockBytes: number;
  readonly #block: number; // table | input | output | scale
  readonly #piece: number; // input samples at a time
  /** Zeros behind the input, which the last lanes of `resample` read for outputs that are not ready. */
  readonly #slack: number;
  /** Indices of floats in the arena. */
  readonly #input: number; // [columns + piece + slack]
  readonly #output: number; // 8 floats, then [piece·unit / step + 16]
  readonly #scale: number; // α = 2^−15, β = 0, α = 2^15, β = 0
  /** What the kernel made, by the parity of how much: equal chunks make two lengths at most, and views are garbage. */
  readonly #made: Float32Array[];
  /** Input samples that are there. */
  #filled = 0;
  /** Input is on the scale of int16: it is fewer outputs than inputs that are divided, where the rate falls. */
  #isInt16 = false;
  /** Of the next output: its group's place in the period, the group's phase in ticks, its lane. It reads from #input on. */
  #group = 0;
  #phase = 0;
  #lane = 0;

  constructor(plan: Polyphase, arena: Arena) {
    const { step, unit, before, lanes, columns, tableFloats } = plan;
    this.#plan = plan;
    this.#arena = arena;
    this.#piece = Math.max(before + 1, Math.min(PIECE, Math.floor((PIECE_OUT * step) / unit)));
    this.#slack = lanes === 1 ? 0 : columns - 2 * before;
    const inputAt = align(tableFloats, 4);
    const unready = lanes === 1 ? (TURN - 1) * step : this.#slack; // `decimate` computes them from anything
    const outputAt = align(inputAt + columns + this.#piece + unready, 4) + 8;
    const scaleAt = outputAt + align(Math.ceil((this.#piece * unit) / step) + 16, 4);
    this.#blockBytes = 4 * (scaleAt + 4);
    this.#block = arena.allocate(this.#blockBytes);
    const first = this.#block >> 2;
    this.#input = first + inputAt;
    this.#output = first + outputAt;
    this.#scale = first + scaleAt;
    arena.f32.set([1 / 32768, 0, 32768, 0], this.#scale);
    fillTable(plan, arena.f32.subarray(first, first + tableFloats));
    this.#made = [arena.f32.subarray(0, 0), arena.f32.subarray(0, 0)];
    this.reset();
  }

  reset(): void {
    this.#filled = this.#plan.before;
    this.#arena.f32.fill(0, this.#input, this.#input + this.#filled);
    this.#group = this.#phase = this.#lane = 0;
  }

  /** @returns how many outputs were written to `out` */
  push(samples: Int16Array | Float32Array, out: Float32Array): number {
    let made = 0;
    for (let at = 0; at < samples.length; at += this.#piece) {
      this.#take(samples, at, Math.min(this.#piece, samples.length - at));
      made += this.#run(out, made, this.#ready());
    }
    return made;
  }

  /** Gives its memory back; it can't be used any more. */
  close(): void {
    this.#arena.release(this.#block, this.#blockBytes);
  }

  /** The same with zeros, for the outputs that lie before the end. */
  flush(out: Float32Array): number {
    const { unit, step, before } = this.#plan;
    const remaining = Math.max(0, Math.ceil((this.#filled * unit - this.#next()) / step));
    const end = this.#input + this.#filled;
    this.#arena.f32.fill(0, end, end + before + 1);
    this.#filled += before + 1;
    return this.#run(out, 0, remaining);
  }

  /** `set` copies and converts blocks, several times as fast as a loop; of a part of `samples` it would need a view. */
  #take(samples: Int16Array | Float32Array, at: number, count: number): void {
    const memory = this.#arena.f32;
    const end = this.#input + this.#filled;
    const isInt16 = samples.BYTES_PER_ELEMENT === 2;
    if (isInt16 !== this.#isInt16) this.#multiply(this.#input, this.#filled, isInt16 ? 2 : 0);
    this.#isInt16 = isInt16;
    if (count === samples.length) memory.set(samples, end);
    else for (let i = 0; i < count; i++) memory[end + i] = samples[at + i];
    this.#filled += count;
  }

  /** Floats at an index, by the number at a place of #scale: a power of two, exactly. */
  #multiply(index: number, count: number, place: number): void {
    this.#arena.kernels.unary(4 * index, 4 * (this.#scale + place), 4 * index, count, AFFINE);
  }

  /** Where the next output lies, in ticks behind the first sample of the input. */
  #next(): number {
    const { unit, step, before } = this.#plan;
    return before * unit + this.#phase + this.#lane * step;
  }

  /** Outputs whose last input is there. */
  #ready(): number {
    const { unit, step, ahead } = this.#plan;
    return Math.max(0, Math.floor((this.#filled * unit - ahead - this.#next()) / step) + 1);
  }

  #run(out: Float32Array, at: number, count: number): number {
    if (count === 0) return 0;
    const { step, lanes, columns, groups } = this.#plan;
    const { f32: memory, kernels } = this.#arena;
    const end = this.#input + this.#filled;
    for (let i = end; i < end + this.#slack; i++) memory[i] = 0;
    const x = 4 * this.#input;
    // The lanes before this output's were given before; the output itself always goes to the same place.
    const y = 4 * (this.#output - this.#lane);
    if (lanes === 1) kernels.decimate(x, this.#block, y, Math.ceil(count / TURN), columns, 4 * step);
    else kernels.resample(x, this.#block, y, Math.ceil((this.#lane + count) / lanes), columns, this.#group, groups);
    if (this.#isInt16) this.#multiply(this.#output, count, 0);
    out.set(this.#outputs(count), at);
    this.#advance(count);
    return count;
  }

  #outputs(count: number): Float32Array {
    const known = this.#made[count & 1];
    if (known.length === count) return known; // a view that growing memory has detached has no length
    return (this.#made[count & 1] = this.#arena.f32.subarray(this.#output, this.#output + count));
  }

  /** Steps over outputs, and drops the input that no later one needs. */
  #advance(count: number): void {
    const { unit, step, lanes, groups } = this.#plan;
    const passed = Math.floor((this.#lane + count) / lanes);
    const phase = this.#phase + passed * lanes * step;
    const dropped = Math.floor(phase / unit);
    this.#phase = phase % unit;
    this.#group = (this.#group + passed) % groups;
    this.#lane = (this.#lane + count) % lanes;
    this.#filled -= dropped;
    this.#arena.kernels.copy(4 * this.#input, 4 * this.#input, 4 * dropped, 0, 4 * this.#filled);
  }
}
