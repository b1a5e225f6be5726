/** Where in a clip there is speech, judged by its energy: the word's end, and its level. */

/** Frames in a second. */
const FRAME_RATE = 100;
/** Mean square of an active frame, at least, relative to the loudest one's: −20 dB. */
const ACTIVE = 10 ** (-20 / 10);

export interface Activity {
  /** Seconds from the first sample to the end of the last active frame. */
  readonly end: number;
  /** Of the active frames together; full scale is 1. */
  readonly rms: number;
}

/**
 * Speech in a clip: its 10 ms frames, without overlap, whose mean square is within 20 dB of the loudest frame's. A last
 * frame that is not whole is left out. Digital silence, and what is shorter than a frame, ends where the clip ends, at
 * level 0.
 *
 * @param samples mono, finite: [samples]
 * @param sampleRate Hz, at least 100: one sample a frame
 * @throws RangeError for another sample rate
 */
export function activityOf(samples: Float32Array, sampleRate: number): Activity {
  if (!(sampleRate >= FRAME_RATE && sampleRate < Infinity))
    throw new RangeError(`sampleRate: got ${sampleRate}, expected Hz, ${FRAME_RATE} at least`);
  const frameLength = Math.round(sampleRate / FRAME_RATE); // samples
  const energies = frameEnergies(samples, frameLength);
  const loudest = energies.reduce((most, energy) => Math.max(most, energy), 0);
  if (loudest === 0) return { end: samples.length / sampleRate, rms: 0 };

  const active = energies.map((energy) => (energy >= loudest * ACTIVE ? energy : 0));
  const sum = active.reduce((total, energy) => total + energy, 0);
  const count = active.reduce((total, energy) => total + (energy > 0 ? 1 : 0), 0);
  const last = active.findLastIndex((energy) => energy > 0);
  return { end: ((last + 1) * frameLength) / sampleRate, rms: Math.sqrt(sum / (count * frameLength)) };
}

/** Sum of the squares of each whole frame: [frames]. */
function frameEnergies(samples: Float32Array, frameLength: number): Float64Array {
  return new Float64Array(Math.floor(samples.length / frameLength)).map((_, frame) => {
    let sum = 0;
    for (let i = frame * frameLength; i < (frame + 1) * frameLength; i++) sum += samples[i] * samples[i];
    return sum;
  });
}
