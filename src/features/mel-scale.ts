import { exp, ln } from '../arithmetic.js';
import type { SpectralRecipe } from './recipe.js';

/** A scale of pitch: both ways are exact to about 1e-15. */
export interface MelScale {
  readonly fromHertz: (hertz: number) => number;
  readonly toHertz: (mel: number) => number;
}

const LN10 = ln(10);

/** 2595·log10(1 + f / 700), which HTK's book has; programs that write it as 1127·ln(1 + f / 700) get the same filters. */
const HTK: MelScale = {
  fromHertz: (hertz) => (2595 / LN10) * ln(1 + hertz / 700),
  toHertz: (mel) => 700 * (exp((mel * LN10) / 2595) - 1),
};

/** Slaney's Auditory Toolbox (1998): 3 mel a 200 Hz up to 1 kHz, above it 27 a factor of 6.4. */
const BREAK = { hertz: 1000, mel: 15, perLn: 27 / ln(6.4) };
const SLANEY: MelScale = {
  fromHertz: (hertz) => (hertz < BREAK.hertz ? (3 * hertz) / 200 : BREAK.mel + BREAK.perLn * ln(hertz / BREAK.hertz)),
  toHertz: (mel) => (mel < BREAK.mel ? (200 * mel) / 3 : BREAK.hertz * exp((mel - BREAK.mel) / BREAK.perLn)),
};

export const MEL_SCALES: Readonly<Record<SpectralRecipe['melScale'], MelScale>> = { htk: HTK, slaney: SLANEY };
