import { element } from './dom.js';
import { FeatureImage } from './feature-image.js';
import type { OpenModel } from './model.js';
import { onPaletteChange, readPalette } from './palette.js';
import { Plot, type View } from './plot.js';
import { drawPosteriors } from './posterior-plot.js';
import { between, SoundRecord } from './record.js';
import { drawWaveform } from './waveform.js';
import { clock, percent } from './words.js';
import type { Level, Wake } from 'tympan/browser';

/** Seconds of a live timeline. */
const SPAN = 10;
/** Milliseconds from one text alternative to the next. */
const TOLD_EVERY = 1000;

const stillness = matchMedia('(prefers-reduced-motion: reduce)');

/** Sound, features and posteriors above each other, on one axis of time. */
export class Timeline {
  readonly #waveform = this.#plot('#waveform');
  readonly #features = this.#plot('#features');
  readonly #posteriors = this.#plot('#posteriors');
  readonly #image = new FeatureImage();
  #palette = readPalette();
  #record = new SoundRecord(SPAN);
  /** Seconds of a recording; null while listening. */
  #duration: number | null = null;
  #model: OpenModel | undefined;
  #thresholds: Readonly<Record<string, number>> = {};
  #isDue = false;
  #toldAt = 0;

  constructor() {
    onPaletteChange(() => {
      this.#palette = readPalette();
      this.#redraw();
    });
  }

  /**
   * Shows another sound from now on.
   *
   * @param duration seconds of a recording, which is shown whole; null for a microphone, of which the last seconds are
   */
  begin(model: OpenModel, duration: number | null): void {
    this.#model = model;
    this.#duration = duration;
    this.#record = new SoundRecord(duration === null ? SPAN + 1 : Infinity);
    this.#image.reset();
    this.#toldAt = 0;
    this.#redraw();
  }

  set thresholds(thresholds: Readonly<Record<string, number>>) {
    this.#thresholds = thresholds;
    this.#redraw();
  }

  addLevel(level: Level): void {
    this.#record.addLevel(level);
    this.#redraw();
  }

  addFeatures(values: Float32Array, time: number): void {
    this.#record.addFeatures(values, time);
    this.#image.add(values);
    this.#redraw();
  }

  addPosteriors(values: Float32Array, time: number): void {
    this.#record.addPosteriors(values, time);
    this.#redraw();
  }

  addWake(wake: Wake): void {
    this.#record.addWake(wake);
    this.#redraw();
  }

  #plot(selector: string): Plot {
    return new Plot(element(selector, HTMLCanvasElement), () => this.#redraw());
  }

  /** Draws once before the screen is next painted, however much has come until then. */
  #redraw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  get #view(): View {
    if (this.#duration !== null) return { from: 0, to: this.#duration };
    const { time } = this.#record;
    // For readers who want no motion, a page is filled from left to right, and then the next.
    const from = stillness.matches ? Math.floor(time / SPAN) * SPAN : Math.max(0, time - SPAN);
    return { from, to: from + SPAN };
  }

  #draw(): void {
    const model = this.#model;
    if (!model) return;
    const view = this.#view;
    const { from, to } = view;
    const palette = this.#palette;
    const { levels, levelPeriod, features, posteriors, wakes } = this.#record;
    drawWaveform(this.#waveform, between(levels, from, to), view, levelPeriod, palette);
    this.#image.draw(this.#features, between(features, from, to), view, model.hop, palette);
    const answers = { ...model, frames: between(posteriors, from, to), wakes, thresholds: this.#thresholds };
    drawPosteriors(this.#posteriors, answers, view, palette);
    for (const { time } of wakes)
      for (const plot of [this.#waveform, this.#features])
        plot.line(plot.x(time, view), 0, plot.x(time, view), plot.height, palette.ink, [2, 3]);
    this.#tell(view);
  }

  /** Says in words what is drawn. */
  #tell(view: View): void {
    const now = performance.now();
    if (now - this.#toldAt < TOLD_EVERY && this.#duration === null) return;
    this.#toldAt = now;
    const { levels, features, posteriors, wakes } = this.#record;
    const where = `from ${clock(view.from)} to ${clock(Math.min(view.to, this.#record.time))}`;
    const peak = Math.max(0, ...between(levels, view.from, view.to).map((level) => level.peak));
    this.#label(this.#waveform, levels, `Waveform ${where}, peak ${percent(peak)} of full scale`);
    this.#label(this.#features, features, `Features ${where}, ${features[0]?.values.length} a frame, lowest first`);
    const heard = wakes.map(({ keyword, time }) => `${keyword} at ${clock(time)}`);
    const greatest = this.#model!.keywords.map(({ name, label }) => {
      const most = between(posteriors, view.from, view.to).reduce(
        (most, { values }) => Math.max(most, values[label]),
        0,
      );
      return `${name} up to ${percent(most)}`;
    });
    const parts = [
      `Posterior ${where}: ${greatest.join(', ')}`,
      ...(heard.length > 0 ? [`heard ${heard.join(', ')}`] : []),
    ];
    this.#label(this.#posteriors, posteriors, parts.join('; '));
  }

  #label({ canvas }: Plot, entries: readonly unknown[], text: string): void {
    canvas.setAttribute('aria-label', entries.length > 0 ? text : 'Nothing heard yet');
  }
}
