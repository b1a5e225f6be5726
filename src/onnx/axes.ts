/**
 * Axes as products of factors that know their role, which is how a graph is followed through its layouts: a Transpose
 * permutes axes, a Reshape regroups factors, and neither moves a number.
 *
 * A factor of size 1 may stand in any axis. Axes that are squeezed leave theirs with a neighbour, so that a time or a
 * batch of 1 is still found when a later node makes an axis for it.
 */
import type { AxisFactor } from '../model/network.js';
import { multiply, sizeOf, type Dim } from './dims.js';

export type Role = AxisFactor['role'];

/** Of a graph input the role is null until the node that needs it is met; all axes that hold the factor learn it then. */
export interface Factor {
  role: Role | null;
  size: Dim;
}

export type Axis = readonly Factor[];
export type Axes = readonly Axis[];

export function sizeOfAxis(axis: Axis): Dim {
  return sizeOf(axis.map(({ size }) => size));
}

export function dimsOf(axes: Axes): Dim[] {
  return axes.map(sizeOfAxis);
}

export function allFactors(axes: Axes): Factor[] {
  return axes.flat();
}

/** `batch × time`, for messages. */
export function describeAxis(axis: Axis): string {
  return axis.map(({ role, size }) => (role === size ? role : `${role ?? 'unknown'} ${size}`)).join(' × ') || '1';
}

export function describe(axes: Axes): string {
  return `[${axes.map(describeAxis).join(', ')}]`;
}

/** Without the axis at `index`, whose factors, all of size 1, go to a neighbour. */
export function without(axes: Axes, index: number): Axes {
  const heir = index > 0 ? index - 1 : 1;
  return axes.map((axis, at) => (at === heir ? [...axis, ...axes[index]] : axis)).filter((_, at) => at !== index);
}

export function withAxisAt(axes: Axes, index: number, axis: Axis = []): Axes {
  return [...axes.slice(0, index), axis, ...axes.slice(index)];
}

/**
 * The factors of `axes` grouped into `target` dims, of which one may be -1; null when a dim would have to split a factor
 * or is not a product of the factors that follow each other.
 */
export function regroup(axes: Axes, target: readonly Dim[]): Axes | null {
  const factors = allFactors(axes);
  const inferred = target.indexOf(-1);
  const last = inferred < 0 ? target.length : inferred;
  const head = target.slice(0, last).map((dim) => takeFront(factors, dim));
  if (inferred < 0) {
    if (factors.some(({ size }) => size !== 1) || head.includes(null)) return null;
    const groups = head as Factor[][];
    groups[groups.length - 1]?.push(...factors);
    return groups;
  }
  const tail = target
    .slice(inferred + 1)
    .reverse()
    .map((dim) => takeBack(factors, dim))
    .reverse();
  const groups = [...head, factors, ...tail];
  return groups.includes(null) ? null : (groups as Factor[][]);
}

/**
 * Open sizes that `target` fixes, where each of its dims stands for one factor: dynamo of torch 2.13 writes the length of
 * its sample into the shapes of time-first GRUs, though it leaves that length open in the input. null for any other shape.
 */
export function sizesFixedBy(axes: Axes, target: readonly Dim[]): Map<string, number> | null {
  const factors = allFactors(axes).filter(({ size }) => size !== 1);
  const dims = target.filter((dim) => dim !== 1);
  const fixed = new Map<string, number>();
  if (dims.length !== factors.length) return null;
  for (const [index, { size, role }] of factors.entries()) {
    const dim = dims[index];
    if (dim === -1 || dim === size) continue;
    if (typeof size !== 'string' || typeof dim !== 'number' || role === 'feature') return null;
    fixed.set(size, dim);
  }
  return fixed;
}

function takeFront(factors: Factor[], dim: Dim): Factor[] | null {
  return take(
    dim,
    () => factors[0],
    () => factors.shift(),
  );
}

function takeBack(factors: Factor[], dim: Dim): Factor[] | null {
  return (
    take(
      dim,
      () => factors[factors.length - 1],
      () => factors.pop(),
    )?.reverse() ?? null
  );
}

/** Factors whose product is `dim`. For a dim of 1 that is one factor of size 1, or none. */
function take(dim: Dim, peek: () => Factor | undefined, next: () => Factor | undefined): Factor[] | null {
  if (dim === 1) return peek()?.size === 1 ? [next()!] : [];
  const taken: Factor[] = [];
  let size: Dim = 1;
  while (size !== dim) {
    const factor = next();
    if (!factor) return null;
    taken.push(factor);
    size = multiply(size, factor.size);
    if (typeof size === 'number' && typeof dim === 'number' && size > dim) return null;
  }
  return taken;
}

/**
 * Axes in which the one at `index` is exactly a factor of `role`, or empty where there is none and the size is 1. A factor
 * without a role takes this one. null when something else of a size above 1 is there, or the factor is split in two.
 */
export function claim(axes: Axes, index: number, role: Role): Axes | null {
  const axis = axes[index];
  const nameless = axis.filter((factor) => factor.role === null && factor.size !== 1);
  const candidates = nameless.length > 0 ? nameless : axis.filter((factor) => factor.role === null);
  if (candidates.length === 1 && !axis.some((factor) => factor.role === role)) candidates[0].role = role;
  const own = axis.filter((factor) => factor.role === role);
  const others = axis.filter((factor) => factor.role !== role);
  if (own.length > 1 || others.some(({ size }) => size !== 1)) return null;
  const cleared = others.length > 0 ? moveAside(axes, index, own, others) : axes;
  return own.length > 0 ? cleared : broughtHome(cleared, index, role);
}

/** Factors of size 1 go to a neighbour of the axis, or nowhere when it has none. */
function moveAside(axes: Axes, index: number, own: Axis, others: Axis): Axes {
  const heir = index > 0 ? index - 1 : index + 1;
  return axes.map((axis, at) => (at === index ? own : at === heir ? [...axis, ...others] : axis));
}

/** A factor of `role` and size 1 that an earlier squeeze left in another axis. */
function broughtHome(axes: Axes, index: number, role: Role): Axes {
  const from = axes.findIndex((axis) => axis.some((factor) => factor.role === role && factor.size === 1));
  if (from < 0) return axes;
  const factor = axes[from].find((other) => other.role === role && other.size === 1)!;
  return axes.map((axis, at) =>
    at === index ? [factor] : at === from ? axis.filter((other) => other !== factor) : axis,
  );
}

export function factorOf(axes: Axes, role: Role): Factor | undefined {
  return allFactors(axes).find((factor) => factor.role === role);
}
