/** One page with everything in it: works from a file, without a network, and its tables without JavaScript. */
import { createHash } from 'node:crypto';
import type { Evaluation } from '../evaluation/result.js';
import { comparisonSection } from './comparison.js';
import { confusionSection } from './confusion.js';
import { detFigure } from './det.js';
import { failuresSection, type ShownFailure } from './failures.js';
import { headline } from './headline.js';
import { html, Markup } from './html.js';
import { method } from './method.js';
import { keywordsOf, runsOf } from './runs.js';
import { libraryStyle, scripts } from './scripts.js';
import { LAYOUT } from './style/layout.js';
import { PALETTE } from './style/palette.js';
import { PARTS } from './style/parts.js';
import { sweepSection } from './sweep.js';
import { filesTable, setsTable } from './tables.js';

export interface ReportOptions {
  readonly evaluation: Evaluation;
  /** Of `evaluation`, in the order in which they are shown; with a `wav` those that can be played. */
  readonly failures: readonly ShownFailure[];
  readonly title: string;
  /** Name and value of what else a reader should know: the models' files, the date, the command. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** The text of the page, UTF-8 to be. Names of files, models and keywords may be anything. */
export function reportPage({ evaluation, failures, title, facts }: ReportOptions): string {
  const keywords = keywordsOf(evaluation);
  const confusion = confusionSection(evaluation);
  const style = minified([libraryStyle(), PALETTE, LAYOUT, PARTS].join(' '));
  const code = scripts();
  // Only what is written here may run or be shown; a name that slipped through could load nothing.
  const policy = [
    "default-src 'none'",
    'media-src data:',
    'img-src data:',
    `style-src ${hash(style)}`,
    `script-src ${code.map(({ text }) => hash(text)).join(' ')}`,
  ].join('; ');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}" />
        <meta name="viewport" content="width=device-width" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${inline('style', style)}
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          ${facts.length > 0 && factList(facts)} ${keywords.length > 1 && contents(keywords, confusion !== null)}
        </header>
        <main>
          ${confusion} ${keywords.map((keyword, i) => keywordSection(keyword, i, evaluation, failures))}
          ${method(evaluation)}
        </main>
        ${code.map(({ type, text }) => inline('script', text, type === 'module' ? ' type="module"' : ''))}
      </body>
    </html> `.text;
}

function factList(facts: ReportOptions['facts']): Markup {
  return html`<dl>
    ${facts.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

function contents(keywords: readonly string[], hasTable: boolean): Markup {
  return html`<nav aria-label="Keywords">
    <ul>
      ${hasTable && html`<li><a href="#confusion">all keywords</a></li>`}
      ${keywords.map((keyword, i) => html`<li><a href="#keyword-${i}">${keyword}</a></li>`)}
    </ul>
  </nav>`;
}

function keywordSection(
  keyword: string,
  index: number,
  evaluation: Evaluation,
  failures: readonly ShownFailure[],
): Markup {
  const runs = runsOf(evaluation, keyword);
  const several = keywordsOf(evaluation).length > 1;
  return html`<section aria-labelledby="keyword-${index}">
    <h2 id="keyword-${index}">“${keyword}”</h2>
    ${headline(evaluation, runs)} ${comparisonSection(evaluation, keyword)} ${detFigure(evaluation, keyword, runs)}
    ${sweepSection(evaluation, keyword, runs, several)}
    ${failuresSection(
      runs,
      failures.filter((failure) => failure.keyword === keyword),
    )}
    ${setsTable(runs, several)} ${filesTable(runs)}
  </section>`;
}

/** A style or script to the letter, as its hash in the policy needs. */
function inline(tag: 'style' | 'script', text: string, attributes = ''): Markup {
  if (text.toLowerCase().includes(`</${tag}`)) throw new Error(`<${tag}>: its text holds its own end`);
  return new Markup(`<${tag}${attributes}>${text}</${tag}>\n`);
}

/** As the policy names an inline script or style (CSP level 3, 2.3.1). */
function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

/** No spaces where none count; a third of the style's size. */
function minified(style: string): string {
  return style.replace(/\s+/g, ' ').trim();
}
