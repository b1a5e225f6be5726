/** Fresh projects with the packed package in them, as a registry would bring it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { packInto } from '../packed.js';

const FIXTURES = 'test/fixtures/bundlers';

/** Makes projects; they lie outside of this one, so that nothing of it is found by looking upwards. */
export interface Workshop {
  /**
   * The folder of a new project like the fixture `name`: tympan from the tarball, and `tools`, which are packages that are installed
   * here already, in its node_modules.
   */
  open(name: string, tools: readonly string[]): string;
  close(): void;
}

/** @throws Error where the package can't be packed */
export function openWorkshop(): Workshop {
  const home = mkdtempSync(join(tmpdir(), 'tympan-bundlers-'));
  const tarball = packInto(home).path;
  return {
    open(name, tools) {
      const folder = mkdtempSync(join(home, `${name}-`));
      cpSync(join(FIXTURES, name), folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
      install(tarball, join(folder, 'node_modules'));
      for (const tool of tools) link(tool, join(folder, 'node_modules'));
      return folder;
    },
    close: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** As npm unpacks it, without asking a registry: what the package depends on is linked. */
function install(tarball: string, modules: string): void {
  mkdirSync(modules);
  execFileSync('tar', ['-xzf', tarball, '-C', modules]);
  renameSync(join(modules, 'package'), join(modules, 'tympan'));
  const manifest = readFileSync(join(modules, 'tympan', 'package.json'), 'utf8');
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> };
  for (const name of Object.keys(dependencies)) link(name, modules);
}

function link(name: string, modules: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(resolve('node_modules', name), join(modules, name));
}
