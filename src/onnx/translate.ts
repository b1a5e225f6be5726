/** Graph → Network: each node in the words of the newest operators. */
import { ModelFormatError } from '../errors.js';
import type { Network, Port } from '../model/network.js';
import { storageOf } from './element-types.js';
import type { Declaration, Graph } from './graph.js';
import { listed, quoted } from './names.js';
import { elementwiseOperators } from './operators-elementwise.js';
import { matrixOperators } from './operators-matrix.js';
import { recurrentOperators } from './operators-recurrent.js';
import { shapeOperators } from './operators-shape.js';
import { softmaxOperators } from './operators-softmax.js';
import { Translation, type OperatorTable } from './translation.js';

const common: OperatorTable = {
  ...recurrentOperators,
  ...matrixOperators,
  ...elementwiseOperators,
  ...shapeOperators,
  ...softmaxOperators,
};

/** The operators that the graph needs, or more. */
export async function operatorsFor({ nodes }: Graph): Promise<OperatorTable> {
  if (nodes.every(({ op }) => Object.hasOwn(common, op))) return common;
  return { ...common, ...(await import('./rare-operators.js')).rareOperators };
}

/** The graph's network, and what is worth a look. */
export function translateGraph(
  graph: Graph,
  opset: number,
  producer: string,
  operators: OperatorTable,
): { network: Network; warnings: readonly string[] } {
  checkOperators(graph, operators);
  const translation = new Translation(graph, opset, producer);
  const used = [...graph.inputs.values()].filter(({ name }) => graph.uses.has(name));
  const inputs = used.map((declaration) => portOf(declaration, translation));
  for (const node of graph.nodes) {
    const step = operators[node.op](node, translation);
    node.finish();
    if (step) translation.finish(node, step);
  }
  const outputs = graph.outputs.map((declaration) => portOf(declaration, translation));
  const { names, constants, operations } = translation;
  return {
    network: { names, constants, inputs, operations, outputs },
    warnings: [...translation.warnings, ...widthWarnings(translation), ...unusedWarnings(graph)],
  };
}

function portOf({ name, dataType, dims }: Declaration, translation: Translation): Port {
  const value = translation.value(name, 'an output of the graph');
  const type = translation.types[value];
  // Some exporters declare no type, which is 0.
  const declared = dataType === 0 ? type : (storageOf(dataType)?.type ?? `type ${dataType}`);
  if (declared !== type)
    throw new ModelFormatError(`output ${quoted(name)} is declared as ${declared}, and its nodes give ${type}`);
  return { name, value, type, dims };
}

/** Before anything else, so that the message is about the operator and not about what follows from it. */
function checkOperators(graph: Graph, operators: OperatorTable): void {
  const foreign = graph.nodes.filter(({ op }) => !Object.hasOwn(operators, op));
  if (foreign.length === 0) return;
  const [node] = foreign;
  const others = [...new Set(foreign.map(({ op }) => op))].filter((op) => op !== node.op);
  const also = others.length > 0 ? ` (nor are ${listed(others)}, further on)` : '';
  throw node.unsupported(`${remedyFor(node.op)}${also}`);
}

function remedyFor(op: string): string {
  if (op === 'Loop' || op === 'Scan')
    return 'recurrences written as loops are not supported; export the layer as an ONNX RNN, GRU or LSTM';
  if (op === 'If')
    return 'branches are not supported; export with fixed sizes, and with squeeze(dim) in place of squeeze()';
  if (/Quantize|Integer|^QLinear/.test(op))
    return 'quantized operators are not supported; give the float32 model, whose weights are quantized when it is loaded';
  if (op.includes('::')) return 'operators of this domain are not supported; export with operators of ai.onnx only';
  return 'this operator is not supported; leave it out of what is exported, or write it with simpler operators';
}

/** Weights of other widths are only stored so. */
function widthWarnings({ types, constants }: Translation): string[] {
  const widths = types.filter((type, value) => /float(16|64)/.test(type) && !constants.has(value));
  return [...new Set(widths)].map((type) => `${type} tensors are computed in float32`);
}

function unusedWarnings(graph: Graph): string[] {
  const unused = (names: Iterable<string>) => [...names].filter((name) => !graph.uses.has(name));
  const initializers = unused(graph.initializers.keys());
  const inputs = unused(graph.inputs.keys());
  return [
    ...inputs.map((name) => `input ${quoted(name)} reaches no output, and is left out`),
    ...(initializers.length > 0 ? [`not used: initializers ${listed(initializers.map(quoted))}`] : []),
  ];
}
