import { PlacedFrontEnd } from '../features/placed-front-end.js';
import type { FeatureStream } from '../features/feature-stream.js';
import type { OpenNetwork } from '../inference/open-network.js';
import { Stream } from '../inference/stream.js';
import type { Arena } from '../kernels/arena.js';
import type { Part } from './hearing.js';
import type { DetectorPlan } from './plan.js';
import { Spotter, type Sink } from './spotter.js';
import { verifyAnswer } from './verify-answer.js';

/**
 * Brings plans into one memory: the network of each, and every front end once.
 *
 * @param openNetwork decides which networks can be run
 * @param sinkOf who is told what the model of that place hears
 * @throws RangeError when a plan reaches outside its own regions, or its parts don't fit each other
 */
export function openPlans(
  plans: readonly DetectorPlan[],
  arena: Arena,
  openNetwork: OpenNetwork,
  sinkOf: (model: number) => Sink,
): Part[] {
  const streams = new Map<string, FeatureStream>();
  return plans.map(({ recipe, frontEnd, network, answer }, model) => {
    const key = JSON.stringify(recipe);
    const features = streams.get(key) ?? new PlacedFrontEnd(frontEnd, arena).open();
    streams.set(key, features);
    const stream = new Stream(openNetwork(network, arena));
    verifyAnswer(answer, stream, features.size);
    return { recipe, features, spotter: new Spotter(stream, answer, features.period), sink: sinkOf(model) };
  });
}
