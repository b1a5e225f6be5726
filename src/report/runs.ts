import type { ConditionResult, Evaluation, KeywordResult } from '../evaluation/result.js';
import { condition, modelNames } from './words.js';

/** One model under one condition, for one keyword: a line in a chart, columns in a table. */
export interface Run {
  readonly model: number; // of Evaluation.models
  readonly modelName: string;
  readonly condition: number; // of Evaluation.conditions
  readonly result: ConditionResult;
  readonly settings: KeywordResult['settings'];
  /** As much of model and condition as differs in the evaluation. */
  readonly name: string;
}

/** Condition by condition within a model; of models that lack the keyword none. */
export function runsOf(evaluation: Evaluation, keyword: string): Run[] {
  const names = modelNames(evaluation.models);
  const [severalModels, severalConditions] = [evaluation.models.length > 1, evaluation.conditions.length > 1];
  return evaluation.models.flatMap(({ keywords }, model) =>
    keywords
      .filter((result) => result.keyword === keyword)
      .flatMap(({ conditions, settings }) =>
        conditions.map((result, i) => {
          const parts = [
            ...(severalModels ? [names[model]] : []),
            ...(severalConditions || !severalModels ? [condition(result.snr)] : []),
          ];
          return { model, modelName: names[model], condition: i, result, settings, name: parts.join(', ') };
        }),
      ),
  );
}

/** Every keyword of every model, in their order. */
export function keywordsOf(evaluation: Evaluation): string[] {
  return [...new Set(evaluation.models.flatMap(({ keywords }) => keywords.map(({ keyword }) => keyword)))];
}

/** Hue for the condition; where there is but one, for the model. Dashes tell models apart as well. */
export function styleOf({ model, condition }: Run, { conditions }: Evaluation): { hue: number; dash: number } {
  return { hue: conditions.length > 1 ? condition : model, dash: model };
}
