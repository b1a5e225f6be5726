import { exp, ln, turn } from '../arithmetic.js';
import { MetadataError } from '../errors.js';
import { align, microfrontendLayout, microfrontendScratchBytes } from '../kernels/layout.js';
import type { MicrofrontendRecipe } from './recipe.js';
import { log1pSingle } from './single-precision.js';

/** What the kernel takes, in the layout of assembly/microfrontend.ts. */
interface MicrofrontendTables {
  readonly bytes: Uint8Array;
  /** windowLength as a multiple of 8: floats of a frame; those behind windowLength don't count. */
  readonly length: number;
  /** Points of the Fourier transform. */
  readonly size: number;
  readonly scratchBytes: number;
  readonly stateBytes: number;
}

/** Bits of fraction: the window, filters, smoothing (all from the original's headers), and of PCAN's ratio. */
const WINDOW_ONE = 1 << 12;
const FILTER_ONE = 1 << 12;
const SMOOTHING_ONE = 1 << 14;
const PCAN_SNR_BITS = 12;
const INT16_MAX = 32767;

/** The original computes its tables in single precision. */
const single = Math.fround;

/** floor(x + ½), in single precision. */
const rounded = (x: number): number => Math.floor(single(x + 0.5));

/** A Hann window whose samples lie in the middle of their intervals. */
function windowTable(windowLength: number): Int16Array {
  const step = single(single(2 * single(Math.PI)) / windowLength);
  return Int16Array.from({ length: windowLength }, (_, i) => {
    // The original's angle is rounded: it lies `off` beside that which turn() knows.
    const { cos, sin } = turn(2 * i + 1, 2 * windowLength);
    const off = single(step * single(i + 0.5)) - (Math.PI * (2 * i + 1)) / windowLength;
    const cosine = single(cos - off * sin - 0.5 * off * off * cos);
    return rounded(single(0.5 - 0.5 * cosine) * WINDOW_ONE);
  });
}

/** [count] of (cos, sin) of a turn's numerators, as kissfft rounds them. */
function twiddleTable(count: number, numerator: (k: number) => number, denominator: number): Int16Array {
  const table = new Int16Array(2 * count);
  for (let k = 0; k < count; k++) {
    const { cos, sin } = turn(numerator(k), denominator);
    table[2 * k] = Math.floor(0.5 + INT16_MAX * cos);
    table[2 * k + 1] = Math.floor(0.5 + INT16_MAX * sin);
  }
  return table;
}

const hertzToMel = (hertz: number): number => single(1127 * log1pSingle(single(hertz / 700)));

/**
 * Triangles whose feet are their neighbours' centres: between two centres a bin gives its weight to the upper channel, and what
 * it lacks to 1 to the lower one. Weights [size / 2, 2], the channels' ends [numMels + 1].
 */
function filterTables(recipe: MicrofrontendRecipe, size: number): { weights: Uint16Array; edges: Uint16Array } {
  const { numMels, sampleRate, lowFrequency, highFrequency } = recipe;
  const bins = size / 2;
  const weights = new Uint16Array(2 * bins);
  const edges = new Uint16Array(numMels + 1);
  const low = hertzToMel(single(lowFrequency));
  const spacing = single(single(hertzToMel(single(highFrequency)) - low) / (numMels + 1));
  const hertzPerBin = single(single(0.5 * sampleRate) / bins);
  let bin = Math.trunc(single(1.5 + single(single(lowFrequency) / hertzPerBin))); // at least 1: never DC
  let below = low;
  for (let channel = 0; channel <= numMels; channel++) {
    const centre = single(low + single(spacing * (channel + 1)));
    for (; bin <= bins; bin++) {
      const mel = hertzToMel(single(bin * hertzPerBin));
      if (mel > centre) break;
      const weight = single(single(centre - mel) / single(centre - below));
      weights[2 * bin] = rounded(weight * FILTER_ONE);
      weights[2 * bin + 1] = rounded(single(1 - weight) * FILTER_ONE);
    }
    edges[channel] = 4 * bin;
    below = centre;
  }
  if (bin > bins) {
    throw new MetadataError(
      `front end "microfrontend": highFrequency is ${highFrequency}, which takes in the last bin of a ${size}-point spectrum, ` +
        `${sampleRate / 2} Hz; use a lower one, ${sampleRate / 2 - hertzPerBin} for example`,
    );
  }
  return { weights, edges };
}

/** base^−exponent, both 0 or more. */
function inversePower(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  return base === 0 ? Infinity : single(exp(-exponent * ln(base)));
}

/** PCAN's gain for noise estimates by their length in bits, as a parabola: [33, 4] y, a₁, a₂, 0. */
function gainTable(recipe: MicrofrontendRecipe, fractionBits: number): Int16Array {
  const { pcanStrength, pcanOffset, pcanGainBits } = recipe;
  const gainOf = (noise: number): number => {
    const base = single(single(noise / 2 ** fractionBits) + single(pcanOffset));
    const gain = 2 ** pcanGainBits * inversePower(base, single(pcanStrength));
    return gain > INT16_MAX ? INT16_MAX : Math.trunc(single(gain + 0.5));
  };
  const table = new Int16Array(33 * 4);
  table[0] = gainOf(0);
  table[4] = gainOf(1);
  for (let bits = 2; bits <= 32; bits++) {
    const first = 2 ** (bits - 1);
    const middle = gainOf(1.5 * first) - gainOf(first);
    const whole = gainOf(bits === 32 ? 2 * first - 1 : 2 * first) - gainOf(first);
    table.set([gainOf(first), 4 * middle - whole, 2 * whole - 4 * middle], 4 * bits);
  }
  return table;
}

/** log₂(1 + f) − f in 16 bits at f = i / 128. */
const log2Table = (): Uint16Array =>
  Uint16Array.from({ length: 129 }, (_, i) => Math.round(65536 * (ln(1 + i / 128) / ln(2) - i / 128)));

/** log₂ of the smallest power of two that holds the window. */
function sizeBits({ windowLength }: MicrofrontendRecipe): number {
  let bits = 0;
  while (2 ** bits < windowLength) bits++;
  return bits;
}

function checkShifts(recipe: MicrofrontendRecipe, correctionBits: number): void {
  const atLeast = (name: 'smoothingBits' | 'pcanGainBits', least: number): void => {
    if (recipe[name] >= least) return;
    throw new MetadataError(
      `front end "microfrontend": ${name} is ${recipe[name]}, expected ${least} or more with pcan and a window of ` +
        `${recipe.windowLength} samples; use a larger ${name}, or pcan false`,
    );
  };
  if (correctionBits < 0) {
    throw new MetadataError(
      `front end "microfrontend": windowLength is ${recipe.windowLength}, expected 33 or more; use a longer window`,
    );
  }
  if (!recipe.pcan) return;
  atLeast('smoothingBits', correctionBits);
  atLeast('pcanGainBits', correctionBits + PCAN_SNR_BITS);
}

/**
 * The tables of the fixed-point front end of TensorFlow Lite Micro, to the bit as its C code fills them with fdlibm's log1pf
 * (tensorflow/lite/experimental/microfrontend/lib, *_util.c).
 *
 * @throws MetadataError for a window below 33 samples, a filterbank that reaches half the sample rate, and bits of fraction with
 * which the original would shift by a negative number
 */
export function microfrontendTables(recipe: MicrofrontendRecipe): MicrofrontendTables {
  const correctionBits = sizeBits(recipe) - 6; // spectrum's bits less half of the filters'
  checkShifts(recipe, correctionBits);
  const size = 2 ** sizeBits(recipe);
  const length = align(recipe.windowLength, 8);
  const at = microfrontendLayout(length, size, recipe.numMels);
  const bytes = new Uint8Array(at.bytes);
  const place = (offset: number, table: Int16Array | Uint16Array | Uint32Array): void =>
    bytes.set(new Uint8Array(table.buffer), offset);
  const fraction = (value: number): number => Math.trunc(single(value) * SMOOTHING_ONE);
  const header = [
    ...[recipe.evenSmoothing, recipe.oddSmoothing, recipe.minSignalRemaining].map(fraction),
    ...[recipe.smoothingBits, Number(recipe.pcan), recipe.pcanGainBits - correctionBits - PCAN_SNR_BITS],
    ...[Number(recipe.log), correctionBits, recipe.logScaleShift],
  ];
  place(0, Uint32Array.from(header));
  if (recipe.pcan) place(at.gains, gainTable(recipe, recipe.smoothingBits - correctionBits));
  place(at.log2, log2Table());
  place(at.window, windowTable(recipe.windowLength));
  place(
    at.twiddles,
    twiddleTable(size / 2, (k) => -k, size / 2),
  );
  place(
    at.untangling,
    twiddleTable(size / 4, (k) => -(4 * (k + 1) + size), 4 * size),
  );
  const { weights, edges } = filterTables(recipe, size);
  place(at.filters, weights);
  place(at.edges, edges);
  return { bytes, length, size, scratchBytes: microfrontendScratchBytes(size), stateBytes: 4 * recipe.numMels };
}
