/** Graph → Network: each node in the words of the newest operators. */
import type { Network } from '../model/network.js';
import type { Graph } from './graph.js';
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

/**
 * The operators that the graph needs, or more.
 *
 * @throws UnsupportedModelError for an operator that there is not
 */
export async function operatorsFor(graph: Graph): Promise<OperatorTable> {
  if (graph.nodes.every(({ op }) => Object.hasOwn(common, op))) return common;
  const { checkOperators, rareOperators } = await import('./rare-operators.js');
  const all = { ...common, ...rareOperators };
  checkOperators(graph, all);
  return all;
}

/** The graph's network, and what is worth a look. */
export function translateGraph(
  graph: Graph,
  opset: number,
  producer: string,
  operators: OperatorTable,
): { network: Network; warnings: readonly string[] } {
  const translation = new Translation(graph, opset, producer, operators);
  const used = [...graph.inputs.values()].filter(({ name }) => graph.uses.has(name));
  const inputs = used.map((declaration) => translation.port(declaration));
  translation.run();
  const outputs = graph.outputs.map((declaration) => translation.port(declaration));
  translation.warnOfWidths();
  const { names, constants, operations } = translation;
  return {
    network: { names, constants, inputs, operations, outputs },
    warnings: [...translation.warnings, ...unusedWarnings(graph)],
  };
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
