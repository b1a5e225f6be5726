/** Finds the recordings of an evaluation, and what is spoken in them. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';
import { AudioError } from '../../errors.js';
import type { FileLabel } from '../../evaluation/label-file.js';
import type { Label, Recording, RecordingSet } from '../../evaluation/sound.js';
import { audioIn, audioListed } from './audio-paths.js';
import { LabelFiles } from './label-files.js';

export interface FindOptions {
  readonly kind: 'positives' | 'negatives';
  /** What recordings without labels say, and labels without text. */
  readonly keyword?: string;
  /** Of the model. */
  readonly keywords: readonly string[];
}

/** Files that are counted together. */
interface Group {
  readonly path: string; // as it was given; of a folder, its labels' root
  readonly name: string;
  readonly isFolder: boolean;
  readonly files: string[];
}

/**
 * The sets of recordings that paths name: a folder (the WAV and FLAC files in it and in the folders in it, sorted), a
 * list (a text file `*.txt` that names audio files, one a line, relative to its own folder), or an audio file; those
 * that are named one by one make one set together.
 *
 * A positive with labels (see LabelFiles) has the utterances that they say: those whose text is a keyword, or is empty
 * where there is only one; one without any keyword has none. A positive without labels is a clip of one keyword as a
 * whole, also where other files of its folder have labels. The keyword is `keyword`, else the name of its nearest
 * folder, up to the one that was given, that is a keyword, else the list's name, else the model's only keyword.
 * Negatives have no labels.
 *
 * @throws AudioError naming the path, for one that can't be searched, has no audio, or is named twice (by a link, too),
 *   and for labels that are wrong, or of which none in a whole set is a keyword; RangeError for a `keyword` that is
 *   none
 */
export async function findRecordings(paths: readonly string[], options: FindOptions): Promise<RecordingSet[]> {
  const { kind, keyword, keywords } = options;
  if (keyword !== undefined && !keywords.includes(keyword))
    throw new RangeError(`keyword: "${keyword}" is no keyword of the model; keywords are ${keywords.join(', ')}`);
  const groups = await groupsOf(paths, kind);
  await refuseTwice(groups, kind);
  const names = uniqueNames(groups);
  const labels = new LabelFiles();
  const sets: RecordingSet[] = [];
  for (const [g, group] of groups.entries()) {
    const recordings =
      kind === 'negatives'
        ? group.files.map((file) => ({ file, labels: [] }))
        : await positivesOf(group, labels, options);
    sets.push({ name: names[g], kind, recordings });
  }
  return sets;
}

async function groupsOf(paths: readonly string[], kind: string): Promise<Group[]> {
  const groups: Group[] = [];
  const single: Group = { path: 'single files', name: 'single files', isFolder: false, files: [] };
  for (const path of paths) {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'no such file or folder' : error.message;
      throw new AudioError(`${kind}: ${path}: ${reason}`, { cause: error });
    });
    const name = basename(resolve(path));
    if (found.isDirectory()) {
      groups.push({ path, name, isFolder: true, files: await audioIn(path) });
    } else if (/\.txt$/i.test(path)) {
      groups.push({ path, name: basename(name, extname(name)), isFolder: false, files: await audioListed(path) });
    } else {
      if (single.files.length === 0) groups.push(single);
      single.files.push(path);
    }
  }
  return groups;
}

/** What counts twice would make the intervals too narrow. */
async function refuseTwice(groups: readonly Group[], kind: string): Promise<void> {
  const owners = new Map<string, Group>();
  for (const group of groups) {
    for (const file of group.files) {
      const path = await pathOf(file);
      const owner = owners.get(path);
      owners.set(path, group);
      if (!owner) continue;
      const where = owner === group ? `twice in ${group.path}` : `in ${owner.path} and in ${group.path}`;
      throw new AudioError(`${kind}: ${file} is ${where}; each recording counts once, so name it once`);
    }
  }
}

/** Where links lead; a link to nothing stays what it is, and reading it will say so. */
function pathOf(file: string): Promise<string> {
  return realpath(file).catch(() => resolve(file));
}

/**
 * Refuses a recording among both: what is spoken in it would count as heard and as a false alarm.
 *
 * @throws AudioError naming the file and its sets
 */
export async function refuseShared(
  positives: readonly RecordingSet[],
  negatives: readonly RecordingSet[],
): Promise<void> {
  const owners = new Map<string, RecordingSet>();
  for (const set of positives) for (const { file } of set.recordings) owners.set(await pathOf(file), set);
  for (const { name, recordings } of negatives) {
    for (const { file } of recordings) {
      const owner = owners.get(await pathOf(file));
      if (owner)
        throw new AudioError(
          `${file}: is in the positives (${owner.name}) and in the negatives (${name}), where its words would be ` +
            'false alarms; name it once',
        );
    }
  }
}

/** Names, or paths where names are not enough to tell sets apart. */
function uniqueNames(groups: readonly Group[]): string[] {
  return groups.map(({ name, path }) => (groups.filter((group) => group.name === name).length > 1 ? path : name));
}

async function positivesOf(group: Group, files: LabelFiles, options: FindOptions): Promise<Recording[]> {
  const recordings: Recording[] = [];
  const passedOver = new Set<string>();
  let kept = 0;
  for (const file of group.files) {
    const own = await files.of(file, group.isFolder ? group.path : dirname(file));
    if (!own) {
      recordings.push({ file, labels: { whole: keywordOf(file, group, options) } });
      continue;
    }
    const labels = own.flatMap((label) => labelOf(file, label, options) ?? []);
    refuseSameStart(file, labels);
    for (const { label } of own) passedOver.add(label);
    kept += labels.length;
    recordings.push({ file, labels });
  }
  if (passedOver.size > 0 && kept === 0) {
    const some = [...passedOver].slice(0, 5).map((label) => `"${label}"`);
    throw new AudioError(
      `positives: ${group.path}: none of its labels is a keyword of the model: got ${some.join(', ')}, expected ` +
        `${options.keywords.join(' or ')}; correct the label files`,
    );
  }
  return recordings;
}

/** Of two words that begin at once one would always be missed. */
function refuseSameStart(file: string, labels: readonly Label[]): void {
  const seen = new Set<string>();
  for (const { keyword, start } of labels) {
    const place = `${start} ${keyword}`;
    if (seen.has(place))
      throw new AudioError(
        `${file}: has two labels "${keyword}" that begin at ${start} s, expected one; remove the other`,
      );
    seen.add(place);
  }
}

/** Null for a label of something else. */
function labelOf(file: string, { label, start, end }: FileLabel, { keyword, keywords }: FindOptions): Label | null {
  if (keywords.includes(label)) return { keyword: label, start, end };
  const place = `${file}: its label "${label}" from ${start} to ${end} s`;
  if (label === '') {
    const only = keyword ?? (keywords.length === 1 ? keywords[0] : undefined);
    if (only !== undefined) return { keyword: only, start, end };
    throw new AudioError(
      `${place} says no keyword; keywords are ${keywords.join(', ')}: write one, or say it with keyword`,
    );
  }
  const meant = keywords.find((one) => one.toLowerCase() === label.toLowerCase());
  if (meant === undefined) return null;
  throw new AudioError(`${place} is nearly the keyword "${meant}"; correct the label file`);
}

function keywordOf(file: string, { path, name, isFolder }: Group, { keyword, keywords }: FindOptions): string {
  if (keyword !== undefined) return keyword;
  const folders = resolve(dirname(file)).split(sep).reverse(); // the nearest first
  const inside = isFolder ? relative(resolve(path), resolve(dirname(file))) : '';
  const candidates = folders.slice(0, inside === '' ? 1 : inside.split(sep).length + 1);
  const found = [...candidates, name].find((one) => keywords.includes(one));
  if (found !== undefined) return found;
  if (keywords.length === 1) return keywords[0];
  throw new AudioError(
    `positives: ${file}: which keyword it says is not known: it has no labels, and its folder "${candidates[0]}" is ` +
      `none of the keywords ${keywords.join(', ')}; say it with keyword, or name folders of clips after keywords`,
  );
}
