/**
 * The public surface of Tympan: runs the same in Node, browsers and workers. Microphones and files are in `tympan/node`.
 */
export type { Contract, ContractOptions } from './contract.js';
export type { Detection, Detector, DetectorOptions } from './detector.js';
export type { DetectionDefaults, DetectionOptions, DetectionSettings } from './detection/settings.js';
export {
  AudioError,
  InputError,
  MetadataError,
  ModelFormatError,
  TympanError,
  UnsupportedModelError,
} from './errors.js';
export type { Recipe } from './features/recipe.js';
export type { Tensor } from './inference/run.js';
export type { Stream } from './inference/stream.js';
export type { Precision } from './kernels/layout.js';
export { loadModel, type Features, type LoadOptions, type Model } from './load.js';
export type { JsonObject, Labels } from './model/metadata.js';
export type {
  ActivationLayer,
  Axis,
  AxisFactor,
  ConcatLayer,
  DenseLayer,
  GruLayer,
  Layer,
  Network,
  SliceLayer,
  SoftmaxLayer,
  TensorLayout,
  Value,
  ValueId,
} from './model/network.js';
export type { ModelSource } from './source.js';
export type { LayerSummary, ModelSummary } from './summary.js';
