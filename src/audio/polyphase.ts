/** How one sample rate becomes another: positions as integers, and the taps of every phase as the kernel reads them. */
import { HALF_LENGTH, writeLowPass } from './low-pass.js';

const HEADER_FLOATS = 4;
/** 16 MB, half a second to fill. Every pair of the usual rates of sound, 8 to 192 kHz, stays below 4 MB. */
const MAX_TABLE_FLOATS = 4 * 1024 * 1024;

/**
 * Output m lies at the input's time m·step / unit, in input samples. Outputs are computed in groups: one of `lanes` at the
 * output g·lanes has taps that begin `before` samples before the last input that isn't later than it.
 */
export interface Polyphase {
  readonly step: number; // input ticks an output: from / gcd
  readonly unit: number; // ticks an input sample: to / gcd
  /** Ticks of input that an output needs after its own time. */
  readonly ahead: number;
  readonly before: number; // input samples
  /** 8 for the kernel `resample`; 1 for `decimate`, which takes any outputs together. */
  readonly lanes: 1 | 8;
  /** Input samples that a group reads: as the kernel takes them, a multiple of 2 or of 4. */
  readonly columns: number;
  /** Groups until phases repeat. */
  readonly groups: number;
  readonly tableFloats: number;
}

/** @throws RangeError when there are too many phases: rates whose greatest common divisor is small */
export function planPolyphase(from: number, to: number): Polyphase {
  const divisor = gcd(from, to);
  const step = from / divisor;
  const unit = to / divisor;
  const lanes = unit === 1 ? 1 : 8;
  const ahead = HALF_LENGTH * Math.max(step, unit);
  // The row of `decimate` has one tap of zero, h(−20): in front, so that it reads no input that isn't there.
  const before = lanes === 1 ? ahead : Math.ceil(ahead / unit) - 1;
  const latestPhase = unit - gcd(lanes, unit);
  const after = Math.ceil((latestPhase + (lanes - 1) * step + ahead) / unit);
  const multiple = lanes === 1 ? 4 : 2;
  const columns = multiple * Math.ceil((before + after) / multiple);
  const groups = unit / gcd(lanes, unit);
  const tableFloats = lanes === 1 ? columns : groups * (HEADER_FLOATS + lanes * columns);
  if (tableFloats > MAX_TABLE_FLOATS) {
    throw new RangeError(
      `resampling ${from} to ${to} Hz takes ${tableFloats} taps, ${unit} phases; at most ${MAX_TABLE_FLOATS} are ` +
        `supported: choose rates with a greater common divisor than ${divisor}, such as ${nearestCommon(from)} to ${nearestCommon(to)} Hz`,
    );
  }
  return { step, unit, ahead, before, lanes, columns, groups, tableFloats };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The nearest multiple of 100 Hz: two of them have a table below 4 MB, whatever they are. */
function nearestCommon(rate: number): number {
  return Math.max(1, Math.round(rate / 100)) * 100;
}

/**
 * The kernel's table. `decimate`: taps [columns]. `resample`: `groups` times advance in bytes u32 | 12 bytes | taps [columns, 8].
 *
 * @param table zeros, [tableFloats]
 */
export function fillTable(plan: Polyphase, table: Float32Array): void {
  const { step, unit, before, lanes, columns, groups } = plan;
  const slower = Math.max(step, unit);
  const writeRow = (first: number, at: number): void =>
    writeLowPass({ first, step: unit, unit: slower, count: columns, gain: unit / slower }, table, at, lanes);
  if (lanes === 1) return writeRow(-before * unit, 0);
  const advances = new Uint32Array(table.buffer, table.byteOffset, table.length);
  for (let group = 0, phase = 0, at = 0; group < groups; group++) {
    const next = phase + lanes * step;
    advances[at] = 4 * Math.floor(next / unit);
    at += HEADER_FLOATS;
    for (let lane = 0; lane < lanes; lane++) writeRow(-before * unit - phase - lane * step, at + lane);
    at += lanes * columns;
    phase = next % unit;
  }
}
