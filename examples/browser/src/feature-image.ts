import type { Palette } from './palette.js';
import type { Plot, View } from './plot.js';
import type { Frame } from './record.js';

/** Standard deviations from the mean that the colours reach. */
const REACH = 2.5;
/** Columns: more are not seen, and canvases are limited. */
const MOST_COLUMNS = 4096;

/** Mean and spread of each feature since the start, as models' features have no common range. Welford's method. */
class Spread {
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(size: number) {
    this.#mean = new Float64Array(size);
    this.#squares = new Float64Array(size);
  }

  add(values: Float32Array): void {
    this.#count++;
    for (let i = 0; i < values.length; i++) {
      const difference = values[i] - this.#mean[i];
      this.#mean[i] += difference / this.#count;
      this.#squares[i] += difference * (values[i] - this.#mean[i]);
    }
  }

  /** 0 to 255, of a value of a feature. */
  shade(value: number, feature: number): number {
    const deviation = Math.sqrt(this.#squares[feature] / this.#count) || 1;
    const place = 0.5 + (value - this.#mean[feature]) / (2 * REACH * deviation);
    return Math.round(255 * Math.min(1, Math.max(0, place)));
  }
}

/** Features over time as an image: a column a frame, the first feature at the bottom. */
export class FeatureImage {
  readonly #image = document.createElement('canvas');
  #spread: Spread | undefined;
  #size = 0;

  /** Begins anew. */
  reset(): void {
    this.#spread = undefined;
  }

  /** Takes every frame, once. */
  add(values: Float32Array): void {
    if (!this.#spread || this.#size !== values.length) {
      this.#spread = new Spread(values.length);
      this.#size = values.length;
    }
    this.#spread.add(values);
  }

  /** @param hop seconds from one frame to the next */
  draw(plot: Plot, frames: readonly Frame[], view: View, hop: number, { image }: Palette): void {
    plot.clear();
    if (!this.#spread || frames.length === 0) return;
    const step = Math.ceil(frames.length / MOST_COLUMNS);
    const shown = frames.filter((_, i) => i % step === 0 && frames[i].values.length === this.#size);
    this.#paint(shown, image);
    const from = plot.x(frames[0].time - hop, view);
    const to = plot.x(frames[frames.length - 1].time, view);
    const { context } = plot;
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.#image, from, 0, to - from, plot.height);
  }

  #paint(frames: readonly Frame[], colours: Uint8ClampedArray): void {
    const canvas = this.#image;
    canvas.width = frames.length;
    canvas.height = this.#size;
    const context = canvas.getContext('2d')!;
    const pixels = context.createImageData(frames.length, this.#size);
    frames.forEach(({ values }, column) => {
      for (let feature = 0; feature < values.length; feature++) {
        const at = 4 * ((this.#size - 1 - feature) * frames.length + column);
        const shade = 3 * this.#spread!.shade(values[feature], feature);
        for (let c = 0; c < 3; c++) pixels.data[at + c] = colours[shade + c];
        pixels.data[at + 3] = 255;
      }
    });
    context.putImageData(pixels, 0, 0);
  }
}
