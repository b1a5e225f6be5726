/** Graph → Network: the graph is executed over tensors that know what their axes are instead of what they hold. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import type { AxisFactor, Network, TensorLayout } from '../model/network.js';
import { allFactors, describe, factorOf, type Axis } from './axes.js';
import { timingOf } from './features.js';
import { folds } from './folding.js';
import type { Operands } from './folding-elementwise.js';
import type { Graph } from './graph.js';
import { onlyLive } from './live.js';
import { listed, quoted } from './names.js';
import type { Node } from './node.js';
import { activationOperators } from './raise-activation.js';
import { concatOperators } from './raise-concat.js';
import { denseOperators } from './raise-dense.js';
import { gruOperators } from './raise-gru.js';
import { layoutOperators } from './raise-layout.js';
import { selectOperators } from './raise-select.js';
import { Raising, type Raise, type Symbolic, type Tensor } from './raising.js';
import { inputRoles } from './roles.js';

const operators: Readonly<Record<string, Raise>> = {
  ...layoutOperators,
  ...selectOperators,
  ...concatOperators,
  ...denseOperators,
  ...activationOperators,
  ...gruOperators,
};

export function raiseGraph(
  graph: Graph,
  opset: number,
  producer: string,
): { network: Network; warnings: readonly string[] } {
  checkOperators(graph);
  const raising = new Raising(graph, opset, producer, inputRoles(graph));
  for (const node of graph.nodes) {
    raising.define(node, raiseNode(node, raising));
    node.finish();
  }
  const network = toNetwork(graph, raising);
  return { network, warnings: [...raising.warnings, ...unusedWarnings(graph)] };
}

function raiseNode(node: Node, raising: Raising): readonly (Tensor | null)[] {
  if (Object.hasOwn(folds, node.op)) {
    // Folds mark the inputs that they read: what they don't know is refused.
    const operands = node.inputs.map((name) => (name ? raising.named(name, node.where) : undefined));
    if (operands.every((operand) => operand?.kind !== 'symbolic')) {
      const folded = folds[node.op](node, operands as Operands, raising.folder, raising.opset);
      return [folded].flat();
    }
  }
  if (!Object.hasOwn(operators, node.op))
    throw node.unsupported('it is supported between constants only, and here it works on what the network computes');
  return operators[node.op](node, raising);
}

/** Before anything is computed, so that the message is about the operator and not about what follows from it. */
function checkOperators(graph: Graph): void {
  const foreign = graph.nodes.filter(({ op }) => !Object.hasOwn(operators, op) && !Object.hasOwn(folds, op));
  if (foreign.length === 0) return;
  const [node] = foreign;
  const others = [...new Set(foreign.map(({ op }) => op))].filter((op) => op !== node.op);
  const also = others.length > 0 ? ` (nor are ${listed(others)}, further on)` : '';
  throw node.unsupported(`${remedyFor(node.op)}${also}`);
}

function remedyFor(op: string): string {
  if (op === 'LSTM' || op === 'RNN')
    return `${op} layers are not supported, only GRU; train the network with nn.GRU, or run it with onnxruntime`;
  if (op === 'Loop' || op === 'Scan')
    return 'recurrences written as loops are not supported; export the layer as an ONNX GRU';
  if (op === 'If')
    return 'branches are not supported; export with fixed sizes, and with squeeze(dim) in place of squeeze()';
  if (op.includes('::')) return 'operators of this domain are not supported; export with operators of ai.onnx only';
  return `this operator is not supported; a network may be made of ${Object.keys(operators).join(', ')}`;
}

function toNetwork(graph: Graph, raising: Raising): Network {
  const outputs = graph.outputs.map((name) => {
    const tensor = raising.named(name, 'an output of the graph');
    if (tensor.kind === 'constant')
      throw new UnsupportedModelError(`output ${quoted(name)} is constant: no input reaches it`);
    return { name, tensor };
  });
  const inputs = [...graph.inputs.keys()].flatMap((name) => {
    const tensor = raising.inputs.get(name);
    return tensor ? [{ name, tensor }] : [];
  });
  for (const { name, tensor } of inputs) settleInput(name, tensor, raising);
  const sequences = inputs.filter(({ tensor }) => timingOf(tensor) === 'every');
  if (sequences.length === 0) {
    const given = inputs.map(({ name, tensor }) => `${quoted(name)} ${describe(tensor.axes)}`).join(', ') || 'none';
    throw new UnsupportedModelError(
      `no input of the graph has a time axis (${given}), so that there is nothing to stream; a network takes [batch, time, feature] and holds a GRU`,
    );
  }
  return onlyLive({
    values: raising.values,
    inputs: sequences.map(({ name, tensor }) => layoutOf(name, tensor)),
    states: inputs
      .filter(({ tensor }) => timingOf(tensor) !== 'every')
      .map(({ name, tensor }) => layoutOf(name, tensor)),
    layers: raising.layers,
    outputs: outputs.map(({ name, tensor }) => layoutOf(name, tensor)),
  });
}

/** All roles are known by now, or never. */
function settleInput(name: string, { axes, values }: Symbolic, raising: Raising): void {
  const factors = allFactors(axes);
  for (const factor of factors) factor.size = raising.fixedSizes.get(String(factor.size)) ?? factor.size;
  const feature = factorOf(axes, 'feature');
  if (factors.some(({ role }) => role === null) || (feature && typeof feature.size === 'string')) {
    throw new UnsupportedModelError(
      `graph input ${quoted(name)} is ${describe(axes)}: what it flows into does not say which axis is batch, time and feature, as a GRU that reads it would`,
    );
  }
  for (const value of values) raising.setSize(value, Number(feature?.size ?? 1));
}

function layoutOf(name: string, tensor: Symbolic): TensorLayout {
  return { name, axes: tensor.axes.map((axis) => frozen(name, axis)), values: tensor.values };
}

function frozen(name: string, axis: Axis): AxisFactor[] {
  return axis.map(({ role, size }) => {
    if (role === null)
      throw new ModelFormatError(`tensor ${quoted(name)} has an axis of size ${size} whose role is not known`);
    return { role, size };
  });
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
