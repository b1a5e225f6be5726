import {
  FIELDS,
  withOptions,
  type DetectionOptions,
  type DetectionSettings,
  type KeywordSettings,
} from '../detection/settings.js';
import { splitSettings } from '../detection/split-settings.js';
import type { DetectorPlan } from '../hearing/plan.js';
import type { Model } from '../load.js';
import { typeName } from '../typed-arrays.js';
import { checkConfigureOptions } from './options.js';

/**
 * What an audio thread needs to hear models.
 *
 * @throws TypeError, RangeError for what are no models, or wrong settings; MetadataError for a model without a front end or labels
 */
export function plansOf(models: Model | readonly Model[], options: DetectionOptions): DetectorPlan[] {
  const list: readonly Model[] = Array.isArray(models) ? (models as readonly Model[]) : [models as Model];
  if (list.length === 0) throw new RangeError('models: got an empty array, expected at least one model');
  const plans = list.map((model) => {
    if (typeof model?.plan !== 'function')
      throw new TypeError(`models: got ${typeName(model)}, expected what loadModel gives, or an array of these`);
    return model.plan();
  });
  const settings = settingsOf(
    plans.map(({ answer }) => answer.settings),
    options,
  );
  return plans.map((plan, i) => withSettings(plan, settings[i]));
}

/**
 * Settings of several models with those that a caller replaces. What is given by keyword holds for the models that have the keyword.
 *
 * @throws TypeError, RangeError for wrong options, such as a keyword that no model has
 */
function settingsOf(settings: readonly DetectionSettings[], options: DetectionOptions): readonly DetectionSettings[] {
  const own = splitSettings(
    options,
    settings.map(({ keywords }) => Object.keys(keywords)),
  );
  return settings.map((one, i) => withOptions(one, own[i]));
}

/**
 * Plans with other settings.
 *
 * @param model of which plan; of all of them unless told
 * @throws TypeError, RangeError as `settingsOf`, and for a model that there is not
 */
export function configured(
  plans: readonly DetectorPlan[],
  options: DetectionOptions,
  model: number | undefined,
): readonly DetectorPlan[] {
  checkConfigureOptions(options);
  if (model !== undefined && !(model in plans))
    throw new RangeError(`model: got ${model}, expected 0 to ${plans.length - 1}`);
  const isMeant = (_: unknown, i: number): boolean => model === undefined || i === model;
  const settings = [
    ...settingsOf(
      plans.filter(isMeant).map(({ answer }) => answer.settings),
      options,
    ),
  ];
  return plans.map((plan, i) => (isMeant(plan, i) ? withSettings(plan, settings.shift()!) : plan));
}

/** Settings as options. */
export function byKeyword({ keywords }: DetectionSettings): DetectionOptions {
  const of = (field: keyof KeywordSettings): Record<string, number> =>
    Object.fromEntries(Object.entries(keywords).map(([name, keyword]) => [name, keyword[field]]));
  return Object.fromEntries(FIELDS.map((field) => [field, of(field)]));
}

const withSettings = (plan: DetectorPlan, settings: DetectionSettings): DetectorPlan => ({
  ...plan,
  answer: { ...plan.answer, settings },
});
