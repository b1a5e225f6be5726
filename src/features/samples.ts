import { InputError } from '../errors.js';
import { checkSampleType, isInt16Array } from '../typed-arrays.js';

/** Floats are in [−1, 1), and may exceed it where sound was amplified; beyond this they are on another scale. */
const LOUDEST = 16;

/**
 * Refuses what is not sound.
 *
 * @throws TypeError for another type than Int16Array or Float32Array; InputError for floats that are not finite, or on the
 *   scale of integers
 */
export function checkSamples(samples: Int16Array | Float32Array): void {
  checkSampleType(samples);
  if (isInt16Array(samples)) return;
  for (let i = 0; i < samples.length; i++) {
    if (!(Math.abs(samples[i]) <= LOUDEST)) {
      throw new InputError(
        `samples: sample ${i} of ${samples.length} is ${samples[i]}, expected finite numbers in [−1, 1); ` +
          'divide samples on the scale of int16 by 32768',
      );
    }
  }
}
