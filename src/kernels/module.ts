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

/**
 * Compiled synchronously: at a few kilobytes this is allowed, and quick, on a page's main thread and in an audio worklet.
 *
 * @param bytes of the WebAssembly module
 * @throws Error where the engine has no WebAssembly SIMD
 */
export function compileKernels(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  if (!WebAssembly.validate(bytes))
    throw new Error('Tympan needs WebAssembly SIMD: Chrome 97, Firefox 104, Safari 16.4, Node 20 or newer');
  return new WebAssembly.Module(bytes);
}

/** A new instance with a memory of its own. */
export function instantiateKernels(compiled: WebAssembly.Module): KernelExports {
  return new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
}
