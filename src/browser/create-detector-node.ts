import type { DetectorPlan } from '../hearing/plan.js';
import { kernelBytes } from '../kernels/embedded.js';
import type { Model } from '../load.js';
import { PROCESSOR, type WorkletOptions } from '../worklet/protocol.js';
import { unlessAborted } from './abort.js';
import { DetectorNode, type DetectorNodeOptions } from './detector-node.js';
import { checkNodeOptions } from './options.js';
import { plansOf } from './plans.js';
import { loadWorklet, unavailable } from './worklet-module.js';

/**
 * Models on the audio thread of a page's own audio graph: of a microphone, of an audio element, or of an OfflineAudioContext, which
 * hears a recording many times as fast. `listen` does all that a microphone needs.
 *
 * @param models of `loadModel`; features are computed once where front ends agree
 * @throws TypeError, RangeError for wrong options, UnsupportedModelError for a model that kernels alone can't run; MicrophoneError
 *   `no-audio-worklet`, `worklet-unavailable` or `error`; the signal's reason: as rejections
 * @example
 * const detector = await createDetectorNode(context, model, { onWake: ({ keyword, time }) => show(keyword, time) });
 * context.createMediaElementSource(audio).connect(detector.node);
 */
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
  const url = await unlessAborted(loadWorklet(context, options.workletUrl), signal);
  const detector = new DetectorNode(construct(context, plans, options, url), plans, options);
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
  url: URL,
): AudioWorkletNode {
  const { onPosteriors, onFeatures, onLevel, audio } = options;
  const processorOptions: WorkletOptions = {
    kernels: kernelBytes(),
    plans,
    watch: { posteriors: !!onPosteriors, features: !!onFeatures, levels: !!onLevel },
    ...(audio && { audio: { before: audio.before, after: audio.after } }),
  };
  try {
    return new AudioWorkletNode(context, PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 0, // is rendered all the same: Chromium, Firefox and WebKit were asked
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions,
    });
  } catch (error) {
    if ((error as Error).name !== 'InvalidStateError') throw error;
    throw unavailable(url.href, `has not registered "${PROCESSOR}": it is another file, or has failed`, error);
  }
}
