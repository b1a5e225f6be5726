/** How much a measurement proves, in a sentence or two. */
import { hoursFor, upperRate } from '../evaluation/intervals.js';
import type { ConditionResult } from '../evaluation/result.js';
import { hours, rate, roughHours, wrap } from './figures.js';
import { printable } from './terminal.js';

export function describeProof(keyword: string, condition: ConditionResult, width: number): string[] {
  return wrap(printable([misses(keyword, condition), alarms(condition)].filter(Boolean).join(' ')), width);
}

function misses(keyword: string, { utterances }: ConditionResult): string {
  return utterances === 0 ? `No positives hold "${keyword}": how often it is missed was not measured.` : '';
}

function alarms({ alarms: count, hours: time }: ConditionResult): string {
  if (time === 0) return 'No negatives: how often it fires for something else was not measured.';
  const shown = upperRate(count, time);
  const next = rounded(shown / 2);
  const alarmed = count === 0 ? 'no alarm' : count === 1 ? 'one alarm' : `${count.toLocaleString('en-US')} alarms`;
  return (
    `${hours(time)} with ${alarmed} can't show a rate below ${rate(shown)} an hour; ` +
    `to show ${next} takes ${roughHours(hoursFor(next))} without an alarm.`
  );
}

/** The largest of … 0.1, 0.2, 0.5, 1, 2, 5 … that is not above. */
function rounded(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [5, 2, 1].find((digit) => digit * power <= value)!;
}
