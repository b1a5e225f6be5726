import { verifyPointer, verifyProgram, verifyRegions, type Regions } from '../kernels/program.js';
import type { FrontEndPlan } from './plan.js';

/** Above what any recipe asks for: see fields.ts. */
const MOST = 2 ** 20;

/**
 * Checks once that neither a kernel call nor the cutting of frames reaches outside a plan's regions, and that every number is one
 * with which frames come to an end. Short, for it is a part of the worklet.
 *
 * @throws RangeError naming the field
 */
export function verifyFrontEndPlan(plan: FrontEndPlan): void {
  const { constants, scratchBytes, stateBytes, analysis, cepstrum, framing, context, numFeatures } = plan;
  const regions: Regions = [constants.byteLength, scratchBytes, stateBytes];
  verifyRegions(regions);
  verifyProgram(analysis, constants, regions);
  verifyProgram(cepstrum, constants, regions);
  verifyFields(plan, 'sampleRate numMels numFeatures', 1);
  verifyFields(framing, 'hopLength frameLength first room', 1);
  verifyFields(framing, 'history', 0);
  verifyFields(framing, 'before', -MOST);
  verifyFields(context, 'deltas deltaWindow', 0, 512);
  verifyFields(context, 'stack stackStride', 1, 512);
  const { before, first, room, frameLength, history } = framing;
  const { deltas, deltaWindow, mean, scale } = context;
  const size = numFeatures * (1 + deltas);
  if (room !== before + first || room < frameLength || history % 4 !== 0)
    throw wrong('framing', JSON.stringify(framing));
  if (deltas > 2 || (deltas > 0 && deltaWindow === 0)) throw wrong('deltas', `${deltas} over ${deltaWindow}`);
  for (const list of [mean, scale]) if (list && list.length !== size) throw wrong('mean and scale', list.length);
  verifyPointer(plan.samples, 4 * (history + room), [0, 0, stateBytes], 'front end: samples'); // they are written
  verifyPointer(plan.energies, 4 * plan.numMels, regions, 'front end: energies');
  verifyPointer(plan.features, 4 * numFeatures, regions, 'front end: features');
}

/** @param names of whole numbers, between spaces */
function verifyFields(fields: object, names: string, least: number, most = MOST): void {
  for (const name of names.split(' ')) {
    const value = (fields as Readonly<Record<string, number>>)[name];
    if (!Number.isInteger(value) || value < least || value > most) throw wrong(name, value, `${least} to ${most}`);
  }
}

const wrong = (what: string, got: unknown, expected = 'what a recipe gives'): RangeError =>
  new RangeError(`front end: ${what}: got ${String(got)}, expected ${expected}`);
