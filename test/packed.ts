import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Packed {
  /** Where the tarball is. */
  readonly path: string;
  readonly size: number; // bytes
  readonly files: readonly { readonly path: string }[];
}

/** What `npm publish` would send of the tree as it is built: nothing is built again. */
export function packInto(folder: string): Packed {
  // Where npm runs the tests, the npm of a dependency comes first on PATH: one of 2022, which can't pack elsewhere.
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [program, ...before] = npm;
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const answer = execFileSync(program, [...before, ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename, size, files }] = JSON.parse(answer) as [Omit<Packed, 'path'> & { readonly filename: string }];
  return { path: join(folder, filename), size, files };
}
