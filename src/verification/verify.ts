/** f32 against onnxruntime, int8 against f32, and streams against whole runs: differences by output, and whether they are small. */
import { InputError, TympanError, type Model } from '../index.js';
import { Differences, type Difference } from './difference.js';
import { layoutOf, type Layout } from './layout.js';
import { runsOf } from './runs.js';
import { randomSequence, tensorsOf, type Sequence, type Tensors } from './sequence.js';
import { answersOf, compareStateful, compareWindowed, type Answers } from './streamed.js';

/** Another runtime with the same model: onnxruntime. */
export interface Reference {
  run(inputs: Tensors): Promise<Tensors>;
}

/** Of differences; where an output goes beyond ±1, of differences in units of its largest value. */
export interface Limits {
  /** The largest difference of what computes in float32 alike. */
  readonly max: number;
  /** The mean difference of int8 from f32. */
  readonly mean: number;
}

const ORDER = ['run', 'run int8', 'stream', 'stream int8'] as const;

export type Compared = (typeof ORDER)[number];

export interface Check extends Difference {
  /**
   * `run`: f32 from the reference; `run int8`: from f32; `stream`: f32, frame by frame, from whole runs; `stream int8`: from the
   * f32 stream.
   */
  readonly compared: Compared;
  readonly output: string;
  readonly limit: Partial<Limits>;
  readonly passed: boolean;
}

export interface Verification {
  readonly checks: readonly Check[];
  /** What was not compared, and why, in sentences. */
  readonly notes: readonly string[];
}

/** What is compared; the same network as f32 and as int8. */
export interface Pair {
  readonly f32: Model;
  readonly int8: Model;
  readonly layout: Layout;
}

export async function pairOf(f32: Model, int8: Model): Promise<Pair> {
  return { f32, int8, layout: await layoutOf(f32) };
}

/** Windows that a sequence has of frames that are made up. */
const WINDOWS = 10;

/** Frames that are tried: where time goes in samples, a few are less than one step of the network. */
const FRAMES = [200, 2000, 20_000];

/** As many frames of random numbers as tell differences, and as the network fits. */
export function usualFrames({ f32, layout }: Pair): number {
  const { streaming } = f32;
  if (layout.fixedFrames !== null) return Math.max(FRAMES[0], layout.fixedFrames);
  const windowed = streaming.mode === 'windowed' ? streaming.windowFrames + (WINDOWS - 1) * streaming.hopFrames : 0;
  const frames = FRAMES.map((count) => Math.max(count, windowed));
  return (
    frames.find((count) => fits(f32, tensorsOf(layout, randomSequence(f32, layout, count, 0), 0, count))) ?? frames[0]
  );
}

function fits(model: Model, inputs: Tensors): boolean {
  try {
    model.run(inputs);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/**
 * @param sequences each on its own, from the initial state
 * @param reference null for none
 */
export async function verify(
  pair: Pair,
  sequences: readonly Sequence[],
  reference: Reference | null,
  limits: Limits,
): Promise<Verification> {
  const found = new Found();
  const notes = new Set<string>();
  for (const sequence of sequences) {
    checkLength(pair, sequence);
    const whole = await compareRuns(pair, sequence, reference, found);
    const refusal = compareStreams(pair, sequence, whole, found);
    if (refusal !== null) notes.add(refusal);
  }
  return { checks: found.checks(limits, hasDynamicSteps(pair.f32)), notes: [...notes] };
}

/** A comparison of nothing would pass. */
function checkLength({ f32: { streaming }, layout }: Pair, { frames }: Sequence): void {
  const least =
    streaming.mode === 'windowed' ? streaming.windowFrames : layout.isStepwise ? 1 : (layout.fixedFrames ?? 1);
  if (frames >= least) return;
  throw new InputError(
    `the model takes ${least} frames at once, got ${frames}; expected a longer sound, or more frames`,
  );
}

/** Steps of 8 bits that follow the whole tensor are none on a stream, which never has it. */
const hasDynamicSteps = ({ network }: Model): boolean =>
  network.operations.some(({ kind, inputs }) => kind === 'fakeQuantize' && (inputs[1] ?? null) === null);

async function compareRuns(
  { f32, int8, layout }: Pair,
  sequence: Sequence,
  reference: Reference | null,
  found: Found,
): Promise<Tensors[]> {
  const whole: Tensors[] = [];
  for (const inputs of runsOf(layout, sequence, () => whole.at(-1)!)) {
    const outputs = f32.run(inputs);
    whole.push(outputs);
    compareOutputs(int8.run(inputs), outputs, found.of('run int8'));
    if (reference) compareOutputs(outputs, await reference.run(inputs), found.of('run'));
  }
  return whole;
}

function compareOutputs(actual: Tensors, expected: Tensors, into: (output: string) => Differences): void {
  for (const [name, { data }] of Object.entries(actual)) into(name).add(data, expected[name].data);
}

/** Why there is no stream, or null. */
function compareStreams(
  { f32, int8, layout }: Pair,
  sequence: Sequence,
  whole: readonly Tensors[],
  found: Found,
): string | null {
  const refusal = refusalOf(f32);
  if (refusal !== null) return `not streamed: ${refusal}`;
  const isStateful = f32.streaming.mode === 'stateful';
  // A stream goes on where a run of a fixed number of frames ends.
  const frames = isStateful && !layout.isStepwise ? (layout.fixedFrames ?? sequence.frames) : sequence.frames;
  const given = { ...sequence, frames };
  const answers = answersOf(f32, layout, given);
  for (const [name, { length }] of answers)
    if (length === 0)
      throw new InputError(
        `"${name}": no answer of the stream in ${frames} frames; expected a longer sound, or more frames`,
      );
  if (isStateful) compareStateful(layout, answers, whole, found.of('stream'));
  else compareWindowed(f32, layout, given, answers, found.of('stream'));
  compareAnswers(answersOf(int8, layout, given), answers, found.of('stream int8'));
  return null;
}

/** What the model says where it has no stream. */
function refusalOf(model: Model): string | null {
  try {
    model.stream().close();
    return null;
  } catch (error) {
    if (error instanceof TympanError) return error.message;
    throw error;
  }
}

/** At the frames at which both answer: loops that int8 takes for layers may run on windows in f32. */
function compareAnswers(actual: Answers, expected: Answers, into: (output: string) => Differences): void {
  for (const [name, answers] of expected) {
    const given = new Map(actual.get(name)!.map(({ frame, values }) => [frame, values]));
    for (const { frame, values } of answers) if (given.has(frame)) into(name).add(given.get(frame)!, values);
  }
}

/** Differences of all sequences by what is compared and by output. */
class Found {
  readonly #differences = new Map<Compared, Map<string, Differences>>();

  of(compared: Compared): (output: string) => Differences {
    const outputs = this.#differences.get(compared) ?? new Map<string, Differences>();
    this.#differences.set(compared, outputs);
    return (output) => {
      const differences = outputs.get(output) ?? new Differences();
      outputs.set(output, differences);
      return differences;
    };
  }

  checks(limits: Limits, isApproximate: boolean): Check[] {
    return ORDER.flatMap((compared) => {
      const isExact = compared === 'run' || (compared === 'stream' && !isApproximate);
      const limit = isExact ? { max: limits.max } : { mean: limits.mean };
      return [...(this.#differences.get(compared) ?? [])].map(([output, differences]) => {
        const { elements, max, mean, signalToNoise, largest } = differences;
        const unit = Math.max(1, largest);
        const passed =
          (limit.max === undefined || max <= limit.max * unit) &&
          (limit.mean === undefined || mean <= limit.mean * unit);
        return { compared, output, elements, max, mean, signalToNoise, largest, limit, passed };
      });
    });
  }
}
