import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Builds the example as its own build does, with this package as its `tympan`. @returns its folder, and that of its packages */
export async function buildElectronExample(name: string): Promise<{ folder: string; packages: string }> {
  const folder = resolve('build', name);
  const packages = resolve(folder, 'node_modules');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(packages, { recursive: true });
  symlinkSync(resolve('.'), resolve(packages, 'tympan'), 'dir');
  const { buildExample } = (await import(pathToFileURL('examples/electron/build.mjs').href)) as {
    buildExample(outdir: string, tympan: string, nodePaths: readonly string[]): Promise<void>;
  };
  await buildExample(folder, resolve('.'), [packages]);
  return { folder, packages };
}
