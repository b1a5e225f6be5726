import type { Wake } from 'tympan/browser';
import type { Keyword } from './model.js';
import type { Palette } from './palette.js';
import type { Plot, View } from './plot.js';
import type { Frame } from './record.js';

/** CSS pixels: above for names of events, below for the times. */
const TOP = 18;
const BOTTOM = 20;
/** Between names of events, at least. */
const NAME_GAP = 6;
const FONT = '12px system-ui, sans-serif';

/** What the posterior plot shows. */
export interface Answers {
  readonly frames: readonly Frame[];
  readonly wakes: readonly Wake[];
  readonly keywords: readonly Keyword[];
  /** By keyword, 0 to 1. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** Seconds from one answer to the next. */
  readonly period: number;
}

/** Posteriors over time: every answer thin, the average that decides bold, thresholds dashed, events as dots. */
export function drawPosteriors(plot: Plot, answers: Answers, view: View, palette: Palette): void {
  plot.clear();
  const y = (posterior: number): number => plot.height - BOTTOM - posterior * (plot.height - TOP - BOTTOM);
  for (const part of [0, 0.5, 1]) plot.line(0, y(part), plot.width, y(part), palette.grid);
  drawParts(plot, y, palette);
  drawTimes(plot, view, y(0), palette);
  answers.keywords.forEach((keyword, i) => {
    const colour = palette.keywords[i % palette.keywords.length];
    const raw = answers.frames.map(({ time, values }) => ({ x: plot.x(time, view), y: y(values[keyword.label]) }));
    const means = averages(answers.frames, keyword, answers.period);
    const mean = raw.map(({ x }, frame) => ({ x, y: y(means[frame]) }));
    if (answers.keywords.length === 1) fill(plot.context, mean, y(0), palette.soft);
    stroke(plot.context, raw, colour, 0.5, 1);
    stroke(plot.context, mean, colour, 1, 2);
    const threshold = y(answers.thresholds[keyword.name] ?? keyword.threshold);
    plot.line(0, threshold, plot.width, threshold, answers.keywords.length === 1 ? palette.ink : colour, [5, 4]);
  });
  drawWakes(plot, answers, view, y, palette);
}

/** The mean of the answers that `smoothing` covers, as the detector takes it. */
function averages(frames: readonly Frame[], { label, smoothing }: Keyword, period: number): number[] {
  const count = Math.max(1, Math.round(smoothing / 1000 / period));
  return frames.map((_, i) => {
    const heard = frames.slice(Math.max(0, i + 1 - count), i + 1);
    return heard.reduce((sum, { values }) => sum + values[label], 0) / heard.length;
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function trace(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  context.beginPath();
  for (const { x, y } of points) context.lineTo(x, y);
}

function stroke(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  colour: string,
  alpha: number,
  width: number,
): void {
  trace(context, points);
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = 'round';
  context.stroke();
  context.globalAlpha = 1;
}

function fill(context: CanvasRenderingContext2D, points: readonly Point[], ground: number, colour: string): void {
  if (points.length === 0) return;
  trace(context, points);
  context.lineTo(points[points.length - 1].x, ground);
  context.lineTo(points[0].x, ground);
  context.globalAlpha = 0.5;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}

function drawWakes(
  plot: Plot,
  { wakes, keywords }: Answers,
  view: View,
  y: (posterior: number) => number,
  palette: Palette,
): void {
  const { context } = plot;
  context.font = `600 ${FONT}`;
  let free = 16; // from where on a name fits: beside the 1 of the axis
  for (const { keyword, posterior, time } of wakes) {
    const x = plot.x(time, view);
    if (x < 0 || x > plot.width) continue;
    const place = keywords.findIndex(({ name }) => name === keyword);
    context.fillStyle = palette.keywords[Math.max(0, place) % palette.keywords.length];
    context.beginPath();
    context.arc(x, y(posterior), 5, 0, 2 * Math.PI);
    context.fill();
    const half = context.measureText(keyword).width / 2;
    const middle = Math.min(Math.max(x, half), plot.width - half);
    if (middle - half < free) continue;
    free = middle + half + NAME_GAP;
    context.textAlign = 'center';
    context.fillText(keyword, middle, TOP - 7);
  }
}

/** Labels of the axis that posteriors are read on. */
function drawParts({ context }: Plot, y: (posterior: number) => number, { faint }: Palette): void {
  context.font = FONT;
  context.fillStyle = faint;
  context.textAlign = 'left';
  for (const part of [0.5, 1]) context.fillText(String(part), 0, y(part) - 3);
}

const STEPS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
const LABEL = 72; // CSS pixels, between labels at least

function drawTimes(plot: Plot, view: View, ground: number, palette: Palette): void {
  const { context } = plot;
  const enough = ((view.to - view.from) * LABEL) / Math.max(1, plot.width);
  const step = STEPS.find((seconds) => seconds >= enough) ?? STEPS[STEPS.length - 1];
  context.font = FONT;
  context.fillStyle = palette.faint;
  for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
    const x = plot.x(time, view);
    plot.line(x, ground, x, ground + 4, palette.faint);
    const label = timeLabel(time);
    const half = context.measureText(label).width / 2;
    context.textAlign = 'center';
    if (x >= half && x <= plot.width - half) context.fillText(label, x, plot.height - 3);
    else if (x < half && time === 0) {
      context.textAlign = 'left';
      context.fillText(label, 0, plot.height - 3);
    }
  }
}

function timeLabel(time: number): string {
  if (time < 60) return `${time} s`;
  return `${Math.floor(time / 60)}:${String(time % 60).padStart(2, '0')}`;
}
