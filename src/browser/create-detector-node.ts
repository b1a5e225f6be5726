import type { Around } from '../hearing/clips.js';
import type { DetectorPlan } from '../hearing/plan.js';
import { kernelBytes } from '../kernels/embedded.js';
import type { Model } from '../load.js';
import { FULL_PROCESSOR, PROCESSOR, type WorkletOptions } from '../worklet/protocol.js';
import { unlessAborted } from './abort.js';
import { DetectorNode, type DetectorNodeOptions } from './detector-node.js';
import { checkNodeOptions } from './options.js';
import { plansOf } from './plans.js';
import type { Wake } from './wake.js';
import { loadWorklet, unavailable, type Needs } from './worklet-module.js';

/**
 * Models on the audio thread of a page's own audio graph: of a microphone, of an audio element, or of an OfflineAudioContext, which
 * hears a recording many times as fast. `listen` does all that a microphone needs.
 *
 * @param models of `loadModel`; features are computed once where front ends agree
 * @throws TypeError, RangeError for wrong options, MetadataError for a model without a front end or labels; MicrophoneError
 *   `no-audio-worklet`, `worklet-unavailable` or `error`; the signal's reason: as rejections
 * @example
 * const detector = await createDetectorNode(context, model, { onWake: ({ keyword, time }) => show(keyword, time) });
 * context.createMediaElementSource(audio).connect(detector.node);
 */
export async function createDetectorNode(
  context: BaseAudioContext,
  models: Model | readonly Model[],
  options: DetectorNodeOptions<Required<Wake>> & { readonly audio: Around },
): Promise<DetectorNode>;
export async function createDetectorNode(
  context: BaseAudioContext,
  models: Model | readonly Model[],
  options?: DetectorNodeOptions,
): Promise<DetectorNode>;
export async function createDetectorNode(
  context: BaseAudioContext,
  models: Model | readonly Model[],
  options: DetectorNodeOptions = {},
): Promise<DetectorNode> {
  checkNodeOptions(options);
  return openDetectorNode(context, plansOf(models, options), options);
}

/** `createDetectorNode`, where the options are checked. */
export async function openDetectorNode(
  context: BaseAudioContext,
  plans: readonly DetectorPlan[],
  options: DetectorNodeOptions,
): Promise<DetectorNode> {
  const { signal } = options;
  signal?.throwIfAborted();
  const needs = plans.some((plan) => plan.needs === 'operators') ? 'operators' : 'kernels';
  const url = await unlessAborted(loadWorklet(context, needs, options.workletUrl), signal);
  const detector = new DetectorNode(construct(context, plans, options, needs, url), plans, options);
  try {
    await unlessAborted(detector.ready, signal);
    return detector;
  } catch (error) {
    void detector.close();
    throw error;
  }
}

function construct(
  context: BaseAudioContext,
  plans: readonly DetectorPlan[],
  options: DetectorNodeOptions,
  needs: Needs,
  url: URL,
): AudioWorkletNode {
  const { onPosteriors, onFeatures, onLevel, audio } = options;
  const processorOptions: WorkletOptions = {
    kernels: kernelBytes(),
    plans,
    watch: { posteriors: !!onPosteriors, features: !!onFeatures, levels: !!onLevel },
    ...(audio && { audio: { before: audio.before, after: audio.after } }),
  };
  // A page may serve the full worklet for all of its models.
  const names = needs === 'kernels' ? [PROCESSOR, FULL_PROCESSOR] : [FULL_PROCESSOR];
  let cause: unknown;
  for (const name of names) {
    try {
      return new AudioWorkletNode(context, name, {
        numberOfInputs: 1,
        numberOfOutputs: 0, // is rendered all the same: Chromium, Firefox and WebKit were asked
        channelCount: 1,
        channelCountMode: 'explicit',
        processorOptions,
      });
    } catch (error) {
      if ((error as Error).name !== 'InvalidStateError') throw error;
      cause = error;
    }
  }
  throw unavailable(
    needs,
    url.href,
    `has not registered ${names.join(' or ')}: it is another file, or has failed`,
    cause,
  );
}
