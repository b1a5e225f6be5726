/** Names of files on a page that may be published: they do not tell how the folders of a machine are called. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Failure } from '../evaluation/failures.js';
import type { Evaluation } from '../evaluation/result.js';

/**
 * Shortens paths: to those relative to the current folder, or of files outside of it to their names, with as many of
 * the folders that they are in as tell them apart.
 *
 * @param paths all that are shown together
 */
export function publicNames(paths: Iterable<string>): (path: string) => string {
  const names = new Map<string, string>();
  const outside = new Map<string, string[]>(); // the absolute path's parts
  for (const path of new Set(paths)) {
    const name = inFolder(path);
    if (name !== null) names.set(path, name);
    else outside.set(path, resolve(path).split(sep).filter(Boolean));
  }
  for (let length = 1; outside.size > 0; length++) {
    const counts = new Map<string, number>();
    const shortened = [...outside].map(([path, parts]) => ({ path, parts, name: parts.slice(-length).join('/') }));
    for (const { name } of shortened) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const { path, parts, name } of shortened) {
      if (counts.get(name)! > 1 && length < parts.length) continue;
      names.set(path, name);
      outside.delete(path);
    }
  }
  return (path) => names.get(path) ?? path;
}

/** Null for a path that leads out of the current folder. */
function inFolder(path: string): string | null {
  const name = relative('', path);
  const leadsOut = name === '..' || name.startsWith(`..${sep}`) || isAbsolute(name);
  return leadsOut ? null : name.split(sep).join('/') || '.';
}

/** An evaluation and its failures with such names of files, sets and models. */
export function withPublicNames<F extends Failure>(
  evaluation: Evaluation,
  failures: readonly F[],
): { evaluation: Evaluation; failures: F[] } {
  const conditions = evaluation.models.flatMap(({ keywords }) => keywords.flatMap((one) => one.conditions));
  const model = publicNames(evaluation.models.map((one) => one.model));
  const set = publicNames(conditions.flatMap(({ sets }) => sets.map(({ name }) => name)));
  const file = publicNames(conditions.flatMap(({ files }) => files.map((one) => one.file)));
  const models = evaluation.models.map((one) => ({
    ...one,
    model: model(one.model),
    keywords: one.keywords.map((result) => ({
      ...result,
      conditions: result.conditions.map((condition) => ({
        ...condition,
        sets: condition.sets.map((own) => ({ ...own, name: set(own.name) })),
        files: condition.files.map((own) => ({ ...own, file: file(own.file), set: set(own.set) })),
      })),
    })),
    confusion: one.confusion.map((table) => ({
      ...table,
      rows: table.rows.map((row) => (row.kind === 'negatives' ? { ...row, said: set(row.said) } : row)),
    })),
  }));
  return {
    evaluation: { ...evaluation, models },
    failures: failures.map((failure) => ({ ...failure, file: file(failure.file) })),
  };
}

/** A command line as a shell takes it, with such names for the paths that lead out of the current folder. */
export function publicCommand(words: readonly string[]): string {
  return words
    .map((word) => {
      const [, flag, path] = /^(--[a-z-]+=|-m)?(.*)$/s.exec(word)!;
      const isPath = isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`);
      return quoted(isPath ? `${flag ?? ''}${publicNames([path])(path)}` : word);
    })
    .join(' ');
}

/** In single quotes where a shell would not take it for one word. */
function quoted(word: string): string {
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
