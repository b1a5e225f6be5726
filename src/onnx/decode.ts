/** ONNX bytes → ModelProto, and whether they are one at all. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { listed, printable, quoted } from './names.js';
import { ModelProto, type GraphProto } from './onnx-proto.js';

/** Wake words take kilobytes; 16 million weights are beyond what a frame's 10 ms can multiply. */
const maxFileBytes = 64 * 1024 * 1024;

/** GRU with `linear_before_reset` is of opset 3, its form without `output_sequence` of opset 7. */
const oldestOpset = 7;

/** ONNX 1.23: what changed up to it in the operators that translate.ts knows is translated. */
const newestOpset = 28;

export interface DecodedModel {
  readonly graph: GraphProto;
  readonly opset: number;
  readonly producer: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export function decodeModel(bytes: Uint8Array): DecodedModel {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`importOnnx: expected the model's bytes as a Uint8Array, got ${typeof bytes}`);
  if (bytes.length === 0) throw new ModelFormatError('the model is empty (0 bytes): check the path or the download');
  if (bytes.length > maxFileBytes) {
    throw new ModelFormatError(
      `the model has ${bytes.length} bytes, more than the ${maxFileBytes} that a wake word may have`,
    );
  }
  const mistaken = mistakenFor(bytes);
  if (mistaken) throw new ModelFormatError(`not an ONNX model: ${mistaken}`);
  const model = decodeProto(bytes);
  if (!model.graph) throw new ModelFormatError('not an ONNX model, or a truncated one: it has no graph');
  const metadata = new Map<string, string>();
  for (const { key, value } of model.metadataProps) {
    if (metadata.has(key)) throw new ModelFormatError(`metadata ${quoted(key)} is given twice`);
    metadata.set(key, value);
  }
  return {
    graph: model.graph,
    opset: opsetOf(model),
    producer: printable(`${model.producerName} ${model.producerVersion}`.trim()),
    metadata,
  };
}

function decodeProto(bytes: Uint8Array): ModelProto {
  try {
    // A view without Buffer's prototype, so that a Buffer and a Uint8Array read alike.
    return ModelProto.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason.startsWith('index out of range')) {
      throw new ModelFormatError(
        `the model is truncated, or not ONNX (${bytes.length} bytes): ${reason}; fetch the file again`,
      );
    }
    throw new ModelFormatError(`not an ONNX model (${bytes.length} bytes): ${reason}`);
  }
}

function opsetOf(model: ModelProto): number {
  const versions = model.opsetImport.filter(({ domain }) => isOnnxDomain(domain)).map(({ version }) => version);
  if (versions.length === 0) {
    const others = listed(model.opsetImport.map(({ domain }) => domain)) || 'none';
    throw new ModelFormatError(
      `the model does not say which ai.onnx opset it uses (opset_import: ${others}): export it again`,
    );
  }
  const [opset] = versions;
  if (versions.some((version) => version !== opset)) {
    throw new ModelFormatError(`the model names ${versions.length} versions of the ai.onnx opset: ${listed(versions)}`);
  }
  if (opset < oldestOpset || opset > newestOpset) {
    throw new UnsupportedModelError(
      `ai.onnx opset ${opset} is not supported, only ${oldestOpset} to ${newestOpset}: convert the model with onnx.version_converter, or export it with opset 17`,
    );
  }
  return opset;
}

/** Operators of ONNX itself. */
export function isOnnxDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** Files that often stand where a model was expected. */
function mistakenFor(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, 40));
  if (/^\s*</.test(start)) return 'the bytes are a web page; the address of the model may be wrong';
  if (start.startsWith('version https://git-lfs')) return 'the bytes are a Git LFS pointer; run "git lfs pull"';
  if (start.startsWith('PK\x03\x04'))
    return 'the bytes are a zip archive, or a PyTorch checkpoint; export the network with torch.onnx.export';
  if (start.slice(4, 8) === 'TFL3') return 'the bytes are a TensorFlow Lite model; convert it with tf2onnx';
  return null;
}
