import type { Operation } from '../model/network.js';

type Dims = readonly number[];

const product = (dims: Dims): number => dims.reduce((count, dim) => count * dim, 1);

/**
 * Multiply-adds of an operation on tensors of these shapes. Only operators that are made of them count: element-wise work is small
 * beside theirs.
 *
 * @param inputs null for what the operation leaves out
 */
export function multiplyAdds(operation: Operation, inputs: readonly (Dims | null)[], output: Dims): number {
  const [x, weights, R] = inputs;
  if (!x || !weights) return 0;
  switch (operation.kind) {
    case 'gru':
    case 'lstm':
    case 'rnn': // [sequence, batch] frames or the other way round, each through W and R of all directions
      return x[0] * x[1] * (product(weights) + product(R ?? []));
    case 'matmul':
    case 'matmulInteger':
      return product(output) * x[x.length - 1];
    case 'gemm':
      return product(output) * x[operation.transA ? 0 : 1];
    case 'convolution':
    case 'convolutionInteger': // [outputs, channels of a group, …kernel]
      return product(output) * product(weights.slice(1));
    default:
      return 0;
  }
}
