/**
 * Writes the official splits of the recordings that the models are measured on as lists of files, one folder a split:
 *
 *   node tools/lists.mjs [--audio ../shared/audio] [--word happy cat bed] [--output build/lists]
 *
 * A list for each word, by default "happy" alone; a word that Speech Commands has not gets none, and what is left are negatives.
 *
 *   tympan eval --joined --positives build/lists/validation/happy.txt --negatives build/lists/validation/*.negatives.txt \
 *     --noise build/lists/validation/noise.txt --snr 10
 *
 * The testing list is for the figure that is reported; thresholds are chosen on the validation list.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SPLITS = {
  validation: {
    list: 'validation_list.txt',
    fold: 2,
    negatives: { ljspeech: 'ljspeech', arabic: 'arabic-commands/val' },
  },
  testing: {
    list: 'testing_list.txt',
    fold: 3,
    negatives: {
      librispeech: 'librispeech/27',
      arabic: 'arabic-commands/test',
      'not-wake-words': 'community/not-wake-words',
    },
  },
};

/** FLAC files below a folder, in the order of their paths. */
function flacFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.flac'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Clips on one of the official lists that are present, in list order: [{ word, path }]. */
function listed(audio, list) {
  const root = join(audio, 'speech-commands');
  return readFileSync(join(root, list), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ word: line.split('/')[0], path: join(root, line.replace(/\.wav$/, '.flac')) }))
    .filter(({ path }) => existsSync(path));
}

/**
 * A split's recordings by the name of their list: each word's clips, `*.negatives` by set, noise.
 *
 * @param audio the folder of recordings
 * @param words one, or several: what is none of them is negative
 */
export function readSplit(audio, split, words) {
  const { list, fold, negatives } = SPLITS[split];
  const clips = listed(audio, list);
  const pathsOf = (wanted) => clips.filter(wanted).map(({ path }) => path);
  const spoken = [words].flat();
  const noise = flacFiles(join(audio, 'esc10')).filter((path) => basename(path).startsWith(`${fold}-`));
  return {
    ...Object.fromEntries(
      spoken.filter((word) => isCommand(audio, word)).map((word) => [word, pathsOf((clip) => clip.word === word)]),
    ),
    ...Object.fromEntries(
      Object.entries(negatives).map(([name, folder]) => [`${name}.negatives`, flacFiles(join(audio, folder))]),
    ),
    [`esc10-fold-${fold}.negatives`]: noise,
    'other-words.negatives': pathsOf((clip) => !spoken.includes(clip.word)),
    noise,
  };
}

/** Whether Speech Commands has clips of a word. */
const isCommand = (audio, word) => existsSync(join(audio, 'speech-commands', word));

/**
 * Writes the lists of both splits below a folder; paths in them are relative to their own folder.
 *
 * @param words as of `readSplit`
 */
export function writeLists(audio, words, output) {
  for (const split of Object.keys(SPLITS)) {
    const folder = join(output, split);
    mkdirSync(folder, { recursive: true });
    for (const [name, paths] of Object.entries(readSplit(audio, split, words))) {
      const lines = paths.map((path) => `${relative(resolve(folder), resolve(path))}\n`);
      writeFileSync(join(folder, `${name}.txt`), lines.join(''));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true, // further words
    options: {
      audio: { type: 'string', default: '../shared/audio' },
      word: { type: 'string', default: 'happy' },
      output: { type: 'string', default: join('build', 'lists') },
    },
  });
  const words = [...new Set([values.word, ...positionals])];
  writeLists(values.audio, words, values.output);
  for (const word of words)
    if (!isCommand(values.audio, word)) console.error(`${word}: not in Speech Commands, so there is no list of it`);
  console.log(`${values.output}: ${Object.keys(SPLITS).join(', ')}`);
}
