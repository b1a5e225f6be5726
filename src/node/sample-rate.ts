/** The sample rates of recordings, in Hz: from below any speech codec's to what the best converters do. */
const LEAST = 1000;
const GREATEST = 192000;

/** Says which rates there are, for refusals. */
export const SAMPLE_RATES = `${LEAST} to ${GREATEST} Hz`;

export function isSampleRate(rate: number): boolean {
  return Number.isInteger(rate) && rate >= LEAST && rate <= GREATEST;
}

/** @throws TypeError, RangeError for an option that is no sample rate */
export function checkSampleRate(sampleRate: number): void {
  if (typeof sampleRate !== 'number')
    throw new TypeError(`sampleRate: got ${typeof sampleRate}, expected whole Hz, ${SAMPLE_RATES}`);
  if (!isSampleRate(sampleRate))
    throw new RangeError(`sampleRate: got ${sampleRate}, expected whole Hz, ${SAMPLE_RATES}`);
}
