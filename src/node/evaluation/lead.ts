/** Silence before a recording that is heard alone. */
import { LEAD } from '../../evaluation/arrangement.js';
import { featureSpan, type Model } from '../../index.js';

/** Seconds: a model on windows first answers when a window is full, which is to be before a clip's first sample. */
export function leadOf({ streaming, metadata }: Model): number {
  if (streaming.mode !== 'windowed') return LEAD;
  const recipe = metadata.frontend!;
  const { hopLength, stackStride, sampleRate } = recipe;
  const window = (streaming.windowFrames - 1) * hopLength * stackStride + featureSpan(recipe);
  return Math.max(LEAD, window / sampleRate);
}
