/** What a model that hears needs: loaded with such a model, and not before. */
export { modelSettings, withOptions } from '../detection/settings.js';
export { FrontEnd, warningsOf } from '../features/front-end.js';
export { checkOptions, checkSettings, Detector, type DetectorOptions } from './detector.js';
export { planOf, type DetectorPlan } from './plan.js';
export { Spotter } from './spotter.js';
