/** A node of the graph, which knows what of it was read: what nobody read would be computed wrong, so it is refused. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { isOnnxDomain } from './decode.js';
import type { Bodies, Graph } from './graph.js';
import { maxPlaces } from './limits.js';
import { listed, printable, quoted } from './names.js';
import type { AttributeProto, NodeProto } from './onnx-proto.js';
import { exactInteger, readTensor, type TypedConstant } from './tensors.js';

/** AttributeProto.AttributeType */
const attributeTypes = { f: 1, i: 2, s: 3, t: 4, g: 5, floats: 6, ints: 7, strings: 8 };

export class Node {
  readonly op: string;
  /** `GRU node "gru_1"`: how messages call it. */
  readonly where: string;
  /** The name of the operation it becomes. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Its inputs, and what its bodies read of the graph that it is in. */
  readonly reads: readonly string[];
  readonly #attributes = new Map<string, AttributeProto>();
  readonly #read = new Set<string | number>();

  constructor(
    proto: NodeProto,
    readonly bodies: Bodies = new Map(),
  ) {
    this.op = isOnnxDomain(proto.domain) ? proto.opType : `${proto.domain}::${proto.opType}`;
    this.name = printable(proto.name || proto.output.find((output) => output) || proto.opType);
    this.where = `${printable(this.op)} node ${quoted(this.name)}`;
    this.inputs = proto.input;
    this.outputs = proto.output;
    this.reads = [...this.inputs, ...[...bodies.values()].flatMap(({ captured }) => [...captured])];
    const places = Math.max(this.inputs.length, this.outputs.length);
    if (places > maxPlaces)
      throw this.unsupported(`it has ${places} inputs or outputs, at most ${maxPlaces} are supported`);
    for (const attribute of proto.attribute) {
      if (this.#attributes.has(attribute.name))
        throw this.malformed(`attribute ${quoted(attribute.name)} is given twice`);
      this.#attributes.set(attribute.name, attribute);
    }
  }

  unsupported(what: string): UnsupportedModelError {
    return new UnsupportedModelError(`${this.where}: ${what}`);
  }

  malformed(what: string): ModelFormatError {
    return new ModelFormatError(`${this.where}: ${what}`);
  }

  has(attribute: string): boolean {
    return this.#attributes.has(attribute);
  }

  /** The tensor's name, or '' for an absent optional input. */
  input(index: number): string {
    this.#read.add(index);
    return this.inputs[index] ?? '';
  }

  int(name: string, fallback: number): number {
    return exactInteger(this.#attribute(name, 'i')?.i ?? fallback, `${this.where}: attribute ${quoted(name)}`);
  }

  requiredInt(name: string): number {
    if (!this.has(name)) throw this.malformed(`attribute ${quoted(name)} is missing`);
    return this.int(name, 0);
  }

  /** 0 or 1 in the file. */
  flag(name: string, fallback = false): boolean {
    const value = this.int(name, Number(fallback));
    if (value !== 0 && value !== 1) throw this.malformed(`attribute ${quoted(name)} is ${value}, expected 0 or 1`);
    return value === 1;
  }

  /** Attributes are float32; so are their defaults. */
  float(name: string, fallback: number): number {
    return this.#attribute(name, 'f')?.f ?? Math.fround(fallback);
  }

  string(name: string, fallback: string): string {
    const bytes = this.#attribute(name, 's')?.s;
    return bytes ? new TextDecoder().decode(bytes) : fallback;
  }

  /** What `choices` has under the attribute's text. */
  choice<T>(name: string, fallback: string, choices: Readonly<Record<string, T>>): T {
    const text = this.string(name, fallback);
    if (Object.hasOwn(choices, text)) return choices[text];
    throw this.unsupported(`${name} ${quoted(text)} is not known, only ${listed(Object.keys(choices))}`);
  }

  ints(name: string): readonly number[] | null {
    return this.#attribute(name, 'ints')?.ints ?? null;
  }

  floats(name: string): readonly number[] | null {
    return this.#attribute(name, 'floats')?.floats ?? null;
  }

  strings(name: string): readonly string[] | null {
    const strings = this.#attribute(name, 'strings')?.strings;
    return strings ? strings.map((bytes) => new TextDecoder().decode(bytes)) : null;
  }

  tensor(name: string): TypedConstant | null {
    const attribute = this.#attribute(name, 't');
    if (!attribute) return null;
    if (!attribute.t) throw this.malformed(`attribute ${quoted(name)} holds no tensor`);
    return readTensor(attribute.t, attribute.t.name || `${this.name}.${name}`);
  }

  body(name: string): Graph {
    this.#attribute(name, 'g');
    const body = this.bodies.get(name);
    if (!body) throw this.malformed(`attribute ${quoted(name)} holds no graph`);
    return body;
  }

  /** @throws UnsupportedModelError when an attribute or an input was not read. */
  finish(): void {
    for (const name of this.#attributes.keys()) {
      if (!this.#read.has(name)) throw this.unsupported(`attribute ${quoted(name)} is not known`);
    }
    this.inputs.forEach((input, index) => {
      if (input && !this.#read.has(index)) throw this.unsupported(`input ${index} (${quoted(input)}) is not known`);
    });
  }

  #attribute(name: string, field: keyof typeof attributeTypes): AttributeProto | undefined {
    const attribute = this.#attributes.get(name);
    if (!attribute) return undefined;
    this.#read.add(name);
    if (attribute.refAttrName)
      throw this.unsupported(`attribute ${quoted(name)} refers to a function's; export the model without functions`);
    if (attribute.type !== 0 && attribute.type !== attributeTypes[field]) {
      throw this.malformed(
        `attribute ${quoted(name)} has type ${attribute.type}, expected ${attributeTypes[field]} (${field})`,
      );
    }
    return attribute;
  }
}
