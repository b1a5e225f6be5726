/** A model file in; out comes its network in the fewest and plainest words, with what computes it. */
import type { Kind } from './model/network.js';
import type { Precision } from './kernels/layout.js';
import { importOnnx, type ImportedModel } from './onnx/index.js';
import { simplify } from './operators/index.js';
import { readerBeside, readSource, type ModelSource } from './source.js';
import type { Toolbox } from './streaming/lower.js';
import { rulesFor } from './streaming/rules.js';

/** What raising makes layers of. */
const RAISED = new Set<Kind>([
  'if',
  'loop',
  'scan',
  'quantizeLinear',
  'dequantizeLinear',
  'dynamicQuantizeLinear',
  'matmulInteger',
  'convolutionInteger',
  'fakeQuantize',
]);

export interface Imported extends ImportedModel {
  readonly toolbox: Toolbox;
}

/**
 * @param precision of int8, what a file computes in 8 bits is computed in 16
 * @throws as loadModel
 */
export async function importModel(source: ModelSource, precision: Precision): Promise<Imported> {
  const bytes = await readSource(source);
  const imported = await importOnnx(bytes, readerBeside(source));
  const { network: simple, operators } = await simplify(imported.network);
  let network = simple;
  if (network.operations.some(({ kind }) => RAISED.has(kind))) {
    const { raise } = await import('./raising/index.js');
    network = raise(network, operators, precision === 'f32');
  }
  return { ...imported, network, toolbox: { operators, rules: await rulesFor(network) } };
}
