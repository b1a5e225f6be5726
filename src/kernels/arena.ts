import { UnsupportedModelError } from '../errors.js';
import { align, ALIGNMENT } from './layout.js';
import { instantiateKernels, type KernelExports } from './module.js';

const PAGE = 65536;

/** One instance of the kernels and its memory, handed out in 16-byte aligned blocks that begin as zeros. */
export class Arena {
  readonly kernels: KernelExports;
  /** The first byte that was never handed out; address 0 stays free, so that it can't be mistaken for a buffer. */
  #top = ALIGNMENT;
  readonly #released = new Map<number, number[]>();
  #f32: Float32Array;

  readonly #compiled: WebAssembly.Module;

  constructor(compiled: WebAssembly.Module) {
    this.#compiled = compiled;
    this.kernels = instantiateKernels(compiled);
    this.#f32 = new Float32Array(this.kernels.memory.buffer);
  }

  /** An empty one, of the same kernels. */
  another(): Arena {
    return new Arena(this.#compiled);
  }

  /** Bytes of WebAssembly memory. */
  get byteLength(): number {
    return this.kernels.memory.buffer.byteLength;
  }

  /** The whole memory as floats. Ask again after anything that may have grown it: growing detaches every view. */
  get f32(): Float32Array {
    if (this.#f32.length === 0) this.#f32 = new Float32Array(this.kernels.memory.buffer);
    return this.#f32;
  }

  /** @throws UnsupportedModelError when WebAssembly memory can't grow that far */
  allocate(bytes: number): number {
    const size = align(bytes, ALIGNMENT);
    const offset = this.#released.get(size)?.pop() ?? this.#extend(size);
    new Uint8Array(this.kernels.memory.buffer, offset, size).fill(0);
    return offset;
  }

  /** A block holding a copy of `bytes`. */
  place(bytes: Uint8Array): number {
    const offset = this.allocate(bytes.byteLength);
    new Uint8Array(this.kernels.memory.buffer).set(bytes, offset);
    return offset;
  }

  /** Gives a block of `allocate(bytes)` back. */
  release(offset: number, bytes: number): void {
    const size = align(bytes, ALIGNMENT);
    const blocks = this.#released.get(size);
    if (blocks) blocks.push(offset);
    else this.#released.set(size, [offset]);
  }

  #extend(size: number): number {
    const offset = this.#top;
    const missing = Math.ceil((offset + size - this.byteLength) / PAGE);
    if (missing > 0) {
      try {
        this.kernels.memory.grow(missing);
      } catch {
        throw new UnsupportedModelError(
          `arena: ${size} bytes more than the ${offset} in use exceed WebAssembly memory; use a smaller model`,
        );
      }
    }
    this.#top = offset + size;
    return offset;
  }
}
