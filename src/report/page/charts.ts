/** Runs in the page: draws every chart once it comes into view, and again when its width or the colours change. */
import type UPlot from 'uplot';
import type { Axis, Chart, Mark } from '../chart.js';

declare const uPlot: typeof UPlot;

/** Lengths of strokes and gaps in CSS pixels, by Line.dash. */
const DASHES = [[], [6, 4], [2, 3]];
const HUES = 7;
/** CSS pixels: of a letter of the axes' font on average, and between two labels. */
const LETTER = 6.5;
const BETWEEN = 8;

const drawn = new Map<HTMLElement, { plot: UPlot; width: number }>();
const scheme = matchMedia('(prefers-color-scheme: dark)');

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const hueOf = (hue: number) => colour(`hue-${hue % HUES}`);

function draw(figure: HTMLElement): void {
  const source = figure.querySelector('script');
  const place = figure.querySelector<HTMLElement>('.plot');
  const width = figure.clientWidth;
  if (!source || !place || width === 0) return;
  drawn.get(figure)?.plot.destroy();
  const legend = figure.querySelector<HTMLElement>('.legend');
  legend?.replaceChildren();
  const chart = JSON.parse(source.text) as Chart;
  const data: UPlot.AlignedData = [positionsOf(chart), ...chart.lines.map(({ ys }) => [...ys])];
  const plot = new uPlot(optionsOf(chart, width, legend), data, place);
  if (legend) makeLegendKeys(plot, legend);
  drawn.set(figure, { plot, width });
}

/** Of the values of every line. */
function positionsOf({ xs, lines }: Chart): number[] {
  return 'step' in xs ? lines[0].ys.map((_, k) => xs.first + k * xs.step) : [...xs];
}

function optionsOf(chart: Chart, width: number, legend: HTMLElement | null): UPlot.Options {
  const { x, y, lines, marks, height } = chart;
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    width,
    height,
    padding: [8, 22, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 6 } },
    scales: {
      x: { time: false, range: () => [x.min, x.max] },
      y: { range: () => [y.min, y.max] },
    },
    axes: [axisOptions(x, 30), axisOptions(y, 48)],
    series: [
      { label: x.title || 'time', value: (_, value) => shown(value, x) },
      ...lines.map(({ name, hue, dash, ys, stepped: holds }) => ({
        label: name,
        stroke: hueOf(hue),
        width: 2,
        dash: DASHES[dash % DASHES.length],
        spanGaps: true,
        points: { show: ys.length === 1 },
        paths: holds ? stepped : undefined,
        value: (_: UPlot, value: number | null) => shown(value, y),
      })),
    ],
    legend: {
      show: legend !== null,
      // Outside of the picture, which a screen reader takes as one.
      mount: (_, entries) => legend?.append(entries),
      markers: { dash: (_, i) => (lines[i - 1]?.dash ? 'dashed' : 'solid'), width: 3 },
    },
    hooks: {
      drawAxes: [(plot) => marks.filter(({ kind }) => kind === 'span').forEach((mark) => drawMark(plot, mark))],
      draw: [(plot) => marks.filter(({ kind }) => kind !== 'span').forEach((mark) => drawMark(plot, mark))],
    },
  };
}

/** @param size of the labels, across the axis: CSS pixels */
function axisOptions({ title, ticks }: Axis, size: number): UPlot.Axis {
  const style = { stroke: colour('grid'), width: 1 };
  return {
    label: title || undefined,
    stroke: colour('faint'),
    font: '12px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif',
    labelSize: 20,
    size,
    grid: style,
    ticks: { ...style, size: 4 },
    splits: () => ticks.map(([position]) => position),
    values: (plot, _, index) => (index === 0 ? spaced(ticks, plot) : ticks.map(([, label]) => label)),
  };
}

/** The labels that find room beside those before them; the others are left empty. */
function spaced(ticks: Axis['ticks'], plot: UPlot): string[] {
  let end = -Infinity;
  return ticks.map(([position, label]) => {
    const middle = plot.valToPos(position, 'x');
    const half = (label.length * LETTER) / 2;
    if (middle - half < end + BETWEEN) return '';
    end = middle + half;
    return label;
  });
}

/** A position of an axis as the value that it stands for. */
function shown(position: number | null, { scale, unit, zero }: Axis): string {
  if (position === null || position === undefined) return '';
  if (scale === 'log') return zero !== undefined && position <= zero + 1e-3 ? 'none' : significant(10 ** position);
  if (scale === 'logit') return (1 / (1 + Math.exp(-position))).toPrecision(3);
  return significant(scale === 'root' ? position ** 2 : position) + unit;
}

const significant = (value: number) => String(Number(value.toPrecision(3)));

function drawMark({ ctx, bbox, valToPos }: UPlot, mark: Mark): void {
  const ratio = uPlot.pxRatio;
  const at = (value: number, scale: 'x' | 'y') => valToPos(value, scale, true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.setLineDash([]);
  ctx.lineWidth = 1.5 * ratio;
  ctx.fillStyle = ctx.strokeStyle = colour('faint');
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  if (mark.kind === 'span') {
    const [left, right] = [at(mark.from, 'x'), at(mark.to, 'x')];
    ctx.fillStyle = colour('shade');
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = colour('faint');
    ctx.fillText(mark.text, left + 4 * ratio, bbox.top + 13 * ratio);
  } else if (mark.kind === 'level') {
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    line(ctx, bbox.left, at(mark.y, 'y'), bbox.left + bbox.width, at(mark.y, 'y'));
  } else if (mark.kind === 'bound') {
    const x = at(mark.x, 'x');
    line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    const room = bbox.left + bbox.width - x > ctx.measureText(mark.text).width + 6 * ratio;
    const right = mark.side === 'right' && room;
    ctx.textAlign = right ? 'left' : 'right';
    ctx.fillText(mark.text, x + (right ? 4 : -4) * ratio, bbox.top + 13 * ratio);
  } else drawPoint(ctx, mark, at, ratio);
  ctx.restore();
}

function drawPoint(
  ctx: CanvasRenderingContext2D,
  { x, y, hue, box }: Mark & { kind: 'point' },
  at: (value: number, scale: 'x' | 'y') => number,
  ratio: number,
): void {
  ctx.fillStyle = ctx.strokeStyle = hueOf(hue);
  if (box) {
    const [left, right, bottom, top] = [at(box[0], 'x'), at(box[1], 'x'), at(box[2], 'y'), at(box[3], 'y')];
    ctx.globalAlpha = 0.07;
    ctx.fillRect(left, top, right - left, bottom - top);
    ctx.globalAlpha = 0.6;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.strokeRect(left, top, right - left, bottom - top);
  }
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.arc(at(x, 'x'), at(y, 'y'), 5 * ratio, 0, 2 * Math.PI);
  ctx.fill();
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** Entries of the legend switch their lines, for who uses a keyboard as well. */
function makeLegendKeys(plot: UPlot, legend: HTMLElement): void {
  legend.querySelectorAll<HTMLElement>('.u-series:not(:first-child) th').forEach((entry, i) => {
    const show = () => entry.setAttribute('aria-pressed', String(plot.series[i + 1].show));
    entry.tabIndex = 0;
    entry.setAttribute('role', 'button');
    entry.addEventListener('click', show);
    entry.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      entry.click();
    });
    show();
  });
}

const figures = [...document.querySelectorAll<HTMLElement>('figure.chart')];

/** In view, or shown again by a <details> that opened. */
const views = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      if (isIntersecting && !drawn.has(target as HTMLElement)) draw(target as HTMLElement);
  },
  { rootMargin: '400px' },
);
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const own = drawn.get(target as HTMLElement);
    if (own && target.clientWidth > 0 && target.clientWidth !== own.width) draw(target as HTMLElement);
  }
});
for (const figure of figures) {
  views.observe(figure);
  sizes.observe(figure);
}

const redraw = () => [...drawn.keys()].forEach(draw);
scheme.addEventListener('change', redraw);
addEventListener('beforeprint', () => {
  document.documentElement.classList.add('paper');
  figures.forEach(draw);
});
addEventListener('afterprint', () => {
  document.documentElement.classList.remove('paper');
  redraw();
});
