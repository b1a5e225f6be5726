import { PlacedFrontEnd } from '../features/placed-front-end.js';
import type { FeatureStream } from '../features/feature-stream.js';
import { FrameEngine } from '../inference/frame-engine.js';
import { Session } from '../inference/session.js';
import { Stream } from '../inference/stream.js';
import type { Arena } from '../kernels/arena.js';
import type { Part } from './hearing.js';
import type { DetectorPlan } from './plan.js';
import { Spotter, type Sink } from './spotter.js';

/**
 * Brings plans into one memory: the network of each, and every front end once.
 *
 * @param sinkOf who is told what the model of that place hears
 * @throws RangeError when a plan reaches outside its own regions
 */
export function openPlans(plans: readonly DetectorPlan[], arena: Arena, sinkOf: (model: number) => Sink): Part[] {
  const streams = new Map<string, FeatureStream>();
  return plans.map(({ recipe, frontEnd, network, answer }, model) => {
    const key = JSON.stringify(recipe);
    const features = streams.get(key) ?? new PlacedFrontEnd(frontEnd, arena).open();
    streams.set(key, features);
    const stream = new Stream(new FrameEngine(new Session(network, arena, {})));
    return { recipe, features, spotter: new Spotter(stream, answer, features.period), sink: sinkOf(model) };
  });
}
