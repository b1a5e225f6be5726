/** What two arrays of features differ in, in words. */
import type { Difference, Explanation } from '../difference/difference.js';
import type { Remainder, Span } from '../difference/remainder.js';
import type { Relation } from '../difference/relation.js';
import { wrap } from './figures.js';
import { keepEnd, paint, plural, printable, table, terminalWidth } from './terminal.js';

/** Runs of features or of frames that are named one by one. */
const MOST_SPANS = 4;
/** Characters of a file's name. */
const LONGEST = 40;

/** Of all values: fewer that are left are rounding, or a few frames with something else in them. */
const ROUNDED = 0.02;

/** Factors that are known by name. */
const FACTORS: readonly (readonly [factor: number, meaning: string])[] = [
  [Math.LOG10E, 'log10 in place of ln'],
  [10 * Math.LOG10E, 'dB in place of ln'],
  [20 * Math.LOG10E, '20·log10 in place of ln'],
  [Math.LOG2E, 'log2 in place of ln'],
  [Math.LN10, 'ln in place of log10'],
  [0.1 * Math.LN10, 'ln in place of dB'],
  [2, 'of power in place of magnitude, or 20·log10 in place of 10·log10'],
  [0.5, 'of magnitude in place of power'],
];

/**
 * @param yours what the user's own front end is called
 * @param file theirs
 */
export function describeDifference(
  difference: Difference,
  yours: string,
  file: string,
  width = terminalWidth(),
): string[] {
  const { ours, theirs, transposed, equal, explanation, guess, tried } = difference;
  const right = 'right' as const;
  const name = keepEnd(printable(file), LONGEST);
  const lines = table(
    [{ title: '' }, { title: 'frames', align: right }, { title: 'features', align: right }, { title: '' }],
    [
      [`yours`, `${ours.frames}`, `${ours.size}`, yours],
      [`theirs`, `${theirs.frames}`, `${theirs.size}`, transposed ? `${name}, as [features, frames]` : name],
    ],
  );
  const say = (text: string): void => void lines.push(...wrap(text, width));
  lines.push('');
  for (const sentence of facts(difference)) say(sentence);
  if (equal || difference.constant || difference.notFinite === theirs.frames) return lines;
  if (!explanation) {
    lines.push('');
    if (!guess)
      say(
        `Nothing explains it: of ${plural(tried, 'recipe')}, none comes near. Is it the same sound, all of it, neither cropped nor padded?`,
      );
    else {
      say(`No recipe of ${count(tried)} explains it. The best guess, and no more:`);
      lines.push(`  ${JSON.stringify(guess)}`);
    }
    return lines;
  }
  lines.push('', ...describeExplanation(explanation, difference, width));
  return lines;
}

/** What is so whatever the reason. */
function facts(difference: Difference): string[] {
  const { equal, ours, theirs, notFinite, constant, asTheyAre, enough } = difference;
  const frames = notFinite === theirs.frames ? 'All of their frames' : plural(notFinite, 'frame');
  const broken = notFinite > 0 ? [`NaN or infinity in theirs: ${frames}. A logarithm of 0 without a floor?`] : [];
  if (notFinite === theirs.frames) return broken;
  if (constant) return [...broken, 'Theirs are the same number in every frame: there is nothing to find out from.'];
  if (equal) return [`${paint('green', 'Equal')}: the largest difference is ${figure(asTheyAre!.largest)}.`];
  if (!asTheyAre) return [...broken, 'The numbers of features differ.'];
  if (haveOtherFrames(difference)) return [...broken, 'The numbers of frames are far apart.'];
  const { largest, median, at, part } = asTheyAre;
  if (part === 0)
    return [
      ...broken,
      `The frames that both have are equal${ours.frames === theirs.frames ? '.' : ', but their number differs.'}`,
    ];
  return [
    ...broken,
    `They differ: by ${figure(largest)} at most, in feature ${at.feature} of frame ${at.frame}, and by ${figure(median)} ` +
      `in the median. ${percent(part)} of the values differ by more than ${figure(enough)}.`,
  ];
}

/** So that frame t of one is not beside frame t of the other. */
const haveOtherFrames = ({ ours, theirs }: Difference): boolean =>
  Math.abs(ours.frames - theirs.frames) > 0.1 * theirs.frames + 4;

function describeExplanation(explanation: Explanation, difference: Difference, width: number): string[] {
  const { asTheyAre, theirs } = difference;
  const { base, changes, relation, remainder, agrees, options, offset, frames } = explanation;
  const of = base === 'given' ? 'yours' : `the preset ${base}`;
  const near = agrees || remainder.part < ROUNDED ? 'Theirs are' : 'Nearest to theirs is';
  const lines: string[] = [];
  const say = (text: string): void => void lines.push(...wrap(text, width));
  if (changes.length === 0) say(`${near} ${of}${describesMore(explanation) ? ', but:' : '.'}`);
  else {
    say(`${near} ${of} with`);
    lines.push(...changesTable(explanation));
  }
  if (explanation.taken === 'as it is')
    say(
      `- the sound taken as if it had ${rateOf(options)} Hz, without resampling: librosa does so unless it is told sr`,
    );
  for (const text of relationText(relation)) say(`- ${text}`);
  if (offset !== 0) say(`- their frame ${Math.max(0, -offset)} at frame ${Math.max(0, offset)}: ${later(offset)}`);
  if (frames !== theirs.frames)
    say(`- ${frames - theirs.frames > 0 ? 'fewer' : 'more'} frames: ${theirs.frames}, not ${frames}`);
  lines.push('');
  const before = asTheyAre && !haveOtherFrames(difference) ? `${figure(asTheyAre.largest)} → ` : '';
  say(
    `Largest difference ${before}${figure(remainder.largest)}.${agrees ? '' : ` What remains: ${where(remainder)}.`}`,
  );
  lines.push('', ...remedy(explanation, width));
  return lines;
}

function remedy({ taken, options }: Explanation, width: number): string[] {
  if (taken === 'as it is')
    return wrap(
      'No recipe hears sound like that: compute the features for training at the rate that the sound has.',
      width,
    );
  if ('normalize' in options && options.normalize === 'peak')
    return wrap(
      'A model that listens can have no such recipe: a stream does not know its largest sample. Train without it, or write ' +
        '"normalize": "none" into the model and keep the sound near full scale.',
      width,
    );
  return [
    paint('dim', 'To write it into a model:'),
    '  tympan annotate MODEL --in-place --frontend \\',
    `  '${JSON.stringify(options)}'`,
  ];
}

const describesMore = ({ taken, relation, offset }: Explanation): boolean =>
  taken === 'as it is' || relation.kind !== 'none' || offset !== 0;

function changesTable({ base, changes }: Explanation): string[] {
  const from = base === 'given' ? 'yours' : base;
  return table(
    [{ title: '  field' }, { title: 'theirs' }, { title: from }, { title: 'else off by', align: 'right' }],
    changes.map((change) => [
      `  ${change.field}`,
      value(change.to),
      value(change.from),
      change.without === null ? '' : figure(change.without),
    ]),
  );
}

function relationText(relation: Relation): string[] {
  if (relation.kind === 'none') return [];
  if (relation.kind === 'line') {
    const { factor, shift } = relation;
    const known = FACTORS.find(([one]) => Math.abs(factor / one - 1) < 1e-4)?.[1];
    const plus =
      Math.abs(shift) < 1e-4 * Math.abs(factor) ? '' : ` ${shift < 0 ? '−' : '+'} ${figure(Math.abs(shift))}`;
    const times = Math.abs(factor - 1) < 1e-4 ? '' : ` × ${figure(factor)}`;
    return [`every feature${times}${plus}${known ? `: ${known}` : ''}`];
  }
  const { over, scale } = relation;
  if (over === 'clip with variance')
    return ['every feature with mean 0 and variance 1 over this clip, which no stream can do: train with fixed ones'];
  if (over === 'clip')
    return ['every feature with mean 0 over this clip, which no stream can do: train with fixed means'];
  return [`a mean${scale.every((one) => one === 1) ? '' : ' and a scale'} of each feature, as in the recipe below`];
}

function later(offset: number): string {
  const frames = plural(Math.abs(offset), 'frame');
  return offset > 0 ? `theirs begin ${frames} later` : `theirs begin ${frames} earlier`;
}

function where({ features, frames, part }: Remainder): string {
  const places = [
    features.length <= MOST_SPANS ? named('feature', features) : 'many features',
    frames.length <= MOST_SPANS ? named('frame', frames) : 'frames all over',
  ];
  return `${places.join(' in ')}; ${percent(part)} of the values`;
}

/** "feature 3", "frames 0–2, 631" */
const named = (noun: string, runs: readonly Span[]): string =>
  `${noun}${runs.length === 1 && runs[0][0] === runs[0][1] ? '' : 's'} ${spans(runs)}`;

const spans = (runs: readonly Span[]): string =>
  runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');

const value = (one: unknown): string =>
  typeof one === 'number' ? figure(one, 8) : printable(JSON.stringify(one) ?? '–');

/** Two digits unless told, without a tail of zeros. */
function figure(value: number, digits = value >= 100 ? 4 : 2): string {
  const rounded = Number(value.toPrecision(Math.abs(value) >= 10 && digits === 2 ? 3 : digits));
  return Math.abs(rounded) < 1e-3 && rounded !== 0 ? rounded.toExponential() : String(rounded);
}

const count = (value: number): string => value.toLocaleString('en-US');

const percent = (part: number): string =>
  `${part >= 0.0995 ? Math.round(100 * part) : Number((100 * part).toPrecision(1))} %`;

const rateOf = (options: object): string =>
  'sampleRate' in options && typeof options.sampleRate === 'number'
    ? options.sampleRate.toLocaleString('en-US')
    : '22,050';
