/**
 * Which axis of a graph input is batch, time, part and feature. Nothing in a file says it; what the input flows into does.
 * Roles go backwards, from GRUs and dense layers, whose axes have known ones, to the graph's inputs. What this leaves
 * open, as behind a Reshape, is settled when raising meets the node that needs it (`claim` in axes.ts).
 */
import { maxRank } from './dims.js';
import type { Role } from './axes.js';
import { Folder } from './constants.js';
import { folds } from './folding.js';
import type { Graph } from './graph.js';
import type { Node } from './node.js';
import { readTensor } from './tensors.js';

/** One an axis; null where it is not known. */
type Roles = readonly (Role | null)[];

/** What a node's inputs must be when its output is `wanted`, which is null where nobody knows. */
type Backwards = (node: Node, wanted: Roles | null, known: Known) => readonly (Roles | null)[];

interface Known {
  /** Small integer constants, by name. */
  readonly integers: (name: string | undefined) => readonly number[] | null;
  readonly rankOfConstant: (name: string | undefined) => number | null;
  readonly graph: Graph;
}

const same: Backwards = (node, wanted) => node.inputs.map(() => wanted);
const firstSame: Backwards = (_, wanted) => [wanted];

const backwards: Readonly<Record<string, Backwards>> = {
  GRU: gruRoles,
  Gemm: (_, wanted) => [[wanted?.[0] ?? null, 'feature']],
  MatMul: (_, wanted) => [wanted && [...wanted.slice(0, -1), 'feature']],
  Transpose: transposeRoles,
  Squeeze: squeezeRoles,
  Unsqueeze: unsqueezeRoles,
  Reshape: reshapeRoles,
  Gather: gatherRoles,
  Concat: same,
  Add: same,
  Identity: firstSame,
  Cast: firstSame,
  Dropout: firstSame,
  Slice: firstSame,
  Split: firstSame,
  Sigmoid: firstSame,
  Tanh: firstSame,
  Relu: firstSame,
  Softmax: firstSame,
  LogSoftmax: firstSame,
};

export function inputRoles(graph: Graph): Map<string, Roles> {
  const roles = new Map<string, Roles>();
  const known = knownConstants(graph);
  for (const node of [...graph.nodes].reverse()) {
    const wanted = node.outputs.map((name) => roles.get(name)).find((found) => found) ?? null;
    const found = Object.hasOwn(backwards, node.op) ? backwards[node.op](node, wanted, known) : [];
    found.forEach((needed, index) => {
      const name = node.inputs[index];
      if (name && needed && needed.length <= maxRank) roles.set(name, merge(roles.get(name), needed));
    });
  }
  return new Map(
    [...graph.inputs.values()].map(({ name, dims }) => [name, complete(roles.get(name) ?? [], dims?.length ?? 0)]),
  );
}

function merge(old: Roles | undefined, found: Roles): Roles {
  return old && old.length === found.length ? old.map((role, axis) => role ?? found[axis]) : (old ?? found);
}

/** The one axis that is left is the batch, or stacks states that have one. */
function complete(roles: Roles, rank: number): Roles {
  const unknown = roles.filter((role) => role === null).length;
  if (roles.length !== rank || unknown !== 1 || !roles.includes('feature')) return roles;
  return roles.map((role) => role ?? (roles.includes('batch') ? 'part' : 'batch'));
}

function gruRoles(node: Node): (Roles | null)[] {
  const batchFirst = node.int('layout', 0) === 1;
  const X: Roles = batchFirst ? ['batch', 'time', 'feature'] : ['time', 'batch', 'feature'];
  const initialH: Roles = batchFirst ? ['batch', 'part', 'feature'] : ['part', 'batch', 'feature'];
  return [X, null, null, null, null, initialH];
}

function transposeRoles(node: Node, wanted: Roles | null): (Roles | null)[] {
  if (!wanted) return [];
  const order = node.ints('perm') ?? wanted.map((_, axis) => wanted.length - 1 - axis);
  return [wanted.map((_, axis) => wanted[order.indexOf(axis)] ?? null)];
}

function squeezeRoles(node: Node, wanted: Roles | null, known: Known): (Roles | null)[] {
  const axes = node.ints('axes') ?? known.integers(node.inputs[1]);
  if (!wanted || !axes || axes.length > maxRank) return [];
  const rank = wanted.length + axes.length;
  const dropped = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  return [dropped.reduce<Roles>((roles, axis) => [...roles.slice(0, axis), null, ...roles.slice(axis)], wanted)];
}

function unsqueezeRoles(node: Node, wanted: Roles | null, known: Known): (Roles | null)[] {
  const axes = node.ints('axes') ?? known.integers(node.inputs[1]);
  if (!wanted || !axes || axes.length > maxRank) return [];
  const added = axes.map((axis) => (axis < 0 ? axis + wanted.length : axis));
  return [wanted.filter((_, axis) => !added.includes(axis))];
}

/** Only of a graph input, whose sizes the file gives, and where axes of size 1 come or go. */
function reshapeRoles(node: Node, wanted: Roles | null, known: Known): (Roles | null)[] {
  const from = known.graph.inputs.get(node.inputs[0])?.dims;
  const to = known.integers(node.inputs[1]);
  if (!wanted || !from || !to || to.length !== wanted.length) return [];
  const large = wanted.filter((_, axis) => to[axis] !== 1);
  if (large.length !== from.filter((dim) => dim !== 1).length) return [];
  let next = 0;
  return [from.map((dim) => (dim === 1 ? null : large[next++]))];
}

function gatherRoles(node: Node, wanted: Roles | null, known: Known): (Roles | null)[] {
  if (!wanted) return [];
  const rank = known.rankOfConstant(node.inputs[1]);
  if (rank === 1) return [wanted];
  const axis = node.int('axis', 0);
  const at = axis < 0 ? axis + wanted.length + 1 : axis;
  return rank === 0 ? [[...wanted.slice(0, at), null, ...wanted.slice(at)]] : [];
}

function knownConstants(graph: Graph): Known {
  const nodes = new Map(graph.nodes.filter(({ op }) => op === 'Constant').map((node) => [node.outputs[0], node]));
  const read = memoized((name: string) => {
    const node = nodes.get(name);
    const initializer = graph.initializers.get(name);
    if (node) return [folds.Constant(node, [], new Folder(), 0)].flat()[0];
    const isShort = initializer && initializer.dims.length <= 1 && (initializer.dims[0] ?? 1) <= maxRank;
    return isShort ? readTensor(initializer) : null;
  });
  return {
    graph,
    integers: memoized((name) => {
      const constant = read(name);
      const isList = constant?.type === 'integer' && constant.dims.length <= 1 && constant.data.length <= maxRank;
      return isList ? [...constant.data].map(Number) : null;
    }),
    rankOfConstant: (name) => graph.initializers.get(name ?? '')?.dims.length ?? read(name)?.dims.length ?? null,
  };
}

/** Many nodes may name one constant. */
function memoized<T>(find: (name: string) => T): (name: string | undefined) => T {
  const found = new Map<string, T>();
  return (name = '') => {
    if (!found.has(name)) found.set(name, find(name));
    return found.get(name)!;
  };
}
