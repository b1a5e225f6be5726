/** What translating a graph has built so far: its tensors by name, and the network's constants and operations. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import {
  type Constant,
  type Kind,
  type Kinds,
  type Operation,
  type Port,
  type TensorType,
  type ValueId,
} from '../model/network.js';
import { findNotFinite } from '../typed-arrays.js';
import { storageOf } from './element-types.js';
import type { Declaration, Graph } from './graph.js';
import { maxIntegers, maxOperations, maxQuantized } from './limits.js';
import { listed, printable, quoted } from './names.js';
import type { Node } from './node.js';
import { exactInteger, readTensor, type TypedConstant } from './tensors.js';

type Attributes = { [K in Kind]: Kinds[K] & { readonly kind: K } }[Kind];

export type Ids = readonly (ValueId | null)[];

/** An operation without its name and outputs. */
export type Step = Attributes & {
  readonly inputs: Ids;
  /** One an output; left out where there is one, of the first input's type. */
  readonly types?: readonly TensorType[];
};

/** null where a node is no operation. It must read every attribute and input that it knows. */
export type Translate = (node: Node, translation: Translation) => Step | null;

/** By the operator's name, with its domain where that is not ONNX's. */
export type OperatorTable = Readonly<Record<string, Translate>>;

/** What is left of the limits on all graphs of a file. */
export interface Allowance {
  integers: number;
  quantized: number;
  operations: number;
}

/** Arithmetic that wraps around where integers are narrow. */
const wrapping: ReadonlySet<Kind> = new Set<Kind>(['unary', 'binary', 'reduce', 'matmul', 'gemm']);

export class Translation {
  readonly names: string[] = [];
  readonly constants = new Map<ValueId, Constant>();
  readonly operations: Operation[] = [];
  readonly warnings = new Set<string>();
  /** By value. */
  readonly types: TensorType[] = [];
  /** Constants with an infinite element, and where. */
  readonly infinite = new Map<ValueId, number>();
  protected readonly values = new Map<string, ValueId>();

  constructor(
    readonly graph: Graph,
    readonly opset: number,
    readonly producer: string,
    readonly operators: OperatorTable,
    readonly allowance: Allowance = {
      integers: maxIntegers,
      quantized: maxQuantized,
      operations: maxOperations,
    },
  ) {}

  /** Translates all nodes. */
  run(): void {
    for (const node of this.graph.nodes) {
      const step = this.operators[node.op](node, this);
      node.finish();
      if (step) this.finish(node, step);
    }
  }

  /** Weights of other widths are only stored so. */
  warnOfWidths(): void {
    this.types.forEach((type, value) => {
      if (/float(16|64)/.test(type) && !this.constants.has(value))
        this.warnings.add(`${type} tensors are computed in float32`);
    });
  }

  /** @throws ModelFormatError where its type is not the one that is declared */
  port({ name, dataType, dims }: Declaration): Port {
    const value = this.value(name, 'an output of the graph');
    const type = this.types[value];
    // Some exporters declare no type, which is 0.
    const declared = dataType === 0 ? type : (storageOf(dataType)?.type ?? `type ${dataType}`);
    if (declared !== type)
      throw new ModelFormatError(`output ${quoted(name)} is declared as ${declared}, and its nodes give ${type}`);
    return { name, value, type, dims };
  }

  /** @throws TympanError where `name` is an output that its node doesn't give here */
  value(name: string, reader: string): ValueId {
    const known = this.values.get(name);
    if (known !== undefined) return known;
    const initializer = this.graph.initializers.get(name);
    if (initializer) return this.define(name, readTensor(initializer));
    const input = this.graph.inputs.get(name);
    if (!input) throw new UnsupportedModelError(`${reader} reads ${quoted(name)}, an output that is not supported`);
    const type = storageOf(input.dataType)?.type;
    if (!type) {
      throw new UnsupportedModelError(
        `graph input ${quoted(name)} has elements of type ${input.dataType}, which is not supported; use float32`,
      );
    }
    return this.add(name, type);
  }

  /** The first inputs, of which `optional` may be absent: null. */
  inputs(node: Node, required: number, optional = 0): Ids {
    return Array.from({ length: required + optional }, (_, index) => {
      const name = node.input(index);
      if (!name && index < required) throw node.malformed(`input ${index} is missing`);
      return name ? this.value(name, node.where) : null;
    });
  }

  /** Integers that are an attribute below opset `since`, and an input from it on; null where they are absent. */
  integers(node: Node, attribute: string, index: number, since: number): ValueId | null {
    if (this.opset >= since) return node.input(index) ? this.value(node.input(index), node.where) : null;
    const list = node.ints(attribute);
    if (!list) return null;
    const name = `${node.name}.${attribute}`;
    const data = Float64Array.from(list, (value) => exactInteger(value, node.where));
    return this.define(name, { type: 'integer', tensorType: 'int64', dims: [list.length], data }, false);
  }

  /** A float that is an attribute below opset `since`, and an input from it on, of the type of x. */
  scalar(node: Node, x: ValueId | null, attribute: string, index: number, since: number): ValueId | null {
    if (this.opset >= since) return node.input(index) ? this.value(node.input(index), node.where) : null;
    return node.has(attribute)
      ? this.number(`${node.name}.${attribute}`, node.float(attribute, 0), this.typeOf(x))
      : null;
  }

  number(name: string, value: number, tensorType: TensorType): ValueId {
    return this.define(name, { type: 'float', tensorType, dims: [], data: Float32Array.of(value) }, false);
  }

  /** `named`: the graph knows it by that name. */
  define(name: string, { tensorType, ...constant }: TypedConstant, named = true): ValueId {
    const { type, data, dims } = constant;
    const id = this.add(name, tensorType, named);
    if (type !== 'float') {
      const isNarrow = data instanceof Float32Array;
      const left = (this.allowance[isNarrow ? 'quantized' : 'integers'] -= data.length);
      if (left < 0)
        throw new UnsupportedModelError(
          `with ${quoted(name)} the constants hold more than ${isNarrow ? maxQuantized : maxIntegers} integers`,
        );
    }
    const at = findNotFinite(data);
    if (at >= 0) {
      // Infinite bounds and masks have a meaning, unlike NaN.
      const wrong = data.findIndex(Number.isNaN);
      if (wrong >= 0) throw notFinite(name, dims, NaN, wrong);
      this.infinite.set(id, at);
    }
    this.constants.set(id, constant);
    return id;
  }

  /** @throws TympanError where weights are infinite, or tensors that must have one type differ */
  checkWeights(node: Node, ids: Ids): void {
    this.sameType(node, ids);
    for (const id of ids) {
      const at = id === null ? undefined : this.infinite.get(id);
      if (id === null || at === undefined) continue;
      const { dims, data } = this.constants.get(id)!;
      throw notFinite(this.names[id], dims, data[at], at);
    }
  }

  sameType(node: Node, ids: Ids): TensorType {
    const types = new Set(ids.flatMap((id) => (id === null ? [] : [this.types[id]])));
    const [type] = types;
    if (types.size > 1) throw node.malformed(`it takes ${[...types].join(' and ')}, expected one type`);
    return type;
  }

  typeOf(id: ValueId | null): TensorType {
    return this.types[id!];
  }

  /** An operation within what a node does. */
  emit(node: Node, step: Step): ValueId {
    const { types: [type] = [this.typeOf(step.inputs[0])] } = step;
    const id = this.add(`${node.name}.${this.operations.length}`, type, false);
    this.#push(node, step, [id]);
    return id;
  }

  /** The operation that gives what readers of the node's outputs read. */
  finish(node: Node, step: Step): void {
    const types = step.types ?? [this.typeOf(step.inputs[0])];
    const isRead = (name: string) => name !== '' && this.graph.uses.has(name);
    node.outputs.forEach((name, index) => {
      if (index >= types.length && isRead(name))
        throw node.unsupported(`its output ${index} (${quoted(name)}) is not supported`);
    });
    // No operator does arithmetic on integers and has several outputs.
    const isNarrow = wrapping.has(step.kind) && /int(8|16|32)/.test(types[0]);
    const last: Step = isNarrow ? { kind: 'cast', to: types[0], inputs: [this.emit(node, step)] } : step;
    const outputs = types.map((type, index) => {
      const name = node.outputs[index] ?? '';
      return isRead(name) ? this.add(name, type) : null;
    });
    this.#push(node, last, outputs);
  }

  #push(node: Node, { types: _, ...step }: Step, outputs: Ids): void {
    this.operations.push({ ...step, name: node.name, outputs } as Operation);
    if (--this.allowance.operations < 0)
      throw new UnsupportedModelError(`with ${node.where} the network has more than ${maxOperations} operations`);
  }

  /** A value that something else gives. */
  add(name: string, type: TensorType, named = true): ValueId {
    const id = this.names.push(printable(name)) - 1;
    this.types.push(type);
    if (named) this.values.set(name, id);
    return id;
  }
}

function notFinite(name: string, dims: readonly number[], value: number, at: number): ModelFormatError {
  return new ModelFormatError(
    `tensor ${quoted(name)} [${listed(dims)}] holds ${value} at element ${at}: the training diverged, or the file is damaged`,
  );
}
