/** Differences for people: a line an output and a comparison. */
import type { Check, Compared } from '../verification/verify.js';
import { keepEnd, paint, plural, printable, table, terminalWidth } from './terminal.js';
import { wrap } from './figures.js';

export interface Verified {
  readonly file: string;
  /** What the model was given. */
  readonly on: string;
  /** With its version; null where there is none. */
  readonly onnxruntime: string | null;
  readonly notes: readonly string[];
  readonly checks: readonly Check[];
}

const WITH: Readonly<Record<Compared, string>> = {
  run: 'onnxruntime',
  'run int8': 'run',
  stream: 'run',
  'stream int8': 'stream',
};

const TITLES = ['compared', 'with', 'max', 'mean', 'dB', 'limit', '', 'output'];
const RIGHT = new Set(['max', 'mean', 'dB']);

/** Characters that a name keeps on the narrowest terminal. */
const LEAST_NAME = 8;

export function reportOf({ file, on, onnxruntime, notes, checks }: Verified): string[] {
  const width = terminalWidth();
  const failed = checks.filter(({ passed }) => !passed);
  const cells = checks.map((check) => cellsOf(check));
  const widest = TITLES.slice(0, -1).map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const room = Math.max(width - widest.reduce((sum, own) => sum + own + 2, 0), LEAST_NAME);
  const lines = table(
    TITLES.map((title) => ({ title, align: RIGHT.has(title) ? 'right' : 'left' })),
    checks.map(({ output }, i) => [...cells[i], keepEnd(printable(output), room)]),
  );
  const [title, given] = [printable(file), [on, onnxruntime].filter(Boolean).join(', ')];
  const isOneLine = title.length + 2 + given.length <= width;
  return [
    ...(isOneLine ? [`${paint('bold', title)}  ${given}`] : [paint('bold', title), given]),
    '',
    lines[0],
    ...lines.slice(1).map((line, i) => (checks[i].passed ? line : paint('red', line))),
    '',
    ...notes.flatMap((note) => wrap(printable(note), width)).map((line) => paint('dim', line)),
    failed.length === 0
      ? paint('green', `pass: ${plural(checks.length, 'comparison')} within limits`)
      : paint('red', `FAIL: ${failed.length} of ${plural(checks.length, 'comparison')} above the limit`),
  ];
}

function cellsOf({ compared, max, mean, signalToNoise, largest, limit, passed }: Check): string[] {
  const [kind, most] = limit.max === undefined ? ['mean', limit.mean!] : ['max', limit.max];
  const unit = largest > 1 ? ` × ${figure(largest)}` : '';
  return [
    compared,
    WITH[compared],
    figure(max),
    figure(mean),
    signalToNoise === Infinity ? 'equal' : signalToNoise.toFixed(1),
    `${kind} ${figure(most)}${unit}`,
    passed ? 'pass' : 'FAIL',
  ];
}

/** Two digits. */
function figure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return value >= 1e-3 && value < 1e4 ? String(Number(value.toPrecision(2))) : value.toExponential(1);
}

/** Differences for machines: infinities are null, as JSON has them. */
export function jsonOf({ file, on, onnxruntime, notes, checks }: Verified): object {
  return { file, on, onnxruntime, notes, passed: checks.every(({ passed }) => passed), checks };
}
