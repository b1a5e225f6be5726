import { UnsupportedModelError } from './errors.js';
import {
  checkFeatures,
  contractWarnings,
  parseContract,
  posteriorOf,
  required,
  type Contract,
  type ContractOptions,
} from './contract.js';
import type { DetectionOptions } from './detection/settings.js';
import type { Features } from './features/front-end.js';
import { featureSize } from './features/recipe.js';
import type { Detector, DetectorOptions, DetectorPlan, FrontEnd } from './hearing/index.js';
import { compile } from './inference/compile.js';
import { gatesFor, type CompileGates } from './inference/compile-recurrent.js';
import { FrameEngine } from './inference/frame-engine.js';
import { run, type RunOptions, type Tensor } from './inference/run.js';
import type { NetworkPlan, Windows } from './inference/network-plan.js';
import { Packer } from './inference/packing.js';
import { Runner } from './inference/runner.js';
import { Session } from './inference/session.js';
import { Stream } from './inference/stream.js';
import { newArena } from './kernels/embedded.js';
import type { Precision } from './kernels/layout.js';
import type { Network } from './model/network.js';
import { importModel, type Imported } from './import.js';
import type { ModelSource } from './source.js';
import { analyze, type Analysis } from './streaming/analyze.js';
import { resolveStreaming, type StreamingSettings } from './streaming/settings.js';
import { slotsOf } from './streaming/slots.js';
import { streamingWarnings } from './streaming/warnings.js';
import { windowShapes, type WindowShapes } from './streaming/window-shapes.js';
import { summarize, type ModelSummary } from './summary.js';

/** `frontend`, `labels`, `detection` and `streaming` replace what the file says of itself. */
export interface LoadOptions extends ContractOptions {
  /** int8: weights of 8 bits, activations of 16. f32: as trained, to measure what quantization costs. Default int8. */
  readonly precision?: Precision;
}

/** What hears, for a model that has a recipe. */
type HearingParts = typeof import('./hearing/index.js');

/** How it streams, and what only some models need. */
interface Parts {
  readonly analysis: Analysis;
  readonly streaming: StreamingSettings;
  readonly hearing: HearingParts | undefined;
  /** For one that runs on windows. */
  readonly engines: typeof import('./inference/window-engine.js') | undefined;
  readonly gates: CompileGates | undefined;
}

const OPTIONS = ['precision', 'frontend', 'labels', 'detection', 'streaming'];

/** A model in memory. Streams and detectors of one model share its weights; each has its own state. */
export class Model {
  readonly network: Network;
  readonly precision: Precision;
  /** What the model says of itself, with what the caller replaced. */
  readonly metadata: Contract;
  readonly producer: string;
  readonly opset: number;
  /** How it runs on a stream. */
  readonly streaming: StreamingSettings;
  readonly #analysis: Analysis;
  readonly #arena = newArena();
  readonly #runner: Runner;
  /** Of a stateful model. */
  readonly #session: Session | null;
  /** Of one that is not. */
  readonly #window: WindowShapes | null;
  readonly #parts: HearingParts | undefined;
  readonly #engines: Parts['engines'];
  /** Warnings of the importer, and all of them. */
  readonly #imported: readonly string[];
  #warnings: readonly string[] | undefined;
  #frontEnd: FrontEnd | undefined;

  /** @internal Use `loadModel`. */
  constructor(imported: Imported, metadata: Contract, precision: Precision, parts: Parts) {
    this.metadata = metadata;
    this.#parts = parts.hearing;
    this.#engines = parts.engines;
    const { network, toolbox } = imported;
    this.network = network;
    this.precision = precision;
    this.producer = imported.producer;
    this.opset = imported.opset;
    this.#analysis = parts.analysis;
    this.streaming = parts.streaming;
    this.#runner = new Runner(this.network, toolbox.operators, precision, this.#arena, parts.gates);
    const { frames } = parts.analysis;
    const isStateful = this.streaming.mode === 'stateful' && frames;
    const plan = isStateful && compile(frames, precision, new Packer(this.#arena.another()), parts.gates);
    this.#session = plan ? new Session(plan, this.#arena, toolbox.operators) : null;
    const windowFrames = this.streaming.mode === 'windowed' ? this.streaming.windowFrames : 1;
    this.#window = isStateful ? null : windowShapes(this.network, toolbox.operators, this.#analysis, windowFrames);
    this.#imported = imported.warnings;
  }

  /** What is suspicious about the file, in sentences for its user. Filterbanks are asked, which takes milliseconds: once, if ever. */
  get warnings(): readonly string[] {
    const { frontend } = this.metadata;
    return (this.#warnings ??= [
      ...this.#imported,
      ...streamingWarnings(this.network, this.#analysis, this.streaming, this.#window),
      ...contractWarnings(this.metadata, this.network, slotsOf(this.network, this.#analysis, this.#window)),
      ...(frontend && this.#parts ? this.#parts.warningsOf(frontend) : []),
    ]);
  }

  /**
   * Whole tensors in, whole tensors out: the graph as ONNX defines it, every sequence from its initial state.
   *
   * @throws InputError for missing or unknown tensors, wrong types or shapes
   */
  run(inputs: Readonly<Record<string, Tensor>>, options?: RunOptions): Record<string, Tensor> {
    return run(this.#runner, inputs, options);
  }

  /**
   * One sequence, a frame at a time. Close it when it is no longer needed.
   *
   * @throws UnsupportedModelError for a network without a time axis
   */
  stream(): Stream {
    if (this.#analysis.timeAxes.size === 0) {
      throw new UnsupportedModelError(
        'no input of the model has a time axis, so that there is nothing to stream; use model.run, or say which axis it is ' +
          'with { streaming: { timeAxis: … } }',
      );
    }
    if (this.#session) return new Stream(new FrameEngine(this.#session));
    return new Stream(new this.#engines!.WindowEngine(this.#runner, this.#windows()));
  }

  /**
   * Samples in, events out.
   *
   * @throws MetadataError when neither the file nor `loadModel` said the front end and the labels
   */
  detector(options: DetectorOptions = {}): Detector {
    const frontEnd = this.#openFrontEnd();
    const { Detector, Spotter, checkOptions } = this.#parts!;
    checkOptions(options);
    const stream = this.stream();
    try {
      const answer = this.#answer(frontEnd, stream, options);
      const features = frontEnd.open();
      return new Detector(frontEnd.recipe, features, new Spotter(stream, answer, features.period), options.onFrame);
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  /**
   * The whole way from samples to events as plain data, for where there is no decoder: `tympan/browser` posts it to the audio thread.
   *
   * @param options as those of `detector`
   * @throws MetadataError when neither the file nor `loadModel` said the front end and the labels
   */
  plan(options: DetectionOptions = {}): DetectorPlan {
    const frontEnd = this.#openFrontEnd();
    this.#parts!.checkSettings(options);
    const stream = this.stream();
    try {
      return { ...this.#parts!.planOf(frontEnd, this.#networkPlan()), answer: this.#answer(frontEnd, stream, options) };
    } finally {
      stream.close();
    }
  }

  #networkPlan(): NetworkPlan {
    if (this.#session) return { kind: 'frames', plan: this.#session.plan };
    return { kind: 'windows', network: this.network, precision: this.precision, windows: this.#windows() };
  }

  #windows(): Windows {
    const { windowFrames: frames, hopFrames: hop } = this.streaming as StreamingSettings & { mode: 'windowed' };
    const { inputDims, timeAxes, outputAxes, carried } = this.#analysis;
    return { frames, hop, axes: { inputDims, timeAxes, outputAxes, carried } };
  }

  #answer(frontEnd: FrontEnd, stream: Stream, options: DetectionOptions): DetectorPlan['answer'] {
    const { metadata, network } = this;
    const labels = required(metadata, 'labels');
    checkFeatures(stream.inputSlots, frontEnd.recipe);
    const output = posteriorOf(network, stream.outputSlots, labels);
    const { modelSettings, withOptions } = this.#parts!;
    const settings = withOptions(modelSettings(labels.names, metadata.detection), options);
    return { output, labels: labels.names, settings };
  }

  /**
   * Features of a whole recording, by the model's front end, as many frames as the original has.
   *
   * @param samples mono, at the front end's sample rate: int16, or floats in [−1, 1)
   * @throws MetadataError without a front end; TypeError or InputError for samples that are no sound
   */
  features(samples: Int16Array | Float32Array): Features {
    return this.#openFrontEnd().features(samples);
  }

  /** What `tympan inspect` prints, as plain JSON. */
  summary(): ModelSummary {
    return summarize(this, this.#analysis, this.#session, this.#window, this.#arena.byteLength);
  }

  /** The front end's tables are made once, and lie in the model's memory. */
  #openFrontEnd(): FrontEnd {
    const recipe = required(this.metadata, 'frontend');
    return (this.#frontEnd ??= new this.#parts!.FrontEnd(recipe, this.#arena));
  }
}

/**
 * Reads, checks, quantizes and plans a model.
 *
 * @param source an ONNX file: its path (in Node) or URL, a Response, or its bytes
 * @throws InputError when it can't be read; ModelFormatError when it is no ONNX model; UnsupportedModelError, naming the node,
 *   for what can't be run; MetadataError for a wrong contract
 */
export async function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  const { precision = 'int8' } = options;
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`"${unknown}" is no option of loadModel; options are ${OPTIONS.join(', ')}`);
  if (precision !== 'int8' && precision !== 'f32')
    throw new RangeError(`precision: got "${precision}", expected "int8" or "f32"`);
  const imported = await importModel(source, precision);
  const metadata = await parseContract(imported.metadata, options);
  const { network, toolbox } = imported;
  const { frontend, streaming: asked = {} } = metadata;
  const analysis = analyze(network, toolbox, asked, frontend && featureSize(frontend));
  const streaming = resolveStreaming(analysis, asked);
  const isStateful = streaming.mode === 'stateful' && analysis.frames;
  return new Model(imported, metadata, precision, {
    analysis,
    streaming,
    hearing: frontend && (await import('./hearing/index.js')),
    engines: isStateful ? undefined : await import('./inference/window-engine.js'),
    gates: await gatesFor(network),
  });
}
