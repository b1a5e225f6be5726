import { isMicrofrontend, type Recipe } from './recipe.js';

/** Where the frames of a signal lie. Samples are counted from its start; what lies beyond its ends is padding. */
export interface Framing {
  readonly kind: 'whole' | 'padded' | 'centred' | 'rounded';
  readonly padding: 'zeros' | 'reflect' | 'symmetric';
  readonly hopLength: number;
  readonly frameLength: number;
  /** Samples that the originals count a frame as: those of the transform where the window lies in their middle. */
  readonly span: number;
  /** Frame t begins at sample t·hopLength − before; below 0 where "rounded" frames are apart. */
  readonly before: number;
  /** Samples of the signal that the first frame waits for, those among them that only its mirrored start needs. */
  readonly first: number;
  /** Samples before a frame that are kept with it, to mirror the end of a clip; a multiple of 4. */
  readonly history: number;
  /** Samples of a frame and what the first one may wait for beyond it. */
  readonly room: number;
  /** Of x[n] − preEmphasis·x[n − 1] over the signal, before it is cut and padded; 0 where it is done frame by frame. */
  readonly preEmphasis: number;
}

/** The place of frames of `recipe`. */
export function framingOf(recipe: Recipe): Framing {
  const { windowLength, hopLength } = recipe;
  if (isMicrofrontend(recipe)) return placed('whole', 'zeros', hopLength, windowLength, windowLength, 0);
  const { framing, padding, fftSize, preEmphasis, preEmphasisOver } = recipe;
  const overSignal = preEmphasisOver === 'signal' ? preEmphasis : 0;
  const [kind, frameLength] = framing === 'uncentred' ? (['whole', fftSize] as const) : [framing, windowLength];
  const span = framing === 'centred' ? fftSize : frameLength;
  return placed(kind, padding, hopLength, frameLength, span, overSignal);
}

function placed(
  kind: Framing['kind'],
  padding: Framing['padding'],
  hopLength: number,
  frameLength: number,
  span: number,
  preEmphasis: number,
): Framing {
  const half = Math.floor(hopLength / 2);
  const before =
    kind === 'centred'
      ? Math.floor(span / 2) - Math.floor((span - frameLength) / 2)
      : kind === 'rounded'
        ? Math.floor(frameLength / 2) - half
        : 0;
  // Of a mirrored end, what is furthest from it, and of a mirrored start too; "reflect" leaves the edge itself out.
  const edge = padding === 'reflect' ? 1 : 0;
  const isMirrored = padding !== 'zeros';
  const inLast = kind === 'centred' ? before + (span % 2) : before + hopLength - half; // samples of the signal, at least
  const mirrored = isMirrored ? frameLength - 2 * inLast + edge : 0;
  const first = Math.max(frameLength - before, isMirrored ? before + edge : 0);
  const history = Math.ceil(Math.max(0, mirrored) / 4) * 4;
  return { kind, padding, hopLength, frameLength, span, before, first, history, room: before + first, preEmphasis };
}

/** Frames of a signal of `samples` samples, 0 or more. */
export function frameCount({ kind, hopLength, frameLength, span }: Framing, samples: number): number {
  if (samples === 0) return 0;
  switch (kind) {
    case 'whole':
      return Math.max(0, Math.floor((samples - frameLength) / hopLength) + 1);
    case 'padded':
      return 1 + Math.max(0, Math.ceil((samples - frameLength) / hopLength));
    case 'centred':
      return 1 + Math.floor((samples - (span % 2)) / hopLength);
    case 'rounded':
      return Math.floor((samples + Math.floor(hopLength / 2)) / hopLength);
  }
}
