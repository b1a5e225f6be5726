/**
 * A line chart as data, for the page's script to draw. Positions are those on its axes: logarithms on a logarithmic
 * one.
 */
import { logit } from '../evaluation/sweep.js';
import { html, json, type Content, type Markup } from './html.js';
import { decimals } from './words.js';

export interface Chart {
  /** What it shows, for who can't see it. */
  readonly label: string;
  readonly height: number; // CSS pixels of the plot and its axes
  readonly x: Axis;
  readonly y: Axis;
  /** Rising, or even steps. */
  readonly xs: readonly number[] | Steps;
  readonly lines: readonly Line[];
  readonly marks: readonly Mark[];
}

export interface Steps {
  readonly first: number;
  readonly step: number;
}

export interface Axis {
  readonly title: string;
  /** How a value became a position: itself, its square root, its decimal logarithm, or ln(p / (1 − p)). */
  readonly scale: 'linear' | 'root' | 'log' | 'logit';
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly (readonly [position: number, label: string])[];
  /** Behind a value: " %". */
  readonly unit: string;
  /** Where a logarithmic axis shows zero. */
  readonly zero?: number;
}

export interface Line {
  readonly name: string;
  readonly ys: readonly (number | null)[]; // one an x; null is passed over
  readonly hue: number; // of the palette, from 0
  readonly dash: number; // 0: a full line
  /** Holds a value until the next. */
  readonly stepped?: boolean;
}

export type Mark =
  | { readonly kind: 'point'; readonly x: number; readonly y: number; readonly hue: number; readonly box?: Box }
  | { readonly kind: 'level'; readonly y: number; readonly text: string }
  | { readonly kind: 'bound'; readonly x: number; readonly text: string; readonly side: 'left' | 'right' }
  | { readonly kind: 'span'; readonly from: number; readonly to: number; readonly text: string };

type Box = readonly [left: number, right: number, bottom: number, top: number];

/** Decimals of a position that a screen can show. */
const DIGITS = 1e3;

/** @param caption what stands below; without one, the chart has no names for its lines either */
export function figure(chart: Chart, caption?: Content): Markup {
  const short = JSON.parse(JSON.stringify(chart), (_, value) => (typeof value === 'number' ? round(value) : value));
  return html`<figure class="chart">
    <div class="plot" role="img" aria-label="${chart.label}"></div>
    <script type="application/json">
      ${json(short)}
    </script>
    ${
      caption &&
      html`<div class="legend"></div>
        <noscript><p class="note">The chart needs JavaScript; its figures are in the tables.</p></noscript>
        <figcaption>${caption}</figcaption>`
    }
  </figure> `;
}

const round = (value: number) => Math.round(value * DIGITS) / DIGITS;

/** Values from 0 to `max`, in about five even steps. */
export function linearAxis(title: string, max: number, unit: string): Axis {
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks: [number, string][] = [];
  for (let k = 0; k * step <= max * (1 + 1e-9); k++) ticks.push([k * step, `${decimals(k * step)}${unit}`]);
  return { title, scale: 'linear', min: 0, max, ticks, unit };
}

/** Labelled where there is room. */
const SHARES = [0, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 70, 100];
const MOST_TICKS = 11;

/**
 * Per cents from 0 to `max` by their square roots: the few misses of a good detector are told apart, and those of a
 * bad one fit.
 */
export function rootAxis(title: string, max: number): Axis {
  const end = Math.sqrt(max);
  const ticks: [number, string][] = [];
  for (const share of SHARES) {
    const position = Math.sqrt(share);
    if (position <= end && position >= (ticks.at(-1)?.[0] ?? -end) + end / MOST_TICKS)
      ticks.push([position, `${share} %`]);
  }
  return { title, scale: 'root', min: 0, max: end, ticks, unit: ' %' };
}

/** Half a decade for zero, which has no logarithm, lies left of the smallest value that is not zero. */
const ZERO_WIDTH = 0.5;

/**
 * Rates an hour from none, at the marked edge, to `max`.
 *
 * @param smallest the least above zero that is shown: one alarm in all of the hours
 */
export function rateAxis(title: string, smallest: number, max: number): Axis {
  const first = Math.log10(smallest);
  const zero = first - ZERO_WIDTH;
  const last = Math.max(Math.log10(max), first + ZERO_WIDTH);
  const ticks: [number, string][] = [[zero, 'none']];
  const factors = last - first > 2 ? [1] : [1, 2, 5];
  for (let decade = Math.floor(first); decade <= last; decade++)
    for (const factor of factors) {
      const position = decade + Math.log10(factor);
      if (position >= first - 1e-9 && position <= last + 1e-9) ticks.push([position, decimals(factor * 10 ** decade)]);
    }
  return { title, scale: 'log', min: zero, max: last, ticks, unit: '', zero };
}

/** The position of a rate on `rateAxis`. */
export function ratePosition(rate: number, { zero = 0 }: Axis): number {
  return rate > 0 ? Math.max(zero, Math.log10(rate)) : zero;
}

const THRESHOLDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.998, 0.999, 0.9999];

/** Thresholds, as their logits: what a sigmoid's answers are spread out on. Both ends stand for what lies beyond. */
export function thresholdAxis(title: string): Axis {
  const ticks = THRESHOLDS.map((threshold) => [logit(threshold), String(threshold)] as const);
  const [min, max] = [ticks[0][0], ticks[ticks.length - 1][0]];
  return { title, scale: 'logit', min, max, ticks, unit: '' };
}

/** The position of a threshold on `thresholdAxis`. */
export function thresholdPosition(threshold: number, { min, max }: Axis): number {
  return Math.min(max, Math.max(min, logit(threshold)));
}
