/** The figures that a reader came for, and what they can't show. */
import type { ConditionResult, Evaluation } from '../evaluation/result.js';
import { html, type Content, type Markup } from './html.js';
import type { Run } from './runs.js';
import { table, type Cell } from './table.js';
import { condition, decimals, hours, percent, percentInterval, plural, rateInterval } from './words.js';

/** −ln 0.05: hours without an alarm, times the rate that they rule out with 95 % (Garwood 1936, for none). */
const RULED_OUT = -Math.log(0.05);

/** One model's figures on the recordings as they are, large; conditions below, where there are any. */
export function headline(evaluation: Evaluation, runs: readonly Run[]): Markup {
  const asRecorded = runs.filter(({ condition }) => condition === 0);
  return html`${asRecorded.map((run) => figures(run, evaluation))}
  ${evaluation.conditions.length > 1 && conditionsTable(runs)}`;
}

function figures({ modelName, settings, result }: Run, { models, conditions }: Evaluation): Markup {
  return html`${models.length > 1 && html`<h3>${modelName}</h3>`}
    <div class="headline">${misses(result)} ${alarms(result)} ${latency(result)}</div>
    <p class="note">
      Threshold ${settings.threshold}, smoothing ${settings.smoothing} ms, refractory period ${settings.refractory}
      ms${conditions.length > 1 && `; ${condition(result.snr)}`}.
    </p>
    <p class="limits">${limits(result)}</p>`;
}

const card = (value: string, title: string, detail: Content): Markup =>
  html`<p class="card"><strong>${value}</strong> <b>${title}</b> <span>${detail}</span></p> `;

function misses({ misses, utterances, missRate, missInterval }: ConditionResult): Markup {
  if (utterances === 0) return card('–', 'misses not measured', 'no keyword was spoken in the recordings');
  return card(
    percent(missRate),
    'missed',
    `${misses.toLocaleString('en-US')} of ${plural(utterances, 'utterance')}; 95 %: ${percentInterval(missInterval)}`,
  );
}

function alarms({ alarms, hours: heard, alarmsPerHour, alarmInterval }: ConditionResult): Markup {
  if (!(heard > 0)) return card('–', 'false alarms not measured', 'nothing was heard beside the keyword');
  const rate = alarms === 0 ? 'none' : `${decimals(alarmsPerHour)} an hour`;
  const counted = alarms === 0 ? `none in ${hours(heard)}` : `${plural(alarms, 'alarm')} in ${hours(heard)}`;
  return card(
    rate,
    alarms === 0 ? 'false alarms heard' : 'false alarms',
    `${counted}; 95 %: ${rateInterval(alarmInterval)}`,
  );
}

function latency({ latency, utterances }: ConditionResult): Markup | null {
  if (utterances === 0) return null;
  if (latency === null) return card('–', 'latency not measured', 'no utterance was heard');
  const last = Math.round(latency.p95);
  return card(`${Math.round(latency.p50)} ms`, 'latency', `median, from the end of the word; 95 % within ${last} ms`);
}

/** How little the recordings can prove, in a sentence or two. */
export function limits({ alarms, hours: heard, alarmInterval, utterances, missInterval }: ConditionResult): string {
  const sentences: string[] = [];
  if (heard > 0 && alarms === 0) {
    const bound = RULED_OUT / heard;
    const aim = bound / 10;
    sentences.push(
      `${sentenceCase(hours(heard))} without an alarm rule out no more than ${decimals(bound)} alarms an hour ` +
        `(95 %): to rule out ${decimals(aim)} would take ${hours(RULED_OUT / aim)} without one.`,
    );
  } else if (heard > 0) {
    const [low, high] = alarmInterval;
    sentences.push(
      `${sentenceCase(plural(alarms, 'alarm'))} in ${hours(heard)} would be no surprise at any rate from ` +
        `${decimals(low)} to ${decimals(high)} an hour.`,
    );
  }
  if (utterances > 0) {
    const [low, high] = missInterval;
    sentences.push(
      `With ${plural(utterances, 'utterance')}, miss rates from ${percentInterval([low, high])} fit what was ` +
        'counted; other speakers, rooms and microphones are not in these intervals.',
    );
  }
  return sentences.join(' ');
}

const sentenceCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function conditionsTable(runs: readonly Run[]): Markup {
  const several = new Set(runs.map(({ model }) => model)).size > 1;
  return table({
    label: 'Figures under noise',
    caption: 'Noise lies so many dB below the speech of the positives; the negatives are heard as recorded.',
    kind: 'figures',
    titles: [
      ...[...(several ? ['Model'] : []), 'Condition'],
      { over: 'Missed', titles: ['utterances', '95 % interval'] },
      { over: 'False alarms', titles: ['counted', '95 % interval'] },
      { over: 'Latency', titles: ['median', '95 % within'] },
    ],
    rows: runs.map(({ result, modelName }) => ({
      names: [...(several ? [modelName] : []), condition(result.snr)],
      cells: [...missCells(result), ...alarmCells(result), ...latencyCells(result)],
    })),
  });
}

function missCells({ utterances, misses, missRate, missInterval }: ConditionResult): Cell[] {
  if (utterances === 0) return ['–', '–'];
  return [`${misses} of ${utterances} (${percent(missRate)})`, percentInterval(missInterval)];
}

function alarmCells({ alarms, hours: heard, alarmInterval }: ConditionResult): Cell[] {
  return heard > 0 ? [`${alarms} in ${hours(heard)}`, rateInterval(alarmInterval)] : ['–', '–'];
}

function latencyCells({ latency }: ConditionResult): Cell[] {
  return latency ? [latency.p50, latency.p95].map((ms) => `${Math.round(ms)} ms`) : ['–', '–'];
}
