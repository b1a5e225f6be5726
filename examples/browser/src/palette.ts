/** Colours of the style sheet, for canvases. */
export interface Palette {
  readonly ink: string;
  readonly faint: string;
  readonly grid: string;
  readonly accent: string;
  readonly soft: string;
  readonly keywords: readonly string[];
  /** [256 × 3], from the least value to the greatest. */
  readonly image: Uint8ClampedArray;
}

/** Of keywords; further ones begin anew. */
export const COLOURS = 4;
const STOPS = ['--image-low', '--image-middle', '--image-high'];

/** Light or dark, by what the reader prefers now. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: colour('--ink'),
    faint: colour('--faint'),
    grid: colour('--grid'),
    accent: colour('--accent'),
    soft: colour('--accent-soft'),
    keywords: Array.from({ length: COLOURS }, (_, i) => colour(`--keyword-${i}`)),
    image: ramp(STOPS.map((name) => rgbOf(colour(name)))),
  };
}

/** Calls back when the reader's preference changes. */
export function onPaletteChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** @param hex "#rrggbb" */
function rgbOf(hex: string): readonly number[] {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Colours between the stops, evenly spaced. */
function ramp(stops: readonly (readonly number[])[]): Uint8ClampedArray {
  const colours = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (stops.length - 1);
    const stop = Math.min(Math.floor(place), stops.length - 2);
    for (let c = 0; c < 3; c++)
      colours[3 * i + c] = stops[stop][c] + (place - stop) * (stops[stop + 1][c] - stops[stop][c]);
  }
  return colours;
}
