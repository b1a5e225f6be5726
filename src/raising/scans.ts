/** Scans that are recurrent layers. */
import type { Network, Operation, ValueId } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import type { Draft } from './draft.js';
import { Layers } from './layers.js';
import { isProven } from './proof.js';
import { recognize, type BatchAxisOf, type Scan } from './recognition.js';
import type { Origin } from './origins.js';
import type { Search } from './search.js';
import { Tracer } from './tracer.js';

/** Shapes of the body's inputs, of those of the scan: slices without their axis. */
function givenTo(scan: Scan, operands: readonly (Operand | null)[]): [ValueId, Operand][] | null {
  const { body, carried, scannedInputs } = scan;
  const given = body.inputs.map(({ value }, i): [ValueId, Operand] | null => {
    const operand = operands[i];
    if (!operand) return null;
    const scanned = scannedInputs[i - carried];
    // Integers may decide shapes; a state's first value decides nothing.
    if (!scanned) return [value, i < carried ? { ...operand, data: null } : operand];
    const axis = scanned.axis < 0 ? scanned.axis + operand.dims.length : scanned.axis;
    return [value, { type: operand.type, dims: operand.dims.filter((_, at) => at !== axis), data: null }];
  });
  return given.every((one) => one !== null) ? given : null;
}

/** What is known of a scan's inputs. */
export interface Probe {
  readonly operands: readonly (Operand | null)[];
  /** By input; null where there are no open sizes. */
  readonly origins: readonly (Origin | null)[] | null;
}

function bodyTracer(scan: Scan, { operands, origins }: Probe, { operators, budget }: Search): Tracer | null {
  const given = givenTo(scan, operands);
  if (!given) return null;
  const tracer = new Tracer(operators, [...scan.body.constants, ...given], {
    budget,
    origins: origins && originsWithin(scan.body, origins, 0),
  });
  return scan.body.operations.every((operation) => tracer.take(operation)) ? tracer : null;
}

/** Of a body's inputs, from those of what it is the body of, of which it has not the first `offset`. */
export function originsWithin(
  { inputs }: Pick<Network, 'inputs'>,
  origins: readonly (Origin | null)[],
  offset: number,
): [ValueId, Origin][] {
  return inputs.flatMap(({ value }, index): [ValueId, Origin][] => {
    const origin = origins[index + offset] ?? null;
    return origin ? [[value, origin]] : [];
  });
}

/** Sequences that are looked at together; more take seconds, and other sizes have fewer. */
const MAX_SEQUENCES = 32;

/**
 * The axis that has as many elements as there are sequences: the one that differs where their number does; where it is fixed,
 * the last but one.
 */
function batchAxes(tracers: readonly Tracer[], batch: number): BatchAxisOf {
  const [first, ...others] = tracers;
  return (value) => {
    const { dims } = first.operands.get(value)!;
    const varying = dims.findIndex((dim, axis) =>
      others.some((other) => other.operands.get(value)!.dims[axis] !== dim),
    );
    if (varying >= 0) return varying;
    const usual = dims.length - 2;
    return usual >= 0 && dims[usual] === batch ? usual : null;
  };
}

function hasManySequences(tracers: readonly Tracer[], state: ValueId): boolean {
  const sizes = tracers.map(({ operands }) => operands.get(state)!.dims);
  return sizes[0].some((size, axis) => size > MAX_SEQUENCES && sizes.some((other) => other[axis] !== size));
}

function batchOf(tracers: readonly Tracer[], state: ValueId): number {
  const { dims } = tracers[0].operands.get(state)!;
  const axis = batchAxes(tracers, dims.at(-2) ?? 1)(state);
  return axis === null ? 1 : dims[axis];
}

/**
 * The layers that the scan is, proven equal to its body; null where it is something else.
 *
 * @param probes what the scan's inputs are, for inputs of the network of one shape or several
 */
export function raiseScan(
  scan: Scan,
  probes: readonly Probe[],
  draft: Draft,
  search: Search,
): readonly Operation[] | null {
  const { body, carried, scannedInputs } = scan;
  const directions = new Set(scannedInputs.map(({ direction }) => direction));
  const traced = probes.map((probe) => bodyTracer(scan, probe, search));
  if (carried === 0 || directions.size !== 1 || probes.length === 0) return null;
  if (!traced.every((tracer) => tracer !== null)) return null;
  if (hasManySequences(traced, body.inputs[0].value)) {
    search.doubtful.add(scan.name);
    return null;
  }
  const axisOf = batchAxes(traced, batchOf(traced, body.inputs[0].value));
  const recognition = recognize(scan, traced[0], axisOf, search);
  if (!recognition || !traced.every((tracer) => isProven(scan, recognition, tracer, axisOf, search))) {
    search.refused.add(scan.name);
    return null;
  }
  return new Layers(scan, recognition, draft, axisOf, (value) => traced[0].operands.get(value)!.dims).operations;
}
