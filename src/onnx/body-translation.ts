/** The body of a loop, or a branch, as a network of its own: what it reads of the graphs around it becomes an input. */
import type { Network, Port, TensorType, ValueId } from '../model/network.js';
import { within } from './bodies.js';
import { storageOf } from './element-types.js';
import type { Graph } from './graph.js';
import { listed, quoted } from './names.js';
import type { Node } from './node.js';
import { Translation } from './translation.js';

export class BodyTranslation extends Translation {
  /** Values here by those outside. */
  readonly #captures = new Map<ValueId, ValueId>();
  readonly #outer: Translation;
  readonly #inputs: Port[] = [];
  #outputs: readonly Port[] = [];

  /** @param formals types of what the node gives to the body, for each of its inputs */
  constructor(
    readonly node: Node,
    readonly attribute: string,
    outer: Translation,
    formals: readonly TensorType[],
  ) {
    const graph = node.body(attribute);
    super(graph, outer.opset, outer.producer, outer.operators, outer.allowance);
    this.#outer = outer;
    this.#takeInputs(graph, formals);
    within(node, attribute, () => {
      this.run();
      this.#outputs = graph.outputs.map((declaration) => this.port(declaration));
    });
    this.warnOfWidths();
    for (const warning of this.warnings) outer.warnings.add(warning);
  }

  /** By output. */
  get outputTypes(): readonly TensorType[] {
    return this.#outputs.map(({ type }) => type);
  }

  /** Values of the graph outside that the body reads, constants aside, in the order in which it reads them. */
  get captured(): readonly ValueId[] {
    return [...this.#captures.keys()];
  }

  /** @param captured the values of the graph outside that the operation gives it, all that it reads among them */
  close(captured: readonly ValueId[]): Network {
    const inputs = captured.map((outside): Port => {
      const name = this.#outer.names[outside];
      const type = this.#outer.types[outside];
      return { name, value: this.#captures.get(outside) ?? this.add(name, type, false), type, dims: null };
    });
    const { names, constants, operations } = this;
    return { names, constants, inputs: [...this.#inputs, ...inputs], operations, outputs: this.#outputs };
  }

  override value(name: string, reader: string): ValueId {
    if (this.values.has(name) || !this.graph.captured.has(name)) return super.value(name, reader);
    const outside = this.#outer.value(name, reader);
    const id = this.add(name, this.#outer.types[outside]);
    const constant = this.#outer.constants.get(outside);
    const infinite = this.#outer.infinite.get(outside);
    if (infinite !== undefined) this.infinite.set(id, infinite);
    if (constant) this.constants.set(id, constant);
    else this.#captures.set(outside, id);
    return id;
  }

  #takeInputs({ inputs }: Graph, formals: readonly TensorType[]): void {
    const { node, attribute } = this;
    if (inputs.size !== formals.length) {
      const names = listed([...inputs.keys()].map(quoted)) || 'none';
      throw node.malformed(`${attribute} takes ${inputs.size} inputs (${names}), expected ${formals.length}`);
    }
    [...inputs.values()].forEach(({ name, dataType, dims }, index) => {
      const type = formals[index];
      const declared = dataType === 0 ? type : (storageOf(dataType)?.type ?? `type ${dataType}`);
      if (declared !== type) {
        throw node.malformed(
          `${attribute}: its input ${quoted(name)} is declared as ${declared}, and is given ${type}`,
        );
      }
      this.#inputs.push({ name, value: this.add(name, type), type, dims });
    });
  }
}
