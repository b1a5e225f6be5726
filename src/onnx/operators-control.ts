/** Branches and loops: https://onnx.ai/onnx/operators/onnx__Loop.html */
import type { Direction, ScannedAxis, TensorType, ValueId } from '../model/network.js';
import { BodyTranslation } from './body-translation.js';
import { listed } from './names.js';
import type { Node } from './node.js';
import type { Step, Translate, Translation } from './translation.js';

export const controlOperators: Readonly<Record<string, Translate>> = { If: branches, Loop: loop, Scan: scan };

function branches(node: Node, translation: Translation): Step {
  const [condition] = translation.inputs(node, 1);
  checkType(node, translation, condition, 'the condition', 'bool');
  const [chosen, other] = ['then_branch', 'else_branch'].map(
    (name) => new BodyTranslation(node, name, translation, []),
  );
  if (`${chosen.outputTypes}` !== `${other.outputTypes}`) {
    throw node.malformed(
      `then_branch gives ${listed(chosen.outputTypes)}, and else_branch ${listed(other.outputTypes)}; expected the same types`,
    );
  }
  const captured = [...new Set([...chosen.captured, ...other.captured])];
  return {
    kind: 'if',
    thenBranch: chosen.close(captured),
    elseBranch: other.close(captured),
    inputs: [condition, ...captured],
    types: chosen.outputTypes,
  };
}

function loop(node: Node, translation: Translation): Step {
  const [tripCount = null, condition = null] = translation.inputs(node, 0, Math.min(node.inputs.length, 2));
  checkType(node, translation, tripCount, 'the trip count', 'int64');
  checkType(node, translation, condition, 'the condition', 'bool');
  const initial = valuesFrom(node, translation, 2);
  const carried = initial.map((value) => translation.types[value]);
  const body = new BodyTranslation(node, 'body', translation, ['int64', 'bool', ...carried]);
  const [goesOn, ...types] = body.outputTypes;
  if (goesOn !== 'bool') throw node.malformed(`body gives ${goesOn} as the condition, expected bool`);
  checkCarried(node, carried, types);
  const { captured } = body;
  return {
    kind: 'loop',
    carried: carried.length,
    body: body.close(captured),
    inputs: [tripCount, condition, ...initial, ...captured],
    types,
  };
}

function scan(node: Node, translation: Translation): Step {
  if (translation.opset < 9)
    throw node.unsupported(
      'Scan of opset 8 is not supported; convert the model to opset 9 with onnx.version_converter',
    );
  const values = valuesFrom(node, translation, 0);
  const scanned = node.requiredInt('num_scan_inputs');
  const carried = values.length - scanned;
  if (!(scanned >= 1 && carried >= 0))
    throw node.malformed(`num_scan_inputs is ${scanned}, expected 1 to ${values.length}, its inputs`);
  const formals = values.map((value) => translation.types[value]);
  const body = new BodyTranslation(node, 'body', translation, formals);
  const types = body.outputTypes;
  checkCarried(node, formals.slice(0, carried), types);
  const { captured } = body;
  return {
    kind: 'scan',
    carried,
    scannedInputs: scannedAxes(node, 'input', scanned),
    scannedOutputs: scannedAxes(node, 'output', types.length - carried),
    body: body.close(captured),
    inputs: [...values, ...captured],
    types,
  };
}

/** Inputs of which none may be left out, as many as there are. */
function valuesFrom(node: Node, translation: Translation, first: number): ValueId[] {
  const ids = translation.inputs(node, 0, node.inputs.length).slice(first);
  return ids.map((id, index) => {
    if (id === null) throw node.malformed(`input ${first + index} is missing`);
    return id;
  });
}

function checkType(node: Node, { types }: Translation, id: ValueId | null, what: string, expected: TensorType): void {
  if (id !== null && types[id] !== expected) throw node.malformed(`${what} is ${types[id]}, expected ${expected}`);
}

function checkCarried(node: Node, before: readonly TensorType[], after: readonly TensorType[]): void {
  if (after.length < before.length)
    throw node.malformed(`body gives ${after.length} values on, and the node carries ${before.length}`);
  const wrong = before.findIndex((type, index) => type !== after[index]);
  if (wrong >= 0)
    throw node.malformed(`value ${wrong} that it carries is ${before[wrong]}, and body gives ${after[wrong]}`);
}

function scannedAxes(node: Node, side: 'input' | 'output', count: number): ScannedAxis[] {
  const listOf = (name: string) => {
    const list = node.ints(name) ?? Array<number>(count).fill(0);
    if (list.length !== count) throw node.malformed(`${name} has ${list.length} numbers, expected ${count}`);
    return list;
  };
  const axes = listOf(`scan_${side}_axes`);
  return listOf(`scan_${side}_directions`).map((reverse, index) => {
    if (reverse !== 0 && reverse !== 1)
      throw node.malformed(`scan_${side}_directions holds ${reverse}, expected 0 or 1`);
    const direction: Direction = reverse ? 'reverse' : 'forward';
    return { axis: axes[index], direction };
  });
}
