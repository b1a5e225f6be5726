/** The compiled kernels in base64, written by the build: there is no .wasm file to fetch, copy or bundle. */
export const KERNELS_BASE64: string;
