/** Operators that there are not, in a graph or its bodies: refused with what to do about it. */
import type { Graph } from './graph.js';
import { listed } from './names.js';
import type { OperatorTable } from './translation.js';

/** Before anything else, so that the message is about the operator and not about what follows from it. */
export function checkOperators(graph: Graph, operators: OperatorTable): void {
  const nodes = [graph, ...graph.bodies].flatMap((one) => one.nodes);
  const foreign = nodes.filter(({ op }) => !Object.hasOwn(operators, op));
  if (foreign.length === 0) return;
  const [node] = foreign;
  const others = [...new Set(foreign.map(({ op }) => op))].filter((op) => op !== node.op);
  const also = others.length > 0 ? ` (nor are ${listed(others)}, further on)` : '';
  throw node.unsupported(`${remedyFor(node.op)}${also}`);
}

function remedyFor(op: string): string {
  if (/^Sequence|(To|From)Sequence|^Optional/.test(op))
    return 'sequences of tensors are not supported; export what joins them as Concat, or the layer as an ONNX GRU or LSTM';
  if (op.includes('::')) return 'operators of this domain are not supported; export with operators of ai.onnx only';
  return 'this operator is not supported; leave it out of what is exported, or write it with simpler operators';
}
