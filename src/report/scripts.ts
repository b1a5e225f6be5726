/** What the page brings along, as text: uPlot with its licence, and the page's own scripts as they were built. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Text between <script> and </script>; a module is run once the page is there, and shares no names. */
export interface Script {
  readonly type: 'classic' | 'module';
  readonly text: string;
}

/** uPlot first: it defines the global `uPlot`, which the charts draw with. */
export function scripts(): Script[] {
  const own = (name: string): Script => ({ type: 'module', text: ownText(name) });
  return [
    { type: 'classic', text: `/*!\n${library('LICENSE')}\n*/\n${library('dist/uPlot.iife.min.js')}` },
    own('charts'),
    own('tables'),
  ];
}

export function libraryStyle(): string {
  return library('dist/uPlot.min.css');
}

function library(path: string): string {
  const style = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');
  return readFileSync(join(dirname(style), '..', path), 'utf8').trim();
}

function ownText(name: string): string {
  return readFileSync(new URL(`./page/${name}.js`, import.meta.url), 'utf8').trim();
}
