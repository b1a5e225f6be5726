import { isMicrofrontend, type Recipe } from './recipe.js';

/** Where the frames of a signal lie. Samples are counted from its start; what lies beyond its ends is padding. */
export interface Framing {
  readonly kind: 'whole' | 'padded' | 'centred' | 'rounded';
  readonly padding: 'zeros' | 'reflect' | 'symmetric';
  readonly hopLength: number;
  readonly frameLength: number;
  /** Frame t begins at sample t·hopLength − before; 0 or more. */
  readonly before: number;
  /** Samples before a frame that are kept with it, for pre-emphasis and to reflect the end of a clip; a multiple of 4. */
  readonly history: number;
}

/** The place of frames of `recipe`. */
export function framingOf(recipe: Recipe): Framing {
  const { windowLength: frameLength, hopLength } = recipe;
  if (isMicrofrontend(recipe))
    return { kind: 'whole', padding: 'zeros', hopLength, frameLength, before: 0, history: 0 };
  const { framing: kind, padding, fftSize, preEmphasis, removeDc, energy } = recipe;
  const before =
    kind === 'centred'
      ? Math.floor(fftSize / 2) - Math.floor((fftSize - frameLength) / 2)
      : kind === 'rounded'
        ? Math.floor(frameLength / 2) - Math.floor(hopLength / 2)
        : 0;
  // The last frame reaches `frameLength − before` samples beyond the end at most, and "reflect" leaves the edge itself out.
  const mirrored = padding === 'zeros' ? 0 : frameLength - before + 1 - (frameLength - hopLength);
  const kept = Math.max(0, mirrored, preEmphasis > 0 || removeDc || energy === 'samples' ? 4 : 0);
  return { kind, padding, hopLength, frameLength, before, history: Math.ceil(kept / 4) * 4 };
}

/** Frames of a signal of `samples` samples, 0 or more. */
export function frameCount({ kind, hopLength, frameLength }: Framing, samples: number): number {
  switch (kind) {
    case 'whole':
      return Math.max(0, Math.floor((samples - frameLength) / hopLength) + 1);
    case 'padded':
      return samples === 0 ? 0 : 1 + Math.max(0, Math.ceil((samples - frameLength) / hopLength));
    case 'centred':
      return samples === 0 ? 0 : 1 + Math.floor(samples / hopLength);
    case 'rounded':
      return Math.floor((samples + Math.floor(hopLength / 2)) / hopLength);
  }
}
