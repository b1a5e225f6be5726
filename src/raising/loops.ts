/** Branches that are known and loops that are layers, in a network and in the bodies within it. */
import type { Network, Operation, ValueId } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import { absorbProducts } from './absorption.js';
import { firstCarried, keepUnchanged, settled, settledBranches, type Fold, type Looping } from './bodies.js';
import { takenBranch } from './branches.js';
import { Draft, withoutDead } from './draft.js';
import { FixedSizes } from './fixed-sizes.js';
import { scanOf } from './loop-to-scan.js';
import { trialsOf, type Trial } from './probes.js';
import { originsWithin, raiseScan, type Probe } from './scans.js';
import type { Search } from './search.js';
import { Tracer } from './tracer.js';

const isControl = ({ kind }: Operation): boolean => kind === 'if' || kind === 'loop' || kind === 'scan';

/** The network with plain layers for the branches and loops that are some, whatever sizes its open axes have. */
export function raiseLoops(network: Network, search: Search): Network {
  let raised = network;
  const trials = trialsOf(network, search);
  for (const trial of trials.length > 0 ? trials : [{ tracers: [], differs: false, isSingle: false }]) {
    if (!raised.operations.some(isControl)) break;
    if (trial.isSingle) for (const name of search.doubtful) search.refused.add(name);
    raised = new Raising(raised, trial, search).network();
  }
  return raised;
}

class Raising {
  readonly #network: Network;
  readonly #search: Search;
  readonly #fold: Fold;
  readonly #tracers: readonly Tracer[];
  readonly #draft: Draft;
  readonly #sizes: FixedSizes | null;
  readonly #operations: Operation[] = [];
  readonly #isRead = new Set<ValueId | null>();

  constructor(network: Network, { tracers, differs }: Omit<Trial, 'isSingle'>, search: Search) {
    this.#search = search;
    this.#fold = search.fold;
    this.#network = network;
    this.#draft = new Draft(network);
    this.#tracers = tracers;
    const hasSizes = differs && tracers.length > 0;
    this.#sizes = hasSizes ? new FixedSizes(network, this.#draft.constants, this.#tracers, search.operators) : null;
    for (const { value } of network.outputs) this.#isRead.add(value);
    for (const { inputs } of network.operations) for (const value of inputs) this.#isRead.add(value);
  }

  network(): Network {
    const left = [...this.#network.operations].reverse();
    for (let operation = left.pop(); operation; operation = left.pop()) {
      const raised = isControl(operation) ? this.#raise(operation) : null;
      if (raised) left.push(...[...raised].reverse());
      else this.#keep(operation);
    }
    const { names, constants } = this.#draft;
    return absorbProducts(withoutDead({ ...this.#network, names, constants, operations: this.#operations }));
  }

  #keep(operation: Operation): void {
    this.#operations.push(operation);
    for (const tracer of this.#tracers) {
      for (const value of operation.inputs) {
        const constant = value === null ? undefined : this.#draft.constants.get(value);
        if (constant && !tracer.operands.has(value!)) tracer.operands.set(value!, constant);
      }
      tracer.take(operation);
    }
    this.#sizes?.take(operation);
  }

  /** What the operation is, in other operations; null once there is nothing left to say. */
  #raise(operation: Operation): readonly Operation[] | null {
    if (operation.kind === 'if') {
      const branch = settledBranches(operation, this.#draft, this.#fold);
      const taken = takenBranch(branch, this.#draft, this.#sizes);
      if (taken) return taken;
      this.#keep(this.#withBodies(branch));
      return [];
    }
    if (operation.kind !== 'loop' && operation.kind !== 'scan') return null;
    const { loop, identities } = keepUnchanged(operation, this.#draft);
    const own = settled(this.#withBodies(settled(loop, this.#draft, this.#fold)), this.#draft, this.#fold);
    const layers = this.#layersOf(own);
    if (layers) return [...layers, ...identities];
    this.#keep(own);
    return identities;
  }

  /** What is known of an operation's inputs; those that are left out are null. */
  #probes({ inputs }: Operation): readonly Probe[] {
    const originOf = (tracer: Tracer, value: ValueId | null) =>
      value === null || this.#sizes?.isFixed(value) ? null : tracer.originOf(value);
    const operandOf = (tracer: Tracer, value: ValueId) =>
      tracer.operands.get(value) ?? this.#draft.constants.get(value);
    return this.#tracers.flatMap((tracer) => {
      const operands = inputs.map((value) => (value === null ? null : operandOf(tracer, value)));
      if (!operands.every((operand) => operand !== undefined)) return [];
      const origins = tracer.hasOpenSizes ? inputs.map((value) => originOf(tracer, value)) : null;
      return [{ operands, origins }];
    });
  }

  #layersOf(loop: Looping): readonly Operation[] | null {
    const probes = this.#probes(loop);
    if (probes.length < this.#tracers.length || this.#search.refused.has(loop.name)) return null;
    if (loop.kind === 'scan') return raiseScan(loop, probes, this.#draft, this.#search);
    const counted = probes.map(({ operands, origins }) =>
      operands.map((operand, at) => (operand && origins?.[at] === 'open' ? { ...operand, data: null } : operand)),
    );
    const scan = scanOf(loop, counted, (value) => this.#isRead.has(value));
    if (!scan) this.#search.doubtful.add(loop.name);
    return scan && [settled(scan, this.#draft, this.#fold)];
  }

  /** The operation with its bodies raised, as far as what they are given is known. */
  #withBodies<O extends Operation>(operation: O): O {
    const probes = this.#probes(operation);
    const raised = (body: Network, offset: number, unknown: number): Network => {
      if (!body.operations.some(isControl)) return body;
      const tracers = probes.map(({ operands, origins }) => {
        const given = body.inputs.flatMap(({ value }, index): [ValueId, Operand][] => {
          const operand = operands[index + offset];
          return operand ? [[value, index < unknown ? { ...operand, data: null } : operand]] : [];
        });
        return new Tracer(this.#search.operators, [...body.constants, ...given], {
          budget: this.#search.budget,
          origins: origins && originsWithin(body, origins, offset),
        });
      });
      return new Raising(body, { tracers, differs: false }, this.#search).network();
    };
    if (operation.kind === 'if') {
      const { thenBranch, elseBranch } = operation;
      return { ...operation, thenBranch: raised(thenBranch, 1, 0), elseBranch: raised(elseBranch, 1, 0) };
    }
    if (operation.kind === 'loop')
      return { ...operation, body: raised(operation.body, 0, firstCarried(operation) + operation.carried) };
    return operation;
  }
}
