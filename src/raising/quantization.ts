/** Files that compute in 8 bits: weights of 8 bits become weights, activations of 8 bits what rounding them does, or their range. */
import type { Network, Operation, OperationOf, ValueId } from '../model/network.js';
import { quantizedRange } from '../operators/quantize.js';
import { Draft, withoutDead } from './draft.js';
import { dataOf } from './quantization-parameters.js';
import { QuantizedTensors } from './quantized-tensors.js';
import { raiseProduct } from './quantized-products.js';

/**
 * @param isExact whether activations are rounded as the file has it; otherwise they are cut to their range, which may stand for a
 *   Relu that a quantizer has left out, and what is quantized by its own range stays as it is
 */
export function raiseQuantization(network: Network, isExact: boolean): Network {
  const draft = new Draft(network);
  const floats = withFloats(network, draft);
  const operations = isExact ? floats : floats.map((operation) => rangeOf(operation, draft));
  const { names, constants } = draft;
  return withoutDead(withoutIdentities({ ...network, names, constants, operations }, network));
}

/** What was quantized and is dequantized further on, and integer products of both, on floats. */
function withFloats(network: Network, draft: Draft): Operation[] {
  const operations: Operation[] = [];
  const tensors = new QuantizedTensors(network, draft, operations);
  for (const operation of network.operations) {
    if (operation.kind === 'dequantizeLinear') {
      const [x, scale, zeroPoint = null] = operation.inputs;
      const float = tensors.floatOf(x!, { scale: scale!, zeroPoint, axis: operation.axis });
      operations.push(float === null ? operation : draft.identity(float, operation.outputs[0]!));
    } else operations.push(raiseProduct(operation, tensors, draft) ?? operation);
  }
  return operations;
}

/** What rounding to quantized numbers leaves of a tensor besides its steps. */
function rangeOf(operation: Operation, draft: Draft): Operation {
  if (operation.kind !== 'fakeQuantize') return operation;
  const [x, scale = null, zeroPoint = null] = operation.inputs;
  if (scale === null) return draft.identity(x!, operation.outputs[0]!);
  const [s, z] = [dataOf(draft, scale), dataOf(draft, zeroPoint)];
  // Ranges of channels differ, and a Clip has one; a scale that is not positive turns the range around.
  if (s?.length !== 1 || z === null || !(s[0] > 0)) return operation;
  return clip(operation, x, s[0], z[0] ?? 0, draft);
}

function clip(operation: OperationOf<'fakeQuantize'>, x: ValueId | null, scale: number, zero: number, draft: Draft) {
  const { low, high } = quantizedRange(operation.as);
  const limits = [low, high].map((limit, i) =>
    draft.floats(`${operation.name}.${i === 0 ? 'min' : 'max'}`, [], Float32Array.of((limit - zero) * scale)),
  );
  return draft.operation('clip', operation.name, [x, ...limits], operation.outputs, {});
}

/** Without the identities that raising has made, but those of outputs; what they hand on has their names. */
function withoutIdentities(network: Network, before: Network): Network {
  const own = new Set(before.operations);
  const kept = new Set(network.outputs.map(({ value }) => value));
  const names = [...network.names];
  const same = new Map<ValueId | null, ValueId>();
  const operations = network.operations.flatMap((operation): Operation[] => {
    const inputs = operation.inputs.map((value) => same.get(value) ?? value);
    const [output] = operation.outputs;
    if (operation.kind !== 'identity' || own.has(operation) || kept.has(output!))
      return [{ ...operation, inputs } as Operation];
    const value = inputs[0]!;
    if (value >= before.names.length) names[value] = names[output!];
    same.set(output, value);
    return [];
  });
  return { ...network, names, operations };
}
