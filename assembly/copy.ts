/** Features from one buffer into another, for concatenations, slices and states. Offsets and size in bytes. */
export function copy(from: usize, to: usize, fromOffset: i32, toOffset: i32, bytes: i32): void {
  memory.copy(to + toOffset, from + fromOffset, bytes);
}
