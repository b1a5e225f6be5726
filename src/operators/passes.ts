/** What one pass through the body of a loop takes and makes, and whether one preparation serves all passes. */
import { TympanError } from '../errors.js';
import type { Network, Operation, Port, ScannedAxis, ValueId } from '../model/network.js';
import { bodyCost, costs, given, NO_COST, resultOf, type Cost, type SpecializeBody } from './body-run.js';
import { malformed, unsupported, type Operand, type Shape } from './operator.js';
import type { Specialization } from './specialization.js';

/** What Loop and Scan share: the body takes heads…, carried…, slices…, captured…, as the operation takes its inputs. */
export interface Pattern {
  readonly operation: Operation;
  readonly body: Network;
  /** Of a Loop 2, the number of the pass and the condition; of a Scan none. */
  readonly heads: number;
  readonly carried: number;
  readonly scannedInputs: readonly ScannedAxis[];
  readonly scannedOutputs: readonly ScannedAxis[];
}

/** A pass for inputs of known shapes. */
export interface Pass {
  readonly shapes: Specialization;
  readonly carried: readonly Operand[];
  readonly scanned: readonly Operand[];
}

export interface Passes {
  /** One for all, or one each. */
  readonly all: readonly Specialization[];
  /** What is carried at the end. */
  readonly carried: readonly Operand[];
  /** Of one pass. */
  readonly scanned: readonly Shape[];
  /** Of all. */
  readonly cost: Cost;
}

/** Up to so many, each pass is prepared for itself, and knows the most. */
const FEW = 2;

/** Where the body's outputs that the node gives begin: a Loop's first is its condition. */
export const firstResult = ({ heads }: Pattern): number => (heads > 0 ? 1 : 0);

/** onnxruntime gives a Loop's heads as the body declares them, [] or [1]. */
const headDims = ({ dims }: Port): readonly number[] => (dims?.length === 1 ? [1] : []);

/** @param index null where it may be any */
export function headsOf({ body, heads }: Pattern, index: number | null): [ValueId, Operand][] {
  if (heads === 0) return [];
  const [iteration, condition] = body.inputs;
  const data = index === null ? null : Float64Array.of(index);
  return [
    [iteration.value, { type: 'integer', dims: headDims(iteration), data }],
    // Every pass that begins has found it true.
    [condition.value, { type: 'boolean', dims: headDims(condition), data: Float64Array.of(1) }],
  ];
}

/** A scanned input without its axis. */
function slicesOf({ heads, carried, scannedInputs }: Pattern, operands: readonly (Operand | null)[]): Operand[] {
  return scannedInputs.map(({ axis }, i) => {
    const { type, dims } = operands[heads + carried + i]!;
    return { type, dims: dims.toSpliced(axis, 1), data: null };
  });
}

function passOf(
  pattern: Pattern,
  operands: readonly (Operand | null)[],
  carried: readonly Operand[],
  index: number | null,
  specializeBody: SpecializeBody,
): Pass {
  const { operation, body, heads, scannedInputs, scannedOutputs } = pattern;
  const captured = operands.slice(heads + carried.length + scannedInputs.length);
  const own = [...carried, ...slicesOf(pattern, operands), ...captured];
  const shapes = specializeBody(body, new Map([...headsOf(pattern, index), ...given(operation, body, own, heads)]));
  const first = firstResult(pattern);
  return {
    shapes,
    carried: carried.map((_, i) => resultOf(operation, body, shapes, first + i)),
    scanned: scannedOutputs.map((_, i) => resultOf(operation, body, shapes, first + carried.length + i)),
  };
}

/** Values that the body carries on as it gets them. */
export function keptBy(pattern: Pattern): boolean[] {
  const { body, heads, carried } = pattern;
  const sources = new Map<ValueId, ValueId>();
  const sourceOf = (value: ValueId): ValueId => sources.get(value) ?? value;
  for (const { kind, inputs, outputs } of body.operations)
    if (kind === 'identity' && inputs[0] !== null && outputs[0] !== null) sources.set(outputs[0], sourceOf(inputs[0]));
  return Array.from({ length: carried }, (_, i) => {
    const { value } = body.outputs[firstResult(pattern) + i];
    return sourceOf(value) === body.inputs[heads + i].value;
  });
}

/** One preparation for all passes; null where what is carried changes its shape. */
function alike(
  pattern: Pattern,
  operands: readonly (Operand | null)[],
  initial: readonly Operand[],
  passes: number,
  specializeBody: SpecializeBody,
): Passes | null {
  const kept = keptBy(pattern);
  const any = initial.map((operand, i) => (kept[i] ? operand : { ...operand, data: null }));
  const pass = passOf(pattern, operands, any, null, specializeBody);
  if (pass.carried.some(({ type, dims }, i) => type !== any[i].type || `${dims}` !== `${any[i].dims}`)) return null;
  const carried = any.map((operand, i) => (passes === 0 ? initial[i] : operand));
  return { all: [pass.shapes], carried, scanned: pass.scanned, cost: costs(NO_COST, bodyCost(pass.shapes), passes) };
}

/** Each pass with all that is known of the ones before it. */
function oneByOne(
  pattern: Pattern,
  operands: readonly (Operand | null)[],
  initial: readonly Operand[],
  passes: number,
  specializeBody: SpecializeBody,
): Passes {
  const all: Specialization[] = [];
  let carried = initial;
  let scanned: readonly Shape[] | null = null;
  let cost = NO_COST;
  for (let index = 0; index < passes; index++) {
    const pass = passOf(pattern, operands, carried, index, specializeBody);
    all.push(pass.shapes);
    carried = pass.carried;
    scanned ??= pass.scanned;
    cost = costs(cost, bodyCost(pass.shapes));
    const wrong = pass.scanned.find(({ dims }, i) => `${dims}` !== `${scanned![i].dims}`);
    if (wrong)
      throw malformed(pattern.operation, `pass ${index} gives [${wrong.dims}] for an output that began otherwise`);
  }
  if (pattern.scannedOutputs.length > 0) scanned ??= passOf(pattern, operands, initial, 0, specializeBody).scanned;
  return { all, carried, scanned: scanned ?? [], cost };
}

/** @param passes how many; null where only running tells */
export function preparePasses(
  pattern: Pattern,
  operands: readonly (Operand | null)[],
  passes: number | null,
  specializeBody: SpecializeBody,
): Passes {
  const initial = operands.slice(pattern.heads, pattern.heads + pattern.carried) as readonly Operand[];
  const known = [pattern, operands, initial] as const;
  if (passes !== null && passes > 0 && passes <= FEW) return oneByOne(...known, passes, specializeBody);
  try {
    const one = alike(...known, passes ?? 0, specializeBody);
    if (one) return one;
  } catch (error) {
    if (!(error instanceof TympanError) || passes === null) throw error;
  }
  if (passes !== null) return oneByOne(...known, passes, specializeBody);
  throw unsupported(
    pattern.operation,
    'what it carries changes its shape, and how often it runs is only known when the network runs; export it with a fixed number of steps',
  );
}
