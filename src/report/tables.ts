/** What was heard: the sets of recordings, and file by file. */
import type { ConditionResult, FileResult } from '../evaluation/result.js';
import { html, type Markup } from './html.js';
import type { Run } from './runs.js';
import { table, type Cell } from './table.js';
import { baseName, hours, plural, position } from './words.js';

/** Rows that a page can still be scrolled through. Files that failed come first, so these are the last to fall away. */
export const MAX_FILES = 2000;

/** @param several whether the model has other keywords too */
export function setsTable(runs: readonly Run[], several: boolean): Markup {
  return html`<h3>Recordings</h3>
    ${table({
      label: 'Sets of recordings',
      caption: `Hours are what was heard beside ${several ? 'keywords' : 'the keyword'}: there an event is a false alarm.`,
      kind: 'figures',
      titles: [
        ...['Set', 'Kind', 'Files', 'Utterances', 'Hours'],
        ...runs.map(({ name }) => ({ over: name, titles: ['missed', 'alarms', ...(several ? ['confused'] : [])] })),
      ],
      rows: runs[0].result.sets.map((set, i) => ({
        names: [set.name, set.kind],
        cells: [
          set.files.toLocaleString('en-US'),
          set.utterances || '–',
          set.hours > 0 ? hours(set.hours) : '–',
          ...runs.flatMap(({ result }): Cell[] => {
            const { utterances, misses, hours: heard, alarms, confusions } = result.sets[i];
            const cells = [utterances > 0 ? misses : '–', heard > 0 || alarms > 0 ? alarms : '–'];
            return several ? [...cells, confusions || '–'] : cells;
          }),
        ],
      })),
    })}`;
}

interface FileRow {
  readonly files: readonly FileResult[]; // one a run
  readonly failures: number;
}

/** File by file, those that failed most first, in a part of the page that opens. */
export function filesTable(runs: readonly Run[]): Markup {
  const rows = rowsOf(runs.map(({ result }) => result)).sort((a, b) => b.failures - a.failures);
  const left = rows.length - MAX_FILES;
  const failed = rows.filter(({ failures }) => failures > 0).length;
  const severalSets = runs[0].result.sets.length > 1;
  return html`<h3>File by file</h3>
    <details>
      <summary>${plural(rows.length, 'file')}, ${failed.toLocaleString('en-US')} with a miss or a wrong event</summary>
      ${table({
        label: 'Results by file',
        caption: [
          'Where the word was heard its latency, the slowest of several; where it was missed its highest ',
          'posterior, or when it was said; when alarms came. A dash: nothing was said, and nothing fired.',
          left > 0 && ` ${plural(left, 'file')} that failed no more than these are left out; the JSON has all.`,
        ],
        kind: 'files',
        titles: [
          'File',
          ...(severalSets ? ['Set'] : []),
          ...runs.map(({ name }) => (runs.length > 1 ? name : 'Result')),
        ],
        rows: rows.slice(0, MAX_FILES).map(({ files }) => {
          const [{ file, set }] = files;
          const name = baseName(file);
          return {
            names: [name === file ? name : { text: name, title: file }],
            cells: [...(severalSets ? [set] : []), ...files.map(resultCell)],
          };
        }),
      })}
    </details> `;
}

/** The runs' lists are of the same files in the same order. */
function rowsOf(results: readonly ConditionResult[]): FileRow[] {
  return results[0].files.map((_, i) => {
    const files = results.map((result) => result.files[i]);
    return { files, failures: files.reduce((sum, file) => sum + failuresIn(file), 0) };
  });
}

const failuresIn = (file: FileResult) => missedIn(file).length + file.alarms.length + file.confusions.length;

const missedIn = ({ utterances }: FileResult) => utterances.filter(({ heard }) => !heard);

/** As many as a cell has room for; the JSON has all. */
const POSITIONS = 3;

const positions = (times: readonly number[]) =>
  times.slice(0, POSITIONS).map(position).join(', ') + (times.length > POSITIONS ? ', …' : '');

function resultCell(file: FileResult): Cell {
  const { utterances, alarms, confusions } = file;
  const missed = missedIn(file);
  const latencies = utterances.flatMap(({ latency }) => (latency === null ? [] : [latency]));
  const parts: string[] = [];
  if (missed.length > 0 && utterances.length === 1) parts.push(`missed, ${missed[0].peak.toFixed(2)}`);
  else if (missed.length > 0)
    parts.push(`${missed.length} of ${utterances.length} missed, at ${positions(missed.map(({ start }) => start))}`);
  else if (latencies.length > 0) parts.push(`${Math.round(Math.max(...latencies))} ms`);
  if (alarms.length > 0)
    parts.push(`${plural(alarms.length, 'alarm')} at ${positions(alarms.map(({ time }) => time))}`);
  if (confusions.length > 0) {
    const words = [...new Set(confusions.map(({ said }) => `“${said}”`))].join(', ');
    parts.push(`heard for ${words} at ${positions(confusions.map(({ time }) => time))}`);
  }
  const failures = failuresIn(file);
  const text = parts.join('; ') || '–';
  return failures > 0 ? { text, failures } : text;
}
