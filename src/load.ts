import { Detector, type DetectorOptions } from './detector.js';
import { InputError, MetadataError, ModelFormatError } from './errors.js';
import { FrontEnd } from './features/front-end.js';
import { parseRecipe } from './features/recipe.js';
import { compile } from './inference/compile.js';
import { run, type Tensor } from './inference/run.js';
import { Session, type Stream } from './inference/session.js';
import type { Precision } from './kernels/layout.js';
import { parseLabels, parseMetadata, type JsonObject, type Metadata } from './model/metadata.js';
import type { Network } from './model/network.js';
import { importOnnx, type ImportedModel } from './onnx/index.js';
import { summarize, type ModelSummary } from './summary.js';

export interface LoadOptions {
  /** int8: weights of 8 bits, activations of 16. f32: as trained, to measure what quantization costs. Default int8. */
  readonly precision?: Precision;
  /** What the file's own `tympan.frontend`, `tympan.labels`, `tympan.detection` are replaced by; see models/README.md. */
  readonly frontend?: JsonObject;
  readonly labels?: JsonObject;
  readonly detection?: JsonObject;
}

/** Features of a whole recording. */
export interface Features {
  readonly frames: number;
  readonly coefficients: number;
  readonly data: Float32Array; // [frames, coefficients]
}

/** A model in memory. Streams and detectors of one model share its weights; each has its own state. */
export class Model {
  readonly network: Network;
  readonly precision: Precision;
  /** What is suspicious about the file, in sentences for its user. */
  readonly warnings: readonly string[];
  readonly metadata: Metadata;
  readonly producer: string;
  readonly opset: number;
  readonly #session: Session;

  constructor(imported: ImportedModel, options: LoadOptions = {}) {
    const { precision = 'int8', frontend, labels, detection } = options;
    if (precision !== 'int8' && precision !== 'f32') throw new RangeError(`precision: got "${precision}", expected "int8" or "f32"`);
    const own = parseMetadata(imported.metadata);
    this.network = imported.network;
    this.precision = precision;
    this.warnings = imported.warnings;
    this.producer = imported.producer;
    this.opset = imported.opset;
    this.metadata = {
      frontend: frontend ?? own.frontend,
      labels: labels ? parseLabels(labels) : own.labels,
      detection: detection ?? own.detection,
    };
    this.#session = new Session(this.network, compile(this.network, precision));
  }

  /**
   * Whole tensors in, whole tensors out: the graph as ONNX defines it, every sequence from its initial state.
   *
   * @throws InputError for missing or unknown tensors, wrong types or shapes
   */
  run(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    return run(this.#session, inputs);
  }

  /** One sequence, a frame at a time. Close it when it is no longer needed. */
  stream(): Stream {
    return this.#session.open();
  }

  /**
   * Samples in, events out.
   *
   * @throws MetadataError when neither the file nor `loadModel` said the front end and the labels
   */
  detector(options: DetectorOptions = {}): Detector {
    return new Detector(this.#session, this.metadata, options);
  }

  /**
   * Features of a whole recording, by the model's front end: one frame a hop, as many as there are whole windows.
   *
   * @param samples mono, at the front end's sample rate: int16, or floats in [−1, 1)
   */
  features(samples: Int16Array | Float32Array): Features {
    if (!this.metadata.frontend) throw new MetadataError('this model has no "tympan.frontend" in its metadata_props; pass { frontend } to loadModel');
    const frontEnd = new FrontEnd(parseRecipe(this.metadata.frontend));
    const { windowLength, hopLength, numCoefficients: coefficients } = frontEnd.recipe;
    const frames = Math.max(0, Math.floor((samples.length - windowLength) / hopLength) + 1);
    const data = new Float32Array(frames * coefficients);
    for (let at = frontEnd.fill(samples, 0), frame = 0; frontEnd.ready; at = frontEnd.fill(samples, at), frame++) {
      data.set(frontEnd.next(), frame * coefficients);
    }
    return { frames, coefficients, data };
  }

  /** What `tympan inspect` prints, as plain JSON. */
  summary(): ModelSummary {
    return summarize(this, this.#session);
  }
}

/**
 * Reads, checks, quantizes and plans a model.
 *
 * @param source an ONNX file: its path (in Node) or URL, a Response, or its bytes
 * @throws ModelFormatError when it is no ONNX model; UnsupportedModelError, naming the node, for what can't be run;
 *   MetadataError for a wrong contract
 */
export async function loadModel(source: string | URL | Response | ArrayBuffer | Uint8Array, options: LoadOptions = {}): Promise<Model> {
  return new Model(importOnnx(await readSource(source)), options);
}

async function readSource(source: string | URL | Response | ArrayBuffer | Uint8Array): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (typeof Response !== 'undefined' && source instanceof Response) return readResponse(source);
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new TypeError(`model: got ${typeof source}, expected a path, a URL, a Response or bytes`);
  }
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  if (inNode && !/^(https?|data|blob):/.test(String(source))) return readPath(source);
  return readResponse(await fetch(source));
}

async function readResponse(response: Response): Promise<Uint8Array> {
  if (!response.ok) throw new ModelFormatError(`${response.url}: the server answered ${response.status}, expected the model`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Bundlers for browsers are told to leave the import alone: it is only reached in Node. */
async function readPath(path: string | URL): Promise<Uint8Array> {
  const module = 'node:fs/promises';
  const { readFile } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as typeof import('node:fs/promises');
  const isUrl = typeof path === 'string' && path.startsWith('file:');
  try {
    return await readFile(isUrl ? new URL(path) : path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a folder, expected an ONNX file' : (error as Error).message;
    throw new InputError(`model ${path}: ${reason}`);
  }
}
