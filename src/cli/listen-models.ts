/** The models of `tympan listen`, each with the settings that are its own. */
import { basename } from 'node:path';
import { splitSettings } from '../detection/split-settings.js';
import { InputError, type Detector } from '../index.js';
import type { ListenFlags } from './listen.js';
import { loadModelOf, requireContract, SHIPPED_MODEL } from './options.js';

export interface ListenedModel {
  readonly file: string;
  /** What people are shown: its file's name, or the path where two files have the same. */
  readonly name: string;
  readonly detector: Detector;
}

/**
 * @param onFrame hears every frame's posteriors; undefined where nobody looks
 * @throws InputError for a file that is named twice; RangeError for a setting of a keyword that no model has
 */
export async function openModels(
  flags: ListenFlags,
  onFrame?: (model: number, posteriors: Float32Array) => void,
): Promise<ListenedModel[]> {
  const files = flags.model ?? [SHIPPED_MODEL];
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new InputError(`--model: got ${twice} twice`);
  const models: ListenedModel[] = [];
  for (const [i, file] of files.entries()) {
    const detector = await loadModelOf({ ...flags, model: file }, (model) => {
      requireContract(model, 'frontend', 'labels');
      return model.detector({ onFrame: onFrame && ((posteriors) => onFrame(i, posteriors)) });
    });
    models.push({ file, name: nameOf(file, files), detector });
  }
  const settings = splitSettings(
    flags,
    models.map(({ detector }) => detector.keywords),
  );
  for (const [i, { detector }] of models.entries()) detector.configure(settings[i]);
  return models;
}

function nameOf(file: string, files: readonly string[]): string {
  const short = (path: string) => basename(path).replace(/\.onnx$/i, '');
  return files.filter((other) => short(other) === short(file)).length > 1 ? file : short(file);
}
