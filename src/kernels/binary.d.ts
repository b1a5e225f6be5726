/**
 * The compiled kernels, written by the build: there is no .wasm file to fetch, copy or bundle. Hexadecimal, because compression
 * sees the bytes through it: 5.3 KB with gzip, where base64 takes 7.7 KB.
 */
export const KERNELS_HEX: string;
