import { concatBytes } from '../typed-arrays.js';

/** Filters for `logMel`, which takes them in groups of four. */
export interface PackedFilters {
  readonly bytes: Uint8Array;
  readonly groups: number;
  /** How far behind the first bin the kernel reads, in floats. */
  readonly powerFloats: number;
}

/**
 * Filters in groups of four, each a run of bins from its first that is not zero, in the layout of assembly/mel.ts.
 *
 * @param filters weights of bins, as many as each filter needs
 */
export function packFilters(filters: readonly Float64Array[], floor: number, addend: number): PackedFilters {
  const groups = Math.ceil(filters.length / 4);
  const packed = Array.from({ length: groups }, (_, i) => packGroup(filters.slice(4 * i, 4 * i + 4), floor, addend));
  return {
    bytes: concatBytes(packed.map(({ bytes }) => bytes)),
    groups,
    powerFloats: Math.max(...packed.map(({ powerFloats }) => powerFloats)),
  };
}

function packGroup(filters: readonly Float64Array[], floor: number, addend: number): PackedFilters {
  const four = [0, 1, 2, 3].map((i) => filters[i] ?? new Float64Array(4));
  const first = four.map((filter) =>
    Math.max(
      0,
      filter.findIndex((weight) => weight > 0),
    ),
  );
  const bins = four.map((filter, i) => filter.findLastIndex((weight) => weight > 0) + 1 - first[i]);
  const vectors = Math.max(1, ...bins.map((count) => Math.ceil(count / 4)));
  const bytes = new Uint8Array(32 + 64 * vectors);
  const view = new DataView(bytes.buffer);
  first.forEach((bin, i) => view.setUint32(4 * i, 4 * bin, true));
  view.setUint32(16, vectors, true);
  view.setFloat32(20, floor, true);
  view.setFloat32(24, addend, true);
  for (let vector = 0; vector < vectors; vector++) {
    for (let i = 0; i < 16; i++) {
      const filter = i >> 2;
      view.setFloat32(32 + 64 * vector + 4 * i, four[filter][first[filter] + 4 * vector + (i & 3)] ?? 0, true);
    }
  }
  return { bytes, groups: 1, powerFloats: Math.max(...first) + 4 * vectors };
}
