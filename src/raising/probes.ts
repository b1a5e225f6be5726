/** A network's inputs in the sizes with which its loops are looked at. */
import type { Network, Port, ValueId } from '../model/network.js';
import { elementTypeOf } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import type { Search } from './search.js';
import { Tracer } from './tracer.js';

/** Sizes of first axes that are open, and of others: two at a time, primes, so that no size is theirs by chance. */
type Sizes = readonly (readonly [first: number, others: readonly number[]])[];

const LONG = [97, 103, 109, 127, 137];
const LONGER = [101, 107, 113, 131, 139];
const FEW = [2, 5, 11, 17, 23];
const MORE = [3, 7, 13, 19, 29];

/** Batch first, time first, and for networks that take one sequence alone. */
const TRIALS: readonly Sizes[] = [
  [
    [2, LONG],
    [3, LONGER],
  ],
  [
    [97, FEW],
    [101, MORE],
  ],
  [
    [1, LONG],
    [1, LONGER],
  ],
  [
    [97, [1, 1, 1]],
    [101, [1, 1, 1]],
  ],
];

function operandOf({ dims, type }: Port, sizes: ReadonlyMap<string, number>): Operand {
  return {
    type: elementTypeOf(type),
    dims: dims!.map((dim) => (typeof dim === 'number' ? dim : sizes.get(dim)!)),
    data: null,
  };
}

/** Sizes by the names of open axes. */
function sizesOf({ inputs }: Network, [first, others]: Sizes[number]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { dims } of inputs) {
    if (typeof dims![0] === 'string' && !sizes.has(dims![0])) sizes.set(dims![0], first);
  }
  let at = 0;
  for (const dim of inputs.flatMap(({ dims }) => dims!)) {
    if (typeof dim === 'string' && !sizes.has(dim)) sizes.set(dim, others[at++ % others.length]);
  }
  return sizes;
}

export interface Trial {
  readonly tracers: readonly Tracer[];
  /** Whether every open size is another one for each tracer. */
  readonly differs: boolean;
  /** Whether there may be several sequences that are tried as one. */
  readonly isSingle: boolean;
}

/** Tracers that know the inputs and constants alone; none where the file does not say its inputs' shapes. */
export function trialsOf(network: Network, { operators, budget }: Search): readonly Trial[] {
  const { inputs, constants } = network;
  if (inputs.some(({ dims }) => dims === null)) return [];
  const isOpen = inputs.some(({ dims }) => dims!.some((dim) => typeof dim === 'string'));
  return (isOpen ? TRIALS : [TRIALS[0].slice(0, 1)]).map((pair, index) => {
    const sizes = pair.map((choice) => sizesOf(network, choice));
    const tracers = sizes.map((own) => {
      const known = inputs.map((port): [ValueId, Operand] => [port.value, operandOf(port, own)]);
      return new Tracer(operators, [...constants, ...known], { budget, origins: isOpen ? [] : null });
    });
    const [one, other] = sizes;
    return { tracers, differs: [...one].every(([name, size]) => other?.get(name) !== size), isSingle: index >= 2 };
  });
}
