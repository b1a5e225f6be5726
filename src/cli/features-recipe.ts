/** The front end that the flags of `tympan features` name. */
import { type Command, InvalidArgumentError } from 'commander';
import { completeRecipe, featureSize, presetNames, type Recipe, type RecipeOptions } from '../index.js';
import { readRecipe } from './contract-flags.js';
import { loadModelOf, nonEmpty, requireContract, type ModelFlags } from './options.js';
import { table } from './terminal.js';

export interface RecipeFlags extends ModelFlags {
  preset?: string;
  frontend?: string;
  set?: Record<string, unknown>;
}

export function withRecipe(command: Command): Command {
  return command
    .option('--preset <name>', 'the front end of a program: --list names them', nonEmpty)
    .option('--frontend <json>', 'a recipe: JSON, or a file of JSON', nonEmpty)
    .option('--set <field=value>', "a field of the recipe: as often as it's wanted", field);
}

function field(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [, name, value] = /^(\w+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Expected field=value');
  if (name === 'preset') throw new InvalidArgumentError('Expected a field; --preset names the preset');
  return { ...before, [name]: valueOf(value) };
}

/** Words go without quotes: --set window=povey. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * What --preset, --frontend and --set say, or the model.
 *
 * @throws MetadataError naming the field, InputError for a file that can't be read
 */
export async function recipeOf(flags: RecipeFlags, command: Command): Promise<Recipe> {
  const { preset, frontend, set = {}, model } = flags;
  if (preset === undefined && frontend === undefined) {
    const own = await loadModelOf(flags, (loaded) => {
      requireContract(loaded, 'frontend');
      return loaded.metadata.frontend!;
    });
    return completeRecipe({ ...own, ...set } as RecipeOptions);
  }
  if (model !== undefined) command.error('expected either --model, whose front end it is, or --preset and --frontend');
  const given = frontend === undefined ? {} : await readRecipe(frontend);
  return completeRecipe({ ...given, ...(preset !== undefined && { preset }), ...set } as RecipeOptions);
}

/** A line a preset: what it takes and what it gives. */
export async function listPresets(): Promise<string[]> {
  const names = (await presetNames()).filter((name) => name !== 'custom');
  const rows = await Promise.all(
    names.map(async (name) => {
      const recipe = await completeRecipe({ preset: name });
      const ms = (samples: number) => Number(((1000 * samples) / recipe.sampleRate).toFixed(1)).toString();
      const lengths = `${ms(recipe.windowLength)} / ${ms(recipe.hopLength)} ms`;
      return [
        name,
        `${recipe.sampleRate.toLocaleString('en-US')} Hz`,
        lengths,
        `${featureSize(recipe)}`,
        kindOf(recipe),
      ];
    }),
  );
  const right = 'right' as const;
  const columns = [
    { title: 'preset' },
    { title: 'rate', align: right },
    { title: 'window / hop', align: right },
    { title: 'features', align: right },
    { title: '' },
  ];
  return table(columns, rows);
}

function kindOf(recipe: Recipe): string {
  if (!('dct' in recipe)) return 'in fixed point';

  return recipe.dct === 'none' ? 'log energies' : `cepstra, ${recipe.numMels} bands`;
}
