/** Silence before a recording that is heard alone. */
import { LEAD } from '../../evaluation/arrangement.js';
import type { Model } from '../../index.js';

/** Seconds: a model on windows first answers when a window is full, which is to be before a clip's first sample. */
export function leadOf({ streaming, metadata }: Model): number {
  const { windowLength, hopLength, sampleRate } = metadata.frontend!;
  const window = streaming.mode === 'windowed' ? (streaming.windowFrames - 1) * hopLength + windowLength : 0;
  return Math.max(LEAD, window / sampleRate);
}
