/**
 * A file of ONNX's operators of version 7 to 12 as one of version 13, the first whose DequantizeLinear has a scale a row. What
 * changed in between: https://github.com/onnx/onnx/blob/main/docs/Changelog.md.
 */
import { UnsupportedModelError } from '../errors.js';
import { concatBytes } from '../typed-arrays.js';
import { isOnnxDomain } from './decode.js';
import { changeBodies, changeGraph, GRAPH, MODEL, OPSET, tensor } from './encode.js';
import { fieldsOf, integerField, lengthField, replaceFields } from './fields.js';
import { namesIn } from './graph-names.js';
import { Node } from './node.js';
import type { GraphProto, NodeProto } from './onnx-proto.js';
import { conversions, UNCHANGED } from './raise-operators.js';
import { ranksOf, type Ranks } from './ranks.js';

const RAISED_OPSET = 13;

/** What a conversion knows of the model, and what it adds to it. */
export class Raising {
  /** The model's graph gets these; bodies read them too. */
  readonly added: Uint8Array[] = []; // TensorProto
  readonly #constants = new Map<string, string>();
  readonly #names: Set<string>;
  readonly #reads: Set<string>;
  /** Whether there are floats of other widths than 32 bits. */
  readonly hasOtherFloats: boolean;

  constructor(
    readonly opset: number,
    graph: GraphProto,
  ) {
    const { names, reads, floatTypes } = namesIn(graph);
    this.#names = names;
    this.#reads = reads;
    this.hasOtherFloats = floatTypes.size > 1;
  }

  isRead(name: string | undefined): boolean {
    return name !== undefined && this.#reads.has(name);
  }

  /** A name that nothing has. */
  name(wanted: string): string {
    let name = wanted;
    while (this.#names.has(name)) name += '_';
    this.#names.add(name);
    return name;
  }

  /** An initializer of these int64 numbers. */
  integers(values: readonly number[], dims = [values.length]): string {
    const most = 2n ** 63n - 1n;
    const data = BigInt64Array.from(values, (value) => (BigInt(value) > most ? most : BigInt(value)));
    return this.#constant(dims, data);
  }

  /** An initializer of these float32 numbers. */
  floats(values: readonly number[], dims = [values.length]): string {
    return this.#constant(dims, Float32Array.from(values));
  }

  #constant(dims: readonly number[], data: BigInt64Array | Float32Array): string {
    const key = `${data instanceof Float32Array ? 'float32' : 'int64'} [${dims}] ${data.join()}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.name(`opset13.${this.#constants.size}`);
    this.#constants.set(key, name);
    this.added.push(tensor(name, dims, data));
    return name;
  }
}

/**
 * The model with its operators, those of bodies too, in their form of opset 13; a newer one as it is.
 *
 * @throws UnsupportedModelError for an operator whose newer form is not known, by its name and node
 */
export function raiseOpset(bytes: Uint8Array, graph: GraphProto, opset: number): Uint8Array {
  if (opset >= RAISED_OPSET) return bytes;
  if ([...fieldsOf(bytes, 0, bytes.length, [])].some(({ number }) => number === MODEL.functions)) {
    throw new UnsupportedModelError(
      `the model has functions of its own, of opset ${opset}: export it with opset ${RAISED_OPSET} or newer`,
    );
  }
  const raising = new Raising(opset, graph);
  const raised = changeGraph(bytes, (content) => {
    const changed = raiseGraph(content, graph, raising, new Map());
    return concatBytes([changed, ...raising.added.map((added) => lengthField(GRAPH.initializer, added))]);
  });
  return replaceFields(raised, ({ number, content, end }) =>
    number === MODEL.opsetImport ? [lengthField(number, raisedImport(raised.subarray(content, end)))] : undefined,
  );
}

/** An OperatorSetIdProto. */
function raisedImport(bytes: Uint8Array): Uint8Array {
  const domain = [...fieldsOf(bytes, 0, bytes.length, [OPSET.domain])].findLast(
    ({ number }) => number === OPSET.domain,
  );
  if (domain && !isOnnxDomain(new TextDecoder().decode(bytes.subarray(domain.content, domain.end)))) return bytes;
  const others = replaceFields(bytes, ({ number }) => (number === OPSET.version ? [] : undefined));
  return concatBytes([others, integerField(OPSET.version, RAISED_OPSET)]);
}

function raiseGraph(bytes: Uint8Array, graph: GraphProto, raising: Raising, outer: Ranks): Uint8Array {
  const ranks = ranksOf(graph, outer);
  return replaceFields(bytes, ({ number, content, end }, index) => {
    if (number !== GRAPH.node) return undefined;
    const proto = graph.node[index];
    const withBodies = changeBodies(bytes.subarray(content, end), proto, (body, bodyProto) =>
      raiseGraph(body, bodyProto, raising, ranks),
    );
    return raiseNode(withBodies, proto, raising, ranks).map((node) => lengthField(GRAPH.node, node));
  });
}

function raiseNode(bytes: Uint8Array, proto: NodeProto, raising: Raising, ranks: Ranks): readonly Uint8Array[] {
  if (!isOnnxDomain(proto.domain)) return [bytes];
  const conversion = Object.hasOwn(conversions, proto.opType) ? conversions[proto.opType] : undefined;
  if (conversion && raising.opset < conversion.since) return conversion.convert({ bytes, proto, raising, ranks });
  if (!conversion && !UNCHANGED.has(proto.opType)) {
    throw new Node(proto).unsupported(
      `its form in opset ${RAISED_OPSET} is not known, and it is of opset ${raising.opset}: export the model with opset ` +
        `${RAISED_OPSET} or newer`,
    );
  }
  return [bytes];
}
