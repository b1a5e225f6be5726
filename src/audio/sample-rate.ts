/** The sample rates of recordings, in Hz: from below any speech codec's to what the best converters do. */
const LEAST = 1000;
const GREATEST = 192000;

/** Says which rates there are, for refusals. */
export const SAMPLE_RATES = `${LEAST} to ${GREATEST} Hz`;

export function isSampleRate(rate: number): boolean {
  return Number.isInteger(rate) && rate >= LEAST && rate <= GREATEST;
}

/** @throws TypeError, RangeError naming the parameter that is no sample rate */
export function checkSampleRate(rate: number, name: string): void {
  if (typeof rate !== 'number') throw new TypeError(`${name}: got ${typeof rate}, expected whole Hz, ${SAMPLE_RATES}`);
  if (!isSampleRate(rate)) throw new RangeError(`${name}: got ${rate}, expected whole Hz, ${SAMPLE_RATES}`);
}
