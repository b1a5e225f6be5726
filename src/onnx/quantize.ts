/**
 * A model's float weights as int8 with a scale a row, in standard ONNX: initializers of int8 and a DequantizeLinear in front of
 * what reads them, https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html. All else stays byte for byte.
 */
import { UnsupportedModelError } from '../errors.js';
import { concatBytes } from '../typed-arrays.js';
import { decodeModel, type DecodedModel } from './decode.js';
import { changeBodies, changeGraph, GRAPH, INT8, MODEL, UINT8 } from './encode.js';
import type { ReadBeside } from './external.js';
import { fieldsOf, integerField, lengthField, replaceFields } from './fields.js';
import { allInitializers, namesIn } from './graph-names.js';
import { listed, quoted } from './names.js';
import { asOneFile } from './one-file.js';
import type { GraphProto } from './onnx-proto.js';
import { quantizeWeights, type KeptWeights, type QuantizedWeights, type Replacement } from './quantize-weights.js';
import { raiseOpset } from './raise-opset.js';
import { findWeights } from './weights.js';

/** The version of the file's form that came with opset 13; since 4, initializers need not be inputs. */
const RAISED_IR_VERSION = 7;

export interface QuantizedModel {
  /** The new file. */
  readonly bytes: Uint8Array;
  /** Tensors that are int8 now. */
  readonly weights: readonly QuantizedWeights[];
  /** Weights that stay as they were. */
  readonly kept: readonly KeptWeights[];
  /** Versions of the ai.onnx operators. */
  readonly opset: { readonly before: number; readonly after: number };
  /** Bytes of the file before, with those of the files beside it. */
  readonly bytesBefore: number;
}

/**
 * @param readBeside for a model whose tensors may be in files beside it
 * @throws ModelFormatError for bytes that are no ONNX model; UnsupportedModelError where nothing is left to quantize, or an
 *   operator below opset 13 can't be raised to it
 */
export async function quantizeModel(bytes: Uint8Array, readBeside: ReadBeside | null): Promise<QuantizedModel> {
  const given = decodeModel(bytes);
  const whole = readBeside ? await asOneFile(bytes, given.graph, readBeside) : bytes;
  const before = whole === bytes ? given : decodeModel(whole);
  // Before the opset, whose errors would name operators of a model that nothing is done to.
  requireWeights(before);
  const raised = raiseOpset(whole, before.graph, before.opset);
  const { graph, opset } = raised === whole ? before : decodeModel(raised);
  const { replacements, kept } = replacementsIn(graph);
  const changed = changeGraph(raised, (content) => rewriteGraph(content, graph, replacements));
  return {
    bytes: withIrVersion(changed),
    weights: replacements.all.map(({ report }) => report),
    kept,
    opset: { before: before.opset, after: opset },
    bytesBefore: whole.length,
  };
}

interface Replacements {
  readonly all: readonly Replacement[];
  /** By graph, the model's or a body, and by name of the constant in it. */
  readonly byGraph: ReadonlyMap<GraphProto, ReadonlyMap<string, Replacement>>;
}

function replacementsIn(graph: GraphProto): { replacements: Replacements; kept: KeptWeights[] } {
  const { names } = namesIn(graph);
  const fresh = (wanted: string): string => {
    const name = names.has(wanted) ? fresh(`${wanted}_`) : wanted;
    names.add(name);
    return name;
  };
  const kept: KeptWeights[] = [];
  const all: Replacement[] = [];
  const byGraph = new Map<GraphProto, Map<string, Replacement>>();
  for (const [own, sources] of findWeights(graph)) {
    const replaced = new Map<string, Replacement>();
    for (const source of sources.values()) {
      const result = quantizeWeights(source, fresh);
      if (result && 'reason' in result) kept.push(result);
      else if (result) replaced.set(source.name, result);
    }
    all.push(...replaced.values());
    byGraph.set(own, replaced);
  }
  return { replacements: { all, byGraph }, kept };
}

/** @throws UnsupportedModelError where there is nothing to do */
function requireWeights({ graph }: DecodedModel): void {
  const { replacements, kept } = replacementsIn(graph);
  if (replacements.all.length > 0) return;
  const isQuantized = allInitializers(graph).some(({ dataType }) => dataType === UINT8 || dataType === INT8);
  const why = isQuantized
    ? 'its weights have 8 bits already; run it as it is'
    : kept.length > 0
      ? listed(kept.map(({ name, reason }) => `${quoted(name)}: ${reason}`))
      : 'no GRU, LSTM, RNN, MatMul, Gemm or Conv node reads constant float32 weights; run it as it is';
  throw new UnsupportedModelError(`nothing to quantize: ${why}`);
}

/** Nodes that give the weights come first: all that reads them follows. */
function rewriteGraph(bytes: Uint8Array, graph: GraphProto, replacements: Replacements): Uint8Array {
  const own = replacements.byGraph.get(graph)!;
  const initial = new Set(graph.initializer.map(({ name }) => name));
  const nodesOf = ({ nodes }: Replacement) => nodes.map((node) => lengthField(GRAPH.node, node));
  const first = [...own].flatMap(([name, each]) => (initial.has(name) ? nodesOf(each) : []));
  const added: Uint8Array[] = [];
  const changed = replaceFields(bytes, ({ number, content, end }, index) => {
    if (number === GRAPH.node) {
      const proto = graph.node[index];
      // A Constant node, in its own place.
      const replaced = initial.has(proto.output[0]) ? undefined : own.get(proto.output[0]);
      if (replaced) added.push(...replaced.initializers);
      const node = bytes.subarray(content, end);
      const rewrite = (body: Uint8Array, its: GraphProto) => rewriteGraph(body, its, replacements);
      const nodes = replaced ? nodesOf(replaced) : [lengthField(number, changeBodies(node, proto, rewrite))];
      return index === 0 ? [...first, ...nodes] : nodes;
    }
    if (number === GRAPH.initializer)
      return own.get(graph.initializer[index].name)?.initializers.map((each) => lengthField(number, each));
    // Below version 4 of the file's form initializers are inputs too, which a node's output can't be.
    return number === GRAPH.input && initial.has(graph.input[index].name) && own.has(graph.input[index].name)
      ? []
      : undefined;
  });
  return concatBytes([changed, ...added.map((each) => lengthField(GRAPH.initializer, each))]);
}

function withIrVersion(bytes: Uint8Array): Uint8Array {
  const versions = [...fieldsOf(bytes, 0, bytes.length, [])].filter(({ number }) => number === MODEL.irVersion);
  const last = versions.at(-1);
  // One byte below 128; more are a newer one.
  const version = last ? bytes[last.content] : 0;
  if (last && (last.end - last.content > 1 || version >= RAISED_IR_VERSION)) return bytes;
  const others = replaceFields(bytes, ({ number }) => (number === MODEL.irVersion ? [] : undefined));
  return concatBytes([integerField(MODEL.irVersion, RAISED_IR_VERSION), others]);
}
