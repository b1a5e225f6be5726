/**
 * The whole boundary between the host and WebAssembly. Kernels are stateless: pointers in, pointers out, no allocation. Pointers
 * are 16-byte aligned; src/kernels/table.ts states the bytes that each kernel may touch.
 */
export { gruF32, gruInt8, resetGruInt8 } from './gru';
export { matvecF32, matvecInt8, packF32 } from './matvec';
export { packInt8, quantize } from './quantize';
export { logSoftmax, relu, sigmoid, softmax, tanh } from './activations';
export { powerSpectrum } from './fft';
export { logMel } from './mel';
export { copy } from './copy';
