/** What importing a graph has built so far: its tensors by name, and the network's values and layers. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import type { Layer, Value, ValueId } from '../model/network.js';
import { allFactors, factorOf, type Axes, type Factor, type Role } from './axes.js';
import { Folder, type Constant } from './constants.js';
import { elementTypeName, heldBy } from './element-types.js';
import type { Graph, GraphInput } from './graph.js';
import { Budget, maxParts } from './limits.js';
import { listed, quoted } from './names.js';
import type { Node } from './node.js';
import { readTensor } from './tensors.js';

/** A tensor whose elements are known only when the network runs. */
export interface Symbolic {
  readonly kind: 'symbolic';
  readonly axes: Axes;
  /** One a part, in the order of the `part` factor. */
  readonly values: readonly ValueId[];
  /** What it is where it has no time axis: what was given before the first frame, or what it is after the last. */
  readonly settled: 'initial' | 'last';
}

export type Tensor = Constant | Symbolic;

/** A float constant that becomes part of a layer. */
export interface Weights extends Constant {
  readonly data: Float32Array;
}

/** null is an output that is refused when something reads it. */
export type Raise = (node: Node, raising: Raising) => readonly (Tensor | null)[];

export class Raising {
  readonly folder = new Folder();
  readonly layers: Layer[] = [];
  readonly values: { -readonly [key in keyof Value]: Value[key] }[] = [];
  readonly inputs = new Map<string, Symbolic>();
  /** Sizes that the file leaves open, and a node closes. */
  readonly fixedSizes = new Map<string, number>();
  readonly #tensors = new Map<string, Tensor>();
  /** The graph inputs by the values they give. */
  readonly #givers = new Map<ValueId, string>();
  readonly #makers = new Map<ValueId, Layer>();
  readonly #checked = new Set<Float32Array>();
  readonly #warnings = new Set<string>();
  readonly #budget = new Budget();

  constructor(
    readonly graph: Graph,
    readonly opset: number,
    readonly producer: string,
    readonly roles: ReadonlyMap<string, readonly (Role | null)[]>,
  ) {}

  define(node: Node, tensors: readonly (Tensor | null)[]): void {
    tensors.forEach((tensor, index) => {
      const name = node.outputs[index];
      if (name && tensor) this.#tensors.set(name, tensor);
    });
  }

  /** Tensors are made when they are first read: a node may refuse an input by its place before its type matters. */
  named(name: string, reader: string): Tensor {
    const known = this.#tensors.get(name);
    if (known) return known;
    const initializer = this.graph.initializers.get(name);
    const input = this.graph.inputs.get(name);
    if (!initializer && !input)
      throw new UnsupportedModelError(`${reader} reads ${quoted(name)}, an output that is not supported`);
    const tensor = initializer ? readTensor(initializer) : this.#input(input!);
    this.#tensors.set(name, tensor);
    return tensor;
  }

  /** null for an optional input that is absent. */
  optional(node: Node, index: number): Tensor | null {
    const name = node.input(index);
    return name ? this.named(name, node.where) : null;
  }

  tensor(node: Node, index: number): Tensor {
    const tensor = this.optional(node, index);
    if (!tensor) throw node.malformed(`input ${index} is missing`);
    return tensor;
  }

  symbolic(node: Node, index: number): Symbolic {
    const tensor = this.tensor(node, index);
    if (tensor.kind === 'constant')
      throw node.unsupported(
        `input ${index} (${quoted(node.input(index))}) is a constant; compute it before exporting`,
      );
    return tensor;
  }

  constant(node: Node, index: number, what: string): Constant {
    const tensor = this.tensor(node, index);
    if (tensor.kind === 'constant') return tensor;
    const name = node.input(index);
    const cause = this.graph.inputs.has(name)
      ? `the graph input ${quoted(name)}, which has no value in the file`
      : `${quoted(name)}, which depends on an input`;
    throw node.unsupported(`${what} is ${cause}; export the model with its weights as initializers`);
  }

  weights(node: Node, index: number, what: string): Weights {
    return this.checked(node, this.constant(node, index, what), what);
  }

  checked(node: Node, constant: Constant, what: string): Weights {
    const { data, dims, name } = constant;
    if (!(data instanceof Float32Array))
      throw node.malformed(`${what} (${quoted(name)}) holds ${constant.type} numbers, expected floats`);
    if (dims.some((dim) => typeof dim === 'string'))
      throw node.unsupported(`${what} (${quoted(name)}) has open sizes: [${listed(dims)}]`);
    this.checkFinite(constant, data);
    return { ...constant, data };
  }

  checkFinite({ name, dims }: Constant, data: Float32Array): void {
    if (this.#checked.has(data)) return;
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      throw new ModelFormatError(
        `tensor ${quoted(name)} [${listed(dims)}] holds ${data[at]} at element ${at}: the training diverged, or the file is damaged`,
      );
    }
    this.#checked.add(data);
  }

  addValue(name: string, size: number): ValueId {
    this.#budget.takeValue(name, size);
    return this.values.push({ name, size }) - 1;
  }

  /** Of a graph input, whose features are known when all roles are. */
  setSize(value: ValueId, size: number): void {
    this.#budget.takeValue(this.values[value].name, size);
    this.values[value].size = size;
  }

  addLayer(layer: Layer): ValueId {
    this.#budget.takeLayer(layer);
    this.layers.push(layer);
    this.#makers.set(layer.output, layer);
    return layer.output;
  }

  /** The layer that gives a value; a graph input's has none. */
  layerOf(value: ValueId): Layer | undefined {
    return this.#makers.get(value);
  }

  warn(text: string): void {
    this.#warnings.add(text);
  }

  /** Each once, in the order in which they came. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The name of the graph input that gives a value. */
  inputOf(value: ValueId): string | undefined {
    return this.#givers.get(value);
  }

  /** A graph input without a time axis that a recurrence reads is one frame of a sequence: its time is 1, within its first axis. */
  asFrame(source: Symbolic): Symbolic {
    const name = this.inputOf(source.values[0]);
    const input = name === undefined ? undefined : this.inputs.get(name);
    const unknown = allFactors(source.axes).some(({ role }) => role === null || role === 'time');
    if (name === undefined || !input || source.axes.length === 0 || unknown) return source;
    const time: Factor = { role: 'time', size: 1 };
    const timed = (axes: Axes) => axes.map((axis, at) => (at === 0 ? [...axis, time] : axis));
    this.inputs.set(name, { ...input, axes: timed(input.axes) });
    return { ...source, axes: timed(source.axes) };
  }

  /** The tensor whose values are `layer` of each value of `source`. */
  eachPart(
    node: Node,
    source: Symbolic,
    axes: Axes,
    size: number,
    layer: (input: ValueId, output: ValueId, part: number) => Layer,
  ): Symbolic {
    const [name] = node.outputs;
    const values = source.values.map((input, part) => {
      const output = this.addValue(source.values.length > 1 ? `${name}[${part}]` : name, size);
      return this.addLayer(layer(input, output, part));
    });
    return { ...source, axes, values };
  }

  #input(input: GraphInput): Symbolic {
    const { name, dims } = input;
    if (heldBy(input.elementType) !== 'float') {
      throw new UnsupportedModelError(
        `graph input ${quoted(name)} holds ${elementTypeName(input.elementType)}, expected float32`,
      );
    }
    if (input.elementType !== 1)
      this.warn(`input ${quoted(name)} is ${elementTypeName(input.elementType)} in the file; give it as float32`);
    if (!dims)
      throw new UnsupportedModelError(
        `graph input ${quoted(name)} has no shape; run onnx.shape_inference.infer_shapes, or export the model again`,
      );
    const roles = this.roles.get(name) ?? [];
    const axes = dims.map((size, axis): Factor[] =>
      roles[axis] === 'part' && size === 1 ? [] : [{ role: roles[axis] ?? null, size }],
    );
    const tensor: Symbolic = { kind: 'symbolic', axes, values: this.#inputValues(name, axes), settled: 'initial' };
    this.inputs.set(name, tensor);
    for (const value of tensor.values) this.#givers.set(value, name);
    return tensor;
  }

  #inputValues(name: string, axes: Axes): ValueId[] {
    const parts = factorOf(axes, 'part')?.size ?? 1;
    if (typeof parts !== 'number' || parts > maxParts) {
      throw new UnsupportedModelError(
        `graph input ${quoted(name)} stacks ${parts} states; export it with a fixed number of layers, at most ${maxParts}`,
      );
    }
    // Their sizes are set when all roles are known, in raise.ts's `settleInput`.
    return Array.from({ length: parts }, (_, part) => this.addValue(parts > 1 ? `${name}[${part}]` : name, 0));
  }
}
