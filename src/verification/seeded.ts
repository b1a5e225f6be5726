/** Uniform numbers in [0, 1), the same for the same seed everywhere: xorshift32, Marsaglia, "Xorshift RNGs", 2003. */
export function seeded(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1; // never 0, which xorshift stays at
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
