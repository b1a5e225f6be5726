/** How a network runs on a stream: which axes of its inputs are time, whether it runs frame by frame, and if not, why. */
import { InputError, MetadataError, ModelFormatError, TympanError, UnsupportedModelError } from '../errors.js';
import { isRecurrent, type Network, type Operation, type Port, type ValueId } from '../model/network.js';
import { elements, type Operand } from '../operators/operator.js';
import { Budget, specialize } from '../operators/specialization.js';
import { pairStates } from './carry.js';
import { lower, type Lowered, type Roles, type Toolbox } from './lower.js';
import { TooManyWeights, type Probe } from './lowering.js';
import { bakedSizes, openSizes, operandsFor, type InputDims } from './open-sizes.js';
import type { StreamingOptions } from './settings.js';
import { timeCandidates, WHOLE_FRAME, type Candidate } from './time-candidates.js';

/**
 * Numbers of frames that a network with an open time axis is tried with, two at a time: primes, so that no size is theirs by
 * chance. The longer are for windows that do not fit into the shorter.
 */
const FRAMES = [97, 101];
const MANY_FRAMES = [997, 1009];

/** Operations that all trials together may look at; a network of usual size never gets there. */
const MAX_VISITS = 200_000;
const LEAST_TRIALS = 8;

/** What specializing may take in all trials, each of which has a limit of its own: some seconds, of loops that are none of frames. */
const MAX_WORK = 2 ** 29;

interface Effort {
  readonly failures: unknown[];
  work: number;
}

export interface Analysis extends Lowered, Roles {
  /** Frames that the file fixes; null where the time axis is open. */
  readonly fixedFrames: number | null;
  /** The one number of frames that a shape inside the network fits, although the file leaves the axis open; else null. */
  readonly bakedFrames: number | null;
  /** Shapes of the inputs for one sequence; null along time. */
  readonly inputDims: InputDims;
}

/** Likeness of an open axis, and of a network that carries its states: these are not second-guessed. */
const OBVIOUS = 2;

/** Whether a recurrent layer steps over the frames of the stream. */
function isStepping(operation: Operation, { timings }: Lowered): boolean {
  const timing = timings.get(operation.inputs[0]!);
  const time = 'batchFirst' in operation && operation.batchFirst ? 1 : 0;
  if (timing?.kind !== 'frame') return timing?.kind === 'whole';
  return timing.axis === null ? timing.dims[time] === 1 : timing.axis === time;
}

/** Whether the axis that is taken for time is something else to an operation: a batch, or features; channels to a convolution. */
function isAstray(operation: Operation, lowered: Lowered): boolean {
  if (isRecurrent(operation)) return !isStepping(operation, lowered);
  if (operation.kind !== 'convolution') return false;
  const timing = lowered.timings.get(operation.inputs[0]!);
  return timing?.kind === 'sequence' || (timing?.kind === 'frame' && timing.axis === 1);
}

interface Trial {
  readonly analysis: Analysis;
  /** Operations to which frames are something else. */
  readonly astray: number;
  readonly isStreamable: boolean;
  readonly likeness: number;
}

function isBetter(a: Trial, b: Trial): boolean {
  if (a.astray !== b.astray) return a.astray < b.astray;
  if (a.likeness >= OBVIOUS !== b.likeness >= OBVIOUS) return a.likeness >= OBVIOUS;
  return a.isStreamable !== b.isStreamable ? a.isStreamable : a.likeness > b.likeness;
}

/**
 * @param frameSize features of a frame, where they are known
 * @throws TympanError where the network fits no shapes of its inputs
 */
export function analyze(
  network: Network,
  toolbox: Toolbox,
  { states, timeAxis }: StreamingOptions = {},
  frameSize?: number,
): Analysis {
  const effort: Effort = { failures: [], work: 0 };
  const { failures } = effort;
  let best: Trial | null = null;
  let tried = 0;
  const limit = Math.max(LEAST_TRIALS, MAX_VISITS / network.operations.length);
  for (const candidate of timeCandidates(network, timeAxis, frameSize)) {
    for (const trial of trials(network, toolbox, candidate, states, effort)) {
      if (!best || isBetter(trial, best)) best = trial;
      if (trial.isStreamable || ++tried > limit) break;
    }
    // Those that follow look less like time.
    if (tried + failures.length > limit || effort.work > MAX_WORK) break;
    if (best?.isStreamable && best.likeness >= OBVIOUS && best.astray === 0) break;
  }
  if (best?.analysis.timeAxes.size === 0) refuseAsked(network, states, timeAxis, failures);
  if (best) return best.analysis;
  const [failure] = failures;
  // Sizes that could only be guessed say nothing against the file.
  if (failure instanceof ModelFormatError && network.inputs.some(leavesFeaturesOpen))
    throw new UnsupportedModelError(
      `its inputs leave numbers of features open; export it with fixed ones: ${failure.message}`,
    );
  throw failure;
}

/** What was asked of a stream, where no candidate for time does it. */
function refuseAsked(
  network: Network,
  states: StreamingOptions['states'],
  timeAxis: number | undefined,
  failures: readonly unknown[],
): void {
  const misfit = states && failures.find((error) => error instanceof InputError);
  if (misfit) throw misfit;
  if (timeAxis === undefined) return;
  const inputs = network.inputs.map(({ name, dims }) => `"${name}" [${dims?.join(', ') ?? '?'}]`).join(', ');
  throw new MetadataError(`streaming: timeAxis: got ${timeAxis}, which is time of no input; inputs are ${inputs}`);
}

/** Batch and time are open in many a file. */
const leavesFeaturesOpen = ({ dims }: Port): boolean =>
  dims === null || dims.filter((dim) => typeof dim === 'string').length > 2;

/** What does not fit may not fit because of the sizes that were tried. */
function explained(error: TympanError, network: Network, inputs: ReadonlyMap<ValueId, Operand>): TympanError {
  const tried = network.inputs.map(({ name, value }) => `"${name}" [${inputs.get(value)!.dims}]`).join(', ');
  error.message += ` (tried with ${tried})`;
  return error;
}

/** The network with its inputs' axes as the candidate says, in the sizes that it may have. */
function* trials(
  network: Network,
  toolbox: Toolbox,
  { timeAxes, likeness }: Candidate,
  states: StreamingOptions['states'],
  effort: Effort,
): Generator<Trial> {
  let carried: Roles['carried'];
  try {
    carried = pairStates(network, timeAxes, states);
  } catch (error) {
    effort.failures.push(error);
    return;
  }
  const fixedFrames = fixedFramesOf(network, timeAxes);
  const isWhole = [...timeAxes.values()].includes(WHOLE_FRAME);
  const hasRecurrence = network.operations.some(isRecurrent);
  const stepwise = isWhole || (fixedFrames === 1 && carried.size > 0 && (hasRecurrence || isVector(network, timeAxes)));
  const isUnlikely = likeness < 0 || (likeness === 0 && isLikeBatch(network, timeAxes));
  if (isUnlikely && !stepwise && !hasRecurrence) return;
  // Without a time axis, a tensor is a frame only of what has a memory.
  if (isWhole && carried.size === 0 && !hasRecurrence) return;
  const roles = { timeAxes, carried, stepwise };
  const fallbacks = fixedFrames === null ? bakedSizes(network) : [fixedFrames];
  const hasWindows = network.operations.some(({ kind }) => kind === 'convolution' || kind === 'pool');
  const open = hasWindows && timeAxes.size > 0 ? [FRAMES, MANY_FRAMES] : [FRAMES];
  // Frames that nothing remembers, beside an input that stays the same, may be the rows of a batch: a cell's step looks so.
  const isAlone = !hasRecurrence && !hasWindows && carried.size === 0;
  const areRows = isAlone && timeAxes.size < network.inputs.length && isLikeBatch(network, timeAxes);
  const attempts = stepwise ? [[1]] : [...open, ...(timeAxes.size > 0 ? fallbacks.map((size) => [size]) : [])];
  for (const inputDims of openSizes(network, timeAxes, stepwise)) {
    for (const frames of attempts) {
      const lowered = attemptRates(network, toolbox, roles, inputDims, frames, effort);
      if (!lowered) continue;
      const bakedFrames = fixedFrames === null && frames.length === 1 && !stepwise ? frames[0] : null;
      const astray = network.operations.filter((one) => isAstray(one, lowered)).length;
      const analysis = { ...lowered, ...roles, fixedFrames, bakedFrames, inputDims };
      // One frame, and states to go on from: that is what a streaming export looks like.
      const isStep = stepwise && carried.size > 0;
      const plausible = areRows ? Math.min(likeness, OBVIOUS - 1) : likeness;
      yield { analysis, astray, isStreamable: lowered.frames !== null, likeness: isStep ? OBVIOUS : plausible };
      // What fits any number of frames has none baked in.
      if (isOpen(frames) && (fixedFrames === null || lowered.frames)) break;
    }
  }
}

/** Whether the timed inputs have no more than their features. */
const isVector = ({ inputs }: Network, timeAxes: Candidate['timeAxes']): boolean =>
  inputs.every(({ value, dims }) => !timeAxes.has(value) || dims!.filter((dim) => dim !== 1).length <= 1);

/** Rows of a batch look like frames to a network that treats each alone. */
const isLikeBatch = ({ inputs }: Network, timeAxes: Candidate['timeAxes']): boolean =>
  inputs.some(({ value, dims }) => {
    const axis = timeAxes.get(value);
    return axis === 0 || (axis !== undefined && (dims?.length === 2 || dims?.[axis] === 1));
  });

function fixedFramesOf(network: Network, timeAxes: ReadonlyMap<ValueId, number>): number | null {
  for (const { value, dims } of network.inputs) {
    const dim = dims?.[timeAxes.get(value) ?? WHOLE_FRAME];
    if (typeof dim === 'number') return dim;
  }
  return null;
}

const isOpen = (frames: readonly number[]): boolean => frames.length > 1;

/** Where strides make one frame of several, whether one is left over at the end is asked of every remainder. */
function attemptRates(
  ...[network, toolbox, roles, inputDims, frames, effort]: Parameters<typeof attempt>
): Lowered | null {
  const lowered = attempt(network, toolbox, roles, inputDims, frames, effort);
  const every = Math.max(1, ...(lowered?.frames?.layers ?? []).map(({ schedule }) => schedule.every));
  if (every === 1 || !isOpen(frames)) return lowered;
  const remainders = Array.from({ length: every }, (_, i) => frames[1] + i);
  return attempt(network, toolbox, roles, inputDims, [frames[0], ...remainders], effort);
}

/** @throws InputError where what becomes a state is not of its size */
function checkCarried({ inputs, outputs }: Network, carried: Roles['carried'], { shapes: { operands } }: Probe): void {
  for (const { name, value } of inputs) {
    const next = outputs.find((output) => output.value === carried.get(value));
    if (next && elements(operands[next.value]!.dims) !== elements(operands[value]!.dims))
      throw new InputError(
        `states: "${name}" → "${next.name}": got [${operands[next.value]!.dims}], expected [${operands[value]!.dims}]`,
      );
  }
}

function attempt(
  network: Network,
  toolbox: Toolbox,
  roles: Roles,
  inputDims: InputDims,
  frames: readonly number[],
  effort: Effort,
): Lowered | null {
  if (effort.work > MAX_WORK) return null;
  const budgets = frames.map(() => new Budget());
  try {
    const probes = frames.map((count, i): Probe => ({
      frames: count,
      shapes: specialize(network, operandsFor(network, inputDims, count), toolbox.operators, budgets[i]),
    }));
    if (frames.length === 1) checkCarried(network, roles.carried, probes[0]);
    return lower(network, toolbox, probes, roles);
  } catch (error) {
    if (!(error instanceof TympanError) || error instanceof TooManyWeights) throw error;
    effort.failures.push(explained(error, network, operandsFor(network, inputDims, frames[0])));
    return null;
  } finally {
    effort.work += budgets.reduce((sum, { spent }) => sum + spent, 0);
  }
}
