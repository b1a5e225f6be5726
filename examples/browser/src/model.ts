import { loadModel, type Model, type Recipe } from 'tympan';
import { kilobytes } from './words.js';

/** A model with what the page says about it. */
export interface OpenModel {
  readonly model: Model;
  readonly name: string;
  readonly fileBytes: number;
  readonly keywords: readonly Keyword[];
  /** Seconds from one answer of the model to the next. */
  readonly period: number;
  /** Seconds from one frame of features to the next. */
  readonly hop: number;
  /** How features are made. */
  readonly recipe: Recipe;
}

export interface Keyword {
  readonly name: string;
  /** Place of its posterior among the labels. */
  readonly label: number;
  /** 0 to 1. */
  readonly threshold: number;
  /** Milliseconds over which posteriors are averaged before the threshold decides. */
  readonly smoothing: number;
}

/**
 * Reads a model, and refuses here what could not be listened with.
 *
 * @throws TympanError in words for people
 */
export async function openModel(name: string, bytes: ArrayBuffer): Promise<OpenModel> {
  const model = await loadModel(bytes);
  const detector = model.detector();
  const { period, labels } = detector;
  const keywords = Object.entries(detector.settings.keywords).map(([keyword, { threshold, smoothing }]) => ({
    ...{ name: keyword, label: labels.indexOf(keyword), threshold, smoothing },
  }));
  detector.close();
  const recipe = model.metadata.frontend!; // a detector can't be without
  const hop = (recipe.hopLength * recipe.stackStride) / recipe.sampleRate;
  return { model, name, fileBytes: bytes.byteLength, keywords, period, hop, recipe };
}

/** Names and values for a list of definitions. */
export function describeModel({ model, name, fileBytes, recipe }: OpenModel): [string, string][] {
  const { parameters, weightBytes, layers } = model.summary();
  const kinds = [...new Set(layers.map(({ kind }) => kind))].filter((kind) => ['gru', 'lstm', 'rnn'].includes(kind));
  return [
    ['File', `${name}, ${kilobytes(fileBytes)}`],
    [
      'Network',
      [`${parameters.toLocaleString('en')} parameters`, ...kinds.map((kind) => kind.toUpperCase())].join(', '),
    ],
    ['In memory', weightBytes === null ? model.precision : `${kilobytes(weightBytes)} of ${model.precision} weights`],
    ['Hears at', `${recipe.sampleRate.toLocaleString('en')} Hz`],
  ];
}
