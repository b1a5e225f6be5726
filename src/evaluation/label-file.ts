/** What label files say is spoken: labels that Audacity exports, and JSON. (CSV is in node/evaluation/label-csv.ts.) */
import { AudioError } from '../errors.js';

/** A line or an entry of a label file: what is spoken, and where. */
export interface FileLabel {
  /** The audio file as the label file names it; absent where it names none. */
  readonly file?: string;
  readonly start: number; // seconds from the start of the audio file
  readonly end: number; // from `start` on: equal in a label that marks a point
  readonly label: string; // may be empty
}

/** The fields of a label as a text file has them. */
export interface TextLabel {
  readonly file?: string;
  readonly start: string;
  readonly end: string;
  readonly label: string;
}

/**
 * Labels in the order of the file.
 *
 * - audacity: a label a line, `start<tab>end<tab>label`, in seconds; the label may be missing. Lines that begin with a
 *   backslash say which frequencies were selected, and are passed over.
 * - json: `[{ start, end, label, file? }]`, `{ labels: […] }`, or, by audio file,
 *   `{ "a.wav": [{ start, end, label }] }`; other fields of a label are passed over.
 *
 * @param text may begin with a byte order mark
 * @param where names the label file in messages
 * @throws AudioError naming the label file, the line or entry, and the field
 */
export function parseLabels(text: string, format: 'audacity' | 'json', where: string): FileLabel[] {
  const plain = plainText(text, where);
  return format === 'json' ? parseJson(plain, where).labels : parseAudacity(plain, where);
}

/** What a label file in JSON says. */
export interface JsonLabels {
  readonly labels: FileLabel[];
  /** Audio files that it names with an empty list: nothing is spoken in them. */
  readonly silent: readonly string[];
}

/**
 * As `parseLabels`, and which audio files are named without a label.
 *
 * @throws AudioError naming the label file, the entry and the field
 */
export function parseJsonLabels(text: string, where: string): JsonLabels {
  return parseJson(plainText(text, where), where);
}

/**
 * Text without its byte order mark.
 *
 * @throws AudioError for bytes of UTF-16, where every other one is zero
 */
export function plainText(text: string, where: string): string {
  if (text.includes('\0')) throw new AudioError(`${where}: got zero bytes, expected text; save it as UTF-8`);
  return text.replace(/^\uFEFF/, '');
}

function parseAudacity(text: string, where: string): FileLabel[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('\\')) return [];
    const place = `${where}: line ${index + 1}`;
    const [start, end, ...label] = line.split('\t');
    if (end === undefined)
      throw new AudioError(
        `${place}: got ${JSON.stringify(line)}, expected start, end and label with tabs between them`,
      );
    return [readTextLabel({ start, end, label: label.join('\t') }, place)];
  });
}

/**
 * A label from the fields of a text file.
 *
 * @param place label file and line, for messages
 * @throws AudioError naming the place and the field
 */
export function readTextLabel({ file, start, end, label }: TextLabel, place: string): FileLabel {
  return checkLabel(file?.trim(), readSeconds('start', start, place), readSeconds('end', end, place), label, place);
}

function readSeconds(field: string, text: string, place: string): number {
  const plain = text.trim();
  if (/^[+-]?\d*,\d+$/.test(plain))
    throw new AudioError(`${place}: ${field}: got ${JSON.stringify(plain)}, expected seconds with a decimal point`);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain))
    throw wrong(place, field, text, 'seconds, 1.25 for example');
  return Number(plain);
}

function parseJson(text: string, where: string): JsonLabels {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    // The message may quote lines of the file.
    throw new AudioError(`${where}: not JSON: ${(cause as Error).message.replace(/\s+/g, ' ')}`, { cause });
  }
  if (Array.isArray(json)) return { labels: readEntries(json, where), silent: [] };
  if (!isObject(json)) throw wrong(where, '', json, 'a list of labels, { "labels": […] } or { "a.wav": […] }');
  const { labels, ...others } = json;
  if (labels === undefined) {
    const lists = Object.entries(json).map(([file, list]) => {
      return { file, own: readEntries(list, `${where}: ${JSON.stringify(file)}`, file) };
    });
    const silent = lists.filter(({ own }) => own.length === 0).map(({ file }) => file);
    return { labels: lists.flatMap(({ own }) => own), silent };
  }
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new AudioError(
      `${where}: got "labels" and ${JSON.stringify(other)}, expected "labels" alone or audio files alone`,
    );
  return { labels: readEntries(labels, `${where}: "labels"`), silent: [] };
}

/** @param owner the audio file that all entries belong to */
function readEntries(entries: unknown, where: string, owner?: string): FileLabel[] {
  if (!Array.isArray(entries)) throw wrong(where, '', entries, 'a list of labels');
  return entries.map((entry: unknown, index) => {
    const place = `${where}: label ${index + 1}`;
    if (!isObject(entry)) throw wrong(place, '', entry, '{ "start", "end", "label" }');
    const { start, end, label, file } = entry;
    if (typeof start !== 'number') throw wrong(place, 'start', start, 'seconds, a number');
    if (typeof end !== 'number') throw wrong(place, 'end', end, 'seconds, a number');
    if (typeof label !== 'string') throw wrong(place, 'label', label, 'a string, "" for the only keyword');
    if (owner !== undefined && file !== undefined)
      throw wrong(place, 'file', file, `no such field in labels of ${JSON.stringify(owner)}`);
    if (file !== undefined && typeof file !== 'string') throw wrong(place, 'file', file, 'the name of an audio file');
    return checkLabel(owner ?? file, start, end, label, place);
  });
}

function checkLabel(file: string | undefined, start: number, end: number, label: string, place: string): FileLabel {
  if (file === '') throw wrong(place, 'file', file, 'the name of an audio file');
  if (!(start >= 0 && start < Infinity))
    throw wrong(place, 'start', start, 'seconds from the start of the file, from 0');
  if (!(end >= start && end < Infinity))
    throw wrong(place, 'end', end, `seconds, from the start of the label, ${start}`);
  return { ...(file !== undefined && { file }), start, end, label: label.trim() };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param field empty for the whole */
function wrong(place: string, field: string, got: unknown, expected: string): AudioError {
  // JSON knows no infinity, to which a large number in it may come.
  const value = got === undefined ? 'nothing' : typeof got === 'number' ? String(got) : JSON.stringify(got);
  return new AudioError(`${place}: ${field === '' ? '' : `${field}: `}got ${value}, expected ${expected}`);
}
