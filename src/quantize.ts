/**
 * A model's weights in 8 bits, as a standard ONNX file.
 *
 * @module tympan/quantize
 */
import { quantizeModel, type QuantizedModel } from './onnx/quantize.js';
import { readerBeside, readSource, type ModelSource } from './source.js';

export type { KeptWeights, QuantizedWeights } from './onnx/quantize-weights.js';
export type { QuantizedModel } from './onnx/quantize.js';
export type { ModelSource } from './source.js';

/**
 * A model with the float32 weights of its recurrent layers, products and convolutions as int8, each row of a scale of its own:
 * about a quarter of the size, for any runtime that knows DequantizeLinear of opset 13. Tympan makes the same numbers of the
 * weights when it loads the model, so what its int8 engine hears stays the same. Contract, names, and all that is not weights
 * stay as they are; operators of an older opset are written as 13 has them, and data beside the model comes into the file.
 *
 *     const { bytes } = await quantize('hey.onnx');
 *     await writeFile('hey-int8.onnx', bytes);
 *
 * @param source an ONNX file: its path (in Node) or URL, a Response, or its bytes
 * @throws InputError when it can't be read; ModelFormatError when it is no ONNX model; UnsupportedModelError where nothing is
 *   left to quantize, and for an operator below opset 13 whose newer form is not known
 */
export async function quantize(source: ModelSource): Promise<QuantizedModel> {
  return quantizeModel(await readSource(source), readerBeside(source));
}
