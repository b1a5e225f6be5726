import { FIELDS, withOptions, type DetectionOptions } from '../detection/settings.js';
import type { Stream } from '../inference/stream.js';
import type { Answer } from './plan.js';

/**
 * Checks that the parts of a plan fit each other, as those of a model do; what each does in memory is checked where it is placed.
 *
 * @param size features that come at a time from the front end
 * @throws RangeError naming the part; TypeError for settings that are no numbers
 */
export function verifyAnswer({ output, labels, settings }: Answer, stream: Stream, size: number): void {
  const inputs = stream.inputSlots.map((slot) => slot.size).join();
  if (inputs !== String(size)) throw wrong('inputs', inputs, size);
  const posteriors = stream.outputSlots.find(({ name }) => name === output)?.size;
  if (posteriors !== labels.length) throw wrong(`labels of "${output}"`, labels.length, posteriors);
  const { keywords } = settings;
  const names = Object.keys(keywords);
  for (const name of names) if (!labels.includes(name)) throw wrong('keyword', name, labels);
  // As options they are checked; one that is missing is null then, which is no number.
  const given = FIELDS.map((field) => [
    field,
    Object.fromEntries(names.map((name) => [name, keywords[name][field] ?? null])),
  ]);
  withOptions(settings, Object.fromEntries(given) as DetectionOptions);
}

const wrong = (what: string, got: unknown, expected: unknown): RangeError =>
  new RangeError(`plan: ${what}: got ${String(got)}, expected ${String(expected)}`);
