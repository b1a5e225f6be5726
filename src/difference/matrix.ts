/** Features of a clip, as a front end or a file has them. */
export interface Matrix {
  readonly frames: number;
  readonly size: number;
  readonly data: Float32Array | Float64Array; // [frames, size]
}

/** Rows as columns: librosa and torchaudio write [size, frames]. */
export function transposed({ frames, size, data }: Matrix): Matrix {
  const turned = new Float64Array(data.length); // [size, frames]
  for (let t = 0; t < frames; t++) for (let c = 0; c < size; c++) turned[c * frames + t] = data[t * size + c];
  return { frames: size, size: frames, data: turned };
}

export function isFiniteFrame({ size, data }: Matrix, frame: number): boolean {
  for (let c = 0; c < size; c++) if (!Number.isFinite(data[frame * size + c])) return false;
  return true;
}

/** The value below which `fraction` of `values` lie; they are sorted in place. */
export function quantile(values: Float64Array, fraction: number): number {
  if (values.length === 0) return NaN;
  values.sort();
  return values[Math.min(values.length - 1, Math.floor(fraction * values.length))];
}

/** How far features lie from the mean of their feature: root of the mean square over finite frames. */
export function spreadOf(matrix: Matrix): number {
  const { frames, size, data } = matrix;
  const sums = new Float64Array(size);
  const finite = Array.from({ length: frames }, (_, t) => t).filter((t) => isFiniteFrame(matrix, t));
  for (const t of finite) for (let c = 0; c < size; c++) sums[c] += data[t * size + c];
  let squares = 0;
  for (const t of finite) for (let c = 0; c < size; c++) squares += (data[t * size + c] - sums[c] / finite.length) ** 2;
  return finite.length === 0 ? 0 : Math.sqrt(squares / (finite.length * size));
}
