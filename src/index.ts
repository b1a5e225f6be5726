/**
 * The public surface of Tympan: runs the same in Node, browsers and workers. Microphones and files are in `tympan/node`,
 * pages have `tympan/browser`.
 *
 * @module tympan
 */
export { annotate, type Annotations } from './annotate.js';
export type { Contract, ContractOptions } from './contract.js';
export type { Around, Clip } from './hearing/clips.js';
export type { Detector, DetectorOptions } from './hearing/detector.js';
export type { Detection } from './hearing/ear.js';
export type { WithAudio } from './hearing/heard-events.js';
export type { ListenOptions } from './hearing/listen.js';
export type { Source } from './hearing/source.js';
export type { DetectorPlan } from './hearing/plan.js';
export type { DetectionDefaults, DetectionOptions, DetectionSettings, KeywordSettings } from './detection/settings.js';
export {
  AudioError,
  InputError,
  MetadataError,
  ModelFormatError,
  TympanError,
  UnsupportedModelError,
} from './errors.js';
export { completeRecipe, loadFrontEnd, presetNames } from './front-end.js';
export type { FeatureStream } from './features/feature-stream.js';
export type { Features, FrontEnd } from './features/front-end.js';
export { featureSize, featureSpan } from './features/recipe.js';
export type { MicrofrontendRecipe, PresetName, Recipe, RecipeOptions, SpectralRecipe } from './features/recipe.js';
export type { LayerSummary } from './inference/layer-summary.js';
export type { RunOptions, Tensor, TensorData } from './inference/run.js';
export type { OutputSlot, Stream } from './inference/stream.js';
export type { Slot } from './streaming/slots.js';
export type { Precision } from './kernels/layout.js';
export { loadModel, type LoadOptions, type Model } from './load.js';
export type { JsonObject, Labels } from './model/metadata.js';
export type {
  Activation,
  Constant,
  ElementType,
  Network,
  Numbers,
  Operation,
  Port,
  TensorType,
  ValueId,
} from './model/network.js';
export type { ModelSource } from './source.js';
export type { StreamingOptions, StreamingSettings } from './streaming/settings.js';
export type { ModelSummary, TensorSummary } from './summary.js';
