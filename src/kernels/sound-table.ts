import { vectorBytes, type Kernel } from './kernel.js';
import {
  ALIGNMENT,
  dftTableBytes,
  dftWorkBytes,
  microfrontendLayout,
  microfrontendScratchBytes,
  spectrumTableFloats,
  spectrumWorkBytes,
} from './layout.js';

/** What `logMel` does with the energies, in the order of its codes. */
export const MEL_LOGS = ['none', 'ln'] as const;

const REFUSED = [Infinity, Infinity, Infinity, Infinity];

/** How far the groups of a filterbank, and the power that they read, reach; see assembly/mel.ts. */
function filterExtents(pointers: number[], [groups]: number[], constants: Uint8Array): number[] {
  const [, start] = pointers;
  // Only a pointer to constants is a multiple; what lies in other regions isn't known before the program runs.
  if (start % ALIGNMENT !== 0) return REFUSED;
  const view = new DataView(constants.buffer, constants.byteOffset, constants.byteLength);
  let at = start;
  let powerBytes = 0;
  for (let group = 0; group < groups; group++) {
    if (at + 32 > view.byteLength) return [powerBytes, Infinity, 16 * groups];
    const vectors = view.getUint32(at + 16, true);
    for (let filter = 0; filter < 4; filter++) {
      powerBytes = Math.max(powerBytes, view.getUint32(at + 4 * filter, true) + 16 * vectors);
    }
    at += 32 + 64 * vectors;
  }
  return [powerBytes, at - start, 16 * groups];
}

function microfrontendExtents(length: number, size: number, channels: number): number[] {
  if (!Number.isInteger(Math.log2(size)) || length > size) return [...REFUSED, Infinity];
  const { bytes } = microfrontendLayout(length, size, channels);
  return [4 * length, bytes, 4 * channels, microfrontendScratchBytes(size), 4 * channels];
}

/** The kernels that turn samples into features, in the order of Code in execute.ts, the last part of KERNELS. */
export const SOUND_KERNELS: readonly Kernel[] = [
  {
    name: 'prepare',
    pointers: ['samples', 'parameters', 'frame', 'energy'],
    written: 2,
    counts: [['length', 1]],
    extents: (length) => (length >= 1 ? [vectorBytes(length), 16, vectorBytes(length), 16] : REFUSED), // reads samples[0]
  },
  {
    name: 'powerSpectrum',
    pointers: ['samples', 'tables', 'work', 'power'],
    written: 2,
    counts: [['size', 64]],
    extents: (size) =>
      Number.isInteger(Math.log2(size))
        ? [4 * size, 4 * spectrumTableFloats(size), spectrumWorkBytes(size), 2 * size + 4]
        : REFUSED,
  },
  {
    name: 'dftPowerSpectrum',
    pointers: ['samples', 'tables', 'work', 'power'],
    written: 2,
    counts: [['size', 1]],
    extents: (size) =>
      size >= 2 ? [4 * size, dftTableBytes(size), dftWorkBytes(size), 4 * (Math.floor(size / 2) + 1)] : REFUSED,
  },
  {
    name: 'logMel',
    pointers: ['power', 'filters', 'out'],
    written: 1,
    counts: [
      ['groups', 1],
      ['log', 1, MEL_LOGS],
    ],
    extents: (groups) => [0, 32 * groups, 16 * groups],
    tableExtents: filterExtents,
  },
  {
    name: 'microfrontend',
    pointers: ['samples', 'tables', 'state', 'scratch', 'features'],
    written: 3,
    counts: [
      ['length', 8],
      ['size', 64],
      ['channels', 1],
    ],
    extents: microfrontendExtents,
  },
];
