import { build } from 'esbuild';

const HTML =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tympan</title><script type="module" src="/page.js"></script></html>';

/** A page of test/pages and all that it imports, as files of a site. */
export async function bundlePage(name: string): Promise<Record<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { page: `build/test/pages/${name}.js` },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    external: ['node:*'],
    outdir: '/',
    write: false,
    logLevel: 'error',
  });
  return { '/': HTML, ...Object.fromEntries(outputFiles.map(({ path, contents }) => [path, contents])) };
}
