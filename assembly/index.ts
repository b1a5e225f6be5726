/**
 * The whole boundary between the host and WebAssembly. Kernels are stateless: pointers in, pointers out, no allocation.
 * src/kernels/table.ts states the bytes that each kernel may touch. Pointers of programs are 16-byte aligned; those that the resampler
 * gives to `unary`, `decimate` and `resample` are aligned to floats only. Loads of WebAssembly take any address: what is not aligned
 * costs time, and nothing else.
 */
export { gruF32, gruInt8 } from './gru';
export { lstmF32, lstmInt8 } from './lstm';
export { resetInt8 } from './recurrent';
export { matvecF32, matvecInt8, packF32 } from './matvec';
export { packInt8, quantize } from './quantize';
export { unary } from './unary';
export { binary } from './binary';
export { logSoftmax, softmax } from './softmax';
export { copy } from './copy';
export { prepare } from './prepare';
export { powerSpectrum } from './fft';
export { dftPowerSpectrum } from './dft';
export { logMel } from './mel';
export { microfrontend } from './microfrontend';
export { decimate, resample } from './resample';
