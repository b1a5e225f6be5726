import type { KernelExports } from './module.js';

/** Code of a kernel in a program: its index in KERNELS of table.ts. */
const enum Code {
  gruF32,
  gruInt8,
  resetInt8,
  lstmF32,
  lstmInt8,
  matvecF32,
  matvecInt8,
  quantize,
  unary,
  binary,
  softmax,
  logSoftmax,
  copy,
  prepare,
  powerSpectrum,
  dftPowerSpectrum,
  logMel,
  microfrontend,
}

/**
 * Runs a bound program. A switch rather than a table of functions: it keeps every call site monomorphic, and a call into
 * WebAssembly then costs nanoseconds.
 */
export function execute(program: Int32Array, k: KernelExports): void {
  const p = program;
  for (let i = 0; i < p.length;) {
    switch (p[i++]) {
      case Code.gruF32:
        k.gruF32(p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.gruInt8:
        k.gruInt8(p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.resetInt8:
        k.resetInt8(p[i++], p[i++]);
        break;
      case Code.lstmF32:
        k.lstmF32(p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.lstmInt8:
        k.lstmInt8(p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.matvecF32:
        k.matvecF32(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.matvecInt8:
        k.matvecInt8(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.quantize:
        k.quantize(p[i++], p[i++], p[i++]);
        break;
      case Code.unary:
        k.unary(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.binary:
        k.binary(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.softmax:
        k.softmax(p[i++], p[i++], p[i++]);
        break;
      case Code.logSoftmax:
        k.logSoftmax(p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.copy:
        k.copy(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.prepare:
        k.prepare(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.powerSpectrum:
        k.powerSpectrum(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.dftPowerSpectrum:
        k.dftPowerSpectrum(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.logMel:
        k.logMel(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.microfrontend:
        k.microfrontend(p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      default:
        throw new RangeError(`program: word ${i - 1}: got code ${p[i - 1]}, expected that of a kernel`);
    }
  }
}
