/** What went wrong, to look at and to listen to. */
import type { Failure } from '../evaluation/failures.js';
import { figure, linearAxis, type Axis, type Chart, type Mark } from './chart.js';
import { html, type Markup } from './html.js';
import type { Run } from './runs.js';
import { baseName, plural, position } from './words.js';

/** Above the posterior's 1 there is room for what is written. */
const TOP = 1.25;

const TITLES = { miss: 'Missed', alarm: 'False alarm', confusion: 'Confusion' } as const;

/** Bytes of a WAV file; without them the page names file and time only. */
export type ShownFailure = Failure & { readonly wav?: Uint8Array };

export function failuresSection(runs: readonly Run[], failures: readonly ShownFailure[]): Markup | null {
  const groups = runs
    .map((run) => ({ run, own: failures.filter((failure) => belongs(failure, run)) }))
    .filter(({ own }) => own.length > 0);
  if (groups.length === 0) return null;
  return html`<h3>What went wrong</h3>
    <p class="note">
      The line is the smoothed posterior, the dashed level the threshold, the shaded stretch the word from the start of
      its clip or label to the end of its sound. Times are those in the file.
    </p>
    ${groups.map(({ run, own }, i) => group(run, own, i === 0, groups.length > 1))}`;
}

const belongs = ({ model, snr }: Failure, run: Run) => model === run.model && snr === run.result.snr;

function group(run: Run, failures: readonly ShownFailure[], open: boolean, named: boolean): Markup {
  const misses = failures.filter(({ kind }) => kind === 'miss');
  const alarms = failures.filter(({ kind }) => kind === 'alarm');
  const confusions = failures.filter(({ kind }) => kind === 'confusion');
  const { misses: missed, alarms: fired, confusions: confused, snr } = run.result;
  const summary = [
    misses.length > 0 && `${misses.length} of ${plural(missed, 'miss', 'misses')}`,
    confusions.length > 0 && `${confusions.length} of ${plural(confused, 'confusion')}`,
    // Under noise only those of the positives are listed, and their number alone isn't known.
    alarms.length > 0 &&
      (snr === null ? `${alarms.length} of ${plural(fired, 'false alarm')}` : plural(alarms.length, 'false alarm')),
  ];
  const content = html`<summary>${named && `${run.name}: `}${summary.filter(Boolean).join(', ')}</summary>
    ${list('Missed, those that came least close first', misses, run)}
    ${list('Heard where another keyword was said, the surest first', confusions, run)}
    ${list('False alarms, the surest first', alarms, run)}`;
  return open ? html`<details open>${content}</details>` : html`<details>${content}</details>`;
}

function list(title: string, failures: readonly ShownFailure[], run: Run): Markup | null {
  if (failures.length === 0) return null;
  return html`<h4>${title}</h4>
    <ol class="failures">
      ${failures.map((failure) => entry(failure, run))}
    </ol>`;
}

function entry(failure: ShownFailure, run: Run): Markup {
  const { kind, file, peak, wav } = failure;
  const name = baseName(file);
  return html`<li>
    <p title="${file}">
      <b>${name}</b>
      <span>${placeOf(failure)}${kind === 'miss' ? 'at most' : 'up to'} ${peak.toFixed(2)}</span>
    </p>
    ${figure(traceChart(failure, run))}
    ${
      wav &&
      html`<audio
        controls
        preload="metadata"
        aria-label="${TITLES[kind]}: ${name}"
        src="data:audio/wav;base64,${Buffer.from(wav).toString('base64')}"
      ></audio> `
    }
  </li> `;
}

/** Nothing for a clip that is missed as a whole. */
function placeOf({ time, at, fileStart }: Failure): string {
  if (at < fileStart) return 'before its beginning, ';
  if (at - fileStart > time) return 'after its end, ';
  return time > 0 ? `at ${position(time)}, ` : '';
}

function traceChart(
  { kind, keyword, file, time, at, fileStart, from, to, peak, trace, words }: ShownFailure,
  run: Run,
): Chart {
  const inFile = (seconds: number) => seconds - fileStart;
  const spans = words.map(({ keyword, start, wordEnd }): Mark => ({
    kind: 'span',
    from: Math.max(inFile(start), inFile(from)),
    to: Math.min(inFile(wordEnd), inFile(to)),
    text: keyword,
  }));
  const event: Mark[] = kind === 'miss' ? [] : [{ kind: 'bound', x: inFile(at), text: kind, side: 'left' }];
  const { threshold } = run.settings;
  return {
    label:
      `Posterior of “${keyword}” around ${position(time)} of ${baseName(file)}: at most ${peak.toFixed(2)}, ` +
      `threshold ${threshold}`,
    height: 150,
    x: timeAxis(inFile(from), inFile(to)),
    y: { ...linearAxis('', TOP, ''), ticks: [0, 0.5, 1].map((value) => [value, String(value)] as const) },
    xs: { first: inFile(trace.firstTime), step: trace.period },
    lines: [{ name: 'posterior', ys: Array.from(trace.posteriors), hue: 0, dash: 0 }],
    marks: [...spans, ...event, { kind: 'level', y: threshold, text: '' }],
  };
}

/** Half seconds of a file, or fewer where the stretch is long. */
function timeAxis(min: number, max: number): Axis {
  const step = [0.5, 1, 2, 5, 10, 30, 60, 300].find((seconds) => (max - min) / seconds <= 7) ?? 600;
  const ticks: [number, string][] = [];
  for (let k = Math.ceil(min / step); k * step <= max; k++)
    ticks.push([k * step, position(k * step).replace(/0? s$/, '')]);
  return { title: '', scale: 'linear', min, max, ticks, unit: ' s' };
}
