import { KERNELS_HEX } from './binary.js';

type GruKernel = (
  x: number,
  W: number,
  R: number,
  state: number,
  scratch: number,
  input: number,
  hidden: number,
  linearBeforeReset: number,
) => void;

type LstmKernel = (
  x: number,
  W: number,
  R: number,
  state: number,
  scratch: number,
  input: number,
  hidden: number,
) => void;

/** The exports of the compiled module; see assembly/index.ts. Pointers are byte offsets into `memory`. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  gruF32: GruKernel;
  gruInt8: GruKernel;
  lstmF32: LstmKernel;
  lstmInt8: LstmKernel;
  resetInt8(state: number, hidden: number): void;
  matvecF32(weights: number, x: number, y: number, rows: number, columns: number): void;
  matvecInt8(weights: number, quantized: number, y: number, rows: number, columns: number): void;
  packF32(source: number, packed: number, rows: number, columns: number): void;
  packInt8(source: number, packed: number, rows: number, columns: number): void;
  quantize(x: number, quantized: number, n: number): void;
  unary(x: number, parameters: number, y: number, n: number, f: number): void;
  binary(a: number, b: number, y: number, n: number, f: number): void;
  softmax(x: number, y: number, n: number): void;
  logSoftmax(x: number, y: number, scratch: number, n: number): void;
  prepare(samples: number, parameters: number, frame: number, energy: number, length: number): void;
  powerSpectrum(samples: number, tables: number, work: number, power: number, size: number): void;
  dftPowerSpectrum(samples: number, tables: number, work: number, power: number, size: number): void;
  logMel(power: number, filters: number, out: number, groups: number, log: number): void;
  microfrontend(
    samples: number,
    tables: number,
    state: number,
    scratch: number,
    features: number,
    length: number,
    size: number,
    channels: number,
  ): void;
  decimate(x: number, taps: number, y: number, turns: number, columns: number, step: number): void;
  resample(x: number, table: number, y: number, turns: number, columns: number, group: number, groups: number): void;
  copy(from: number, to: number, fromOffset: number, toOffset: number, bytes: number): void;
}

function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

let compiled: WebAssembly.Module | undefined;

/**
 * A new instance with a memory of its own. The module is compiled once, synchronously: at a few kilobytes this is allowed, and
 * quick, on a page's main thread and in an audio worklet.
 *
 * @throws Error where the engine has no WebAssembly SIMD
 */
export function instantiateKernels(): KernelExports {
  if (!compiled) {
    const bytes = decodeHex(KERNELS_HEX);
    if (!WebAssembly.validate(bytes)) {
      throw new Error('Tympan needs WebAssembly SIMD: Chrome 97, Firefox 104, Safari 16.4, Node 20 or newer');
    }
    compiled = new WebAssembly.Module(bytes);
  }
  return new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
}
