import { isFiniteFrame, type Matrix } from './matrix.js';

/** Frames of theirs by which recipes are told apart. */
export interface Excerpt {
  /** Every other loud one, and the loudest. */
  readonly few: readonly number[];
  /** Loud ones from all over the clip: what floors and topDb leave alone. */
  readonly loud: readonly number[];
  /** These, and quiet ones, and those at the ends. */
  readonly mixed: readonly number[];
}

/** Loud frames that are taken, if the clip has as many: each feature's line has two numbers. */
const LOUD = 20;
/** Of the greatest energy: 40 dB below it a window of zeros does not reach. */
const AUDIBLE = 1e-4;
/** Frames at either end, which are made of padding in part. */
const ENDS = 3;
/** Quietest frames, and frames that are equally far apart. */
const QUIET = 6;
const EVEN = 10;

/** @param samples of the clip, at any rate */
export function excerptOf(theirs: Matrix, samples: Float32Array): Excerpt {
  const energies = energiesOf(theirs.frames, samples);
  const finite = Array.from({ length: theirs.frames }, (_, t) => t).filter((t) => isFiniteFrame(theirs, t));
  const byEnergy = [...finite].sort((a, b) => energies[b] - energies[a]);
  const inside = finite.filter((t) => t >= ENDS && t < theirs.frames - ENDS);
  const loud = inOrder([...byEnergy.slice(0, ENDS), ...loudest(inside, energies)]);
  const enough = loud.length < LOUD / 2 ? inOrder(byEnergy.slice(0, LOUD)) : loud;
  const few = enough.length < LOUD ? enough : inOrder([byEnergy[0], ...enough.filter((_, i) => i % 2 === 0)]);
  const ends = [...finite.slice(0, ENDS), ...finite.slice(-ENDS)];
  const even = Array.from({ length: EVEN }, (_, i) => finite[Math.floor((i * finite.length) / EVEN)]);
  return { few, loud: enough, mixed: inOrder([...enough, ...ends, ...even, ...byEnergy.slice(-QUIET)]) };
}

const inOrder = (frames: readonly number[]): number[] => [...new Set(frames)].sort((a, b) => a - b);

/** Σ x² of the part of the clip that falls to each frame, [frames]. */
function energiesOf(frames: number, samples: Float32Array): Float64Array {
  return Float64Array.from({ length: frames }, (_, t) => {
    const end = Math.floor(((t + 1) * samples.length) / frames);
    let energy = 0;
    for (let n = Math.floor((t * samples.length) / frames); n < end; n++) energy += samples[n] ** 2;
    return energy;
  });
}

/** The loudest frame of each part of the clip, where it is audible. */
function loudest(frames: readonly number[], energies: Float64Array): number[] {
  const greatest = Math.max(0, ...frames.map((t) => energies[t]));
  const chosen: number[] = [];
  for (let part = 0; part < LOUD; part++) {
    const own = frames.slice(
      Math.floor((part * frames.length) / LOUD),
      Math.floor(((part + 1) * frames.length) / LOUD),
    );
    if (own.length === 0) continue;
    const top = own.reduce((best, t) => (energies[t] > energies[best] ? t : best));
    if (energies[top] > AUDIBLE * greatest) chosen.push(top);
  }
  return chosen;
}
