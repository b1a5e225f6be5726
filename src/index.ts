/**
 * The public surface of Tympan: runs the same in Node, browsers and workers. Microphones and files are in `tympan/node`.
 */
export { Detector, type Detection, type DetectorOptions } from './detector.js';
export type { DetectionOptions, DetectionSettings } from './detection/settings.js';
export { AudioError, InputError, MetadataError, ModelFormatError, TympanError, UnsupportedModelError } from './errors.js';
export type { Recipe } from './features/recipe.js';
export type { Tensor } from './inference/run.js';
export type { Stream } from './inference/session.js';
export type { Precision } from './kernels/layout.js';
export { loadModel, Model, type Features, type LoadOptions } from './load.js';
export type { Labels, Metadata } from './model/metadata.js';
export type { Layer, Network } from './model/network.js';
export type { LayerSummary, ModelSummary } from './summary.js';
