import { conditionsOf, secondsOutside, traceOf, type Condition } from './conditions.js';
import { compare } from './compare.js';
import { conditionResult } from './condition-result.js';
import { confusionTables } from './confusion.js';
import type { KeywordSettings } from './events.js';
import type { Heard } from './heard.js';
import { measure, type Measured } from './measure.js';
import type { Evaluation, KeywordResult, ModelResult } from './result.js';
import type { Trace } from './trace.js';

/** A model that heard the streams, and how it decides. */
export interface EvaluatedModel {
  readonly model: string; // file
  readonly precision: 'int8' | 'f32';
  /** Of each keyword that is to be measured. */
  readonly settings: Readonly<Record<string, KeywordSettings>>;
}

/**
 * Measures models on streams that they heard. Each keyword is measured over all streams; an event of it where another
 * keyword is spoken is a confusion, and neither an alarm nor in the hours. Under noise, alarms and hours are those of the noisy positives, and of
 * the negatives as they are. Files come in the order of the streams and of the excerpts in them.
 *
 * @param models in the order of the traces
 * @throws InputError where nothing was heard, or not by these models, or not for these keywords
 */
export function evaluate(
  heard: readonly Heard[],
  models: readonly EvaluatedModel[],
  arrangement: Evaluation['arrangement'],
): Evaluation {
  const conditions = conditionsOf(heard);
  const results = models.map(({ model, precision, settings }, index): ModelResult => {
    const keywords = Object.entries(settings).map(([keyword, own]) =>
      keywordResult(heard, index, keyword, own, conditions),
    );
    const confusion = keywords.length > 1 ? confusionTables(heard, index, keywords, conditions) : [];
    return { model, precision, keywords, confusion };
  });
  const seconds = heard.reduce((sum, stream) => sum + secondsOutside(stream.duration, allUtterances(stream)), 0);
  return {
    version: 1,
    arrangement,
    conditions,
    hours: seconds / 3600,
    models: results,
    comparisons: results.length === 2 ? compare(heard, results[0], results[1]) : [],
  };
}

function allUtterances({ utterances }: Heard): Heard['utterances'] {
  return [...utterances].sort((a, b) => a.start - b.start);
}

function keywordResult(
  heard: readonly Heard[],
  model: number,
  keyword: string,
  settings: KeywordSettings,
  conditions: readonly Condition[],
): KeywordResult {
  const known = new Map<Trace, Measured>(); // what is heard once under all conditions is measured once
  const measured = (stream: Heard, condition: Condition): Measured => {
    const trace = traceOf(stream, condition, model);
    const before = known.get(trace) ?? measure(stream, trace, keyword, settings);
    known.set(trace, before);
    return before;
  };
  return {
    keyword,
    settings: { threshold: settings.threshold, smoothing: settings.smoothing, refractory: settings.refractory },
    conditions: conditions.map((condition) =>
      conditionResult(
        heard.map((stream) => ({ set: stream.plan.set, measured: measured(stream, condition) })),
        condition,
        settings.threshold,
      ),
    ),
  };
}
