import { align, ALIGNMENT } from './layout.js';
import { KERNELS, type Kernel, type KernelName } from './table.js';

/**
 * A program is a frozen list of kernel calls, `[kernel, pointers…, counts…]*` in one Int32Array: it can be printed, cloned
 * and posted, and is checked once, before it runs. A pointer is an offset into one of three regions, whose number takes the
 * low bits that alignment leaves free.
 */
const Region = { constants: 0, scratch: 1, state: 2 } as const;
export type RegionName = keyof typeof Region;
const REGION_NAMES = Object.keys(Region);

/** Where the regions begin in memory, or how many bytes they have. */
export type Regions = readonly [constants: number, scratch: number, state: number];

export function pointerTo(region: RegionName, offset: number): number {
  return offset | Region[region];
}

const regionOf = (pointer: number): number => pointer & (ALIGNMENT - 1);
const offsetOf = (pointer: number): number => pointer & -ALIGNMENT;

/** The absolute address of a pointer. */
export function bindPointer(pointer: number, bases: Regions): number {
  return offsetOf(pointer) + bases[regionOf(pointer)];
}

const CODES = new Map(KERNELS.map((kernel, code) => [kernel.name, code]));

/** Collects kernel calls. */
export class ProgramBuilder {
  readonly #words: number[] = [];

  call(name: KernelName, ...args: number[]): void {
    const code = CODES.get(name)!;
    const { pointers, counts } = KERNELS[code];
    if (args.length !== pointers.length + counts.length) {
      throw new RangeError(
        `program: ${name}: got ${args.length} arguments, expected ${[...pointers, ...counts.map(([count]) => count)].join(', ')}`,
      );
    }
    this.#words.push(code, ...args);
  }

  finish(): Int32Array {
    return Int32Array.from(this.#words);
  }
}

interface Call {
  readonly kernel: Kernel;
  readonly pointers: number[];
  readonly counts: number[];
}

function readCalls(program: Int32Array): Call[] {
  const calls: Call[] = [];
  for (let at = 0; at < program.length;) {
    const kernel = KERNELS[program[at]];
    if (!kernel)
      throw new RangeError(`program: word ${at}: got code ${program[at]}, expected 0 to ${KERNELS.length - 1}`);
    const middle = at + 1 + kernel.pointers.length;
    const end = middle + kernel.counts.length;
    if (end > program.length) throw new RangeError(`program: word ${at}: the arguments of ${kernel.name} are cut off`);
    calls.push({ kernel, pointers: [...program.subarray(at + 1, middle)], counts: [...program.subarray(middle, end)] });
    at = end;
  }
  return calls;
}

/**
 * Refuses sizes that are no bytes, which would spoil the memory that others share.
 *
 * @throws RangeError
 */
export function verifyRegions(regions: Regions): void {
  regions.forEach((bytes, region) => {
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new RangeError(
        `plan: region ${REGION_NAMES[region]} has ${bytes} bytes, expected a whole number, 0 or more`,
      );
  });
}

/**
 * Refuses a pointer behind which `regions` do not have `bytes` bytes.
 *
 * @throws RangeError
 */
export function verifyPointer(pointer: number, bytes: number, regions: Regions, what = 'plan'): void {
  const region = regionOf(pointer);
  const offset = offsetOf(pointer);
  if (region >= regions.length || offset < 0 || !(offset + bytes <= regions[region])) {
    throw new RangeError(
      `${what}: bytes ${offset} to ${offset + bytes} of region ${REGION_NAMES[region] ?? region}, which has ${regions[region] ?? 0}`,
    );
  }
}

/**
 * Refuses a program that could touch memory outside its regions.
 *
 * @param regions the regions' sizes in bytes
 * @throws RangeError naming the kernel and the argument
 */
export function verifyProgram(program: Int32Array, constants: Uint8Array, regions: Regions): void {
  for (const { kernel, pointers, counts } of readCalls(program)) {
    kernel.counts.forEach(([name, multipleOf, choices], i) => {
      const count = counts[i];
      if (count >= 0 && count % multipleOf === 0 && !(choices && count >= choices.length)) return;
      const expected = choices ? `0 to ${choices.length - 1}` : `a multiple of ${multipleOf}, 0 or more`;
      throw new RangeError(`program: ${kernel.name}: ${name} is ${count}, expected ${expected}`);
    });
    pointers.slice(-kernel.written).forEach((pointer, i) => {
      if (regionOf(pointer) !== Region.constants) return;
      throw new RangeError(
        `program: ${kernel.name}: ${kernel.pointers.at(i - kernel.written)} is written, and is among the constants`,
      );
    });
    const verify = (extents: number[]): void =>
      pointers.forEach((pointer, i) =>
        verifyPointer(pointer, extents[i], regions, `program: ${kernel.name}: ${kernel.pointers[i]}`),
      );
    verify(kernel.extents(...counts));
    if (kernel.tableExtents) verify(kernel.tableExtents(pointers, counts, constants));
  }
}

/** The program with absolute pointers: one for each stream, since each has its own state. */
export function bindProgram(program: Int32Array, bases: Regions): Int32Array {
  return Int32Array.from(
    readCalls(program).flatMap(({ kernel, pointers, counts }) => [
      CODES.get(kernel.name)!,
      ...pointers.map((pointer) => bindPointer(pointer, bases)),
      ...counts,
    ]),
  );
}

/** One line a call, for people. */
export function printProgram(program: Int32Array): string {
  return readCalls(program)
    .map(({ kernel, pointers, counts }) => {
      const args = [
        ...pointers.map(
          (pointer, i) => `${kernel.pointers[i]}=${REGION_NAMES[regionOf(pointer)]}+${offsetOf(pointer)}`,
        ),
        ...counts.map((count, i) => `${kernel.counts[i][0]}=${kernel.counts[i][2]?.[count] ?? count}`),
      ];
      return `${kernel.name}(${args.join(', ')})`;
    })
    .join('\n');
}

/** Lays blocks out side by side in one region, each aligned. */
export class RegionBuilder {
  readonly #region: RegionName;
  readonly #blocks: { offset: number; bytes: Uint8Array }[] = [];
  /** Bytes so far. */
  size = 0;

  constructor(region: RegionName) {
    this.#region = region;
  }

  /** A pointer to `bytes` bytes that begin as zeros. */
  reserve(bytes: number): number {
    const offset = this.size;
    this.size += align(bytes, ALIGNMENT);
    return pointerTo(this.#region, offset);
  }

  /** A pointer to a copy of `bytes`. */
  place(bytes: Uint8Array): number {
    this.#blocks.push({ offset: this.size, bytes });
    return this.reserve(bytes.byteLength);
  }

  /** The region's content. */
  finish(): Uint8Array {
    const content = new Uint8Array(this.size);
    for (const { offset, bytes } of this.#blocks) content.set(bytes, offset);
    return content;
  }
}
