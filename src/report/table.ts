/**
 * Tables that scroll sideways where they are too wide, by keyboard as well. End tags that HTML implies are left out:
 * rows are many.
 */
import { html, Markup, type Content } from './html.js';

export interface Table {
  /** What it is, for who can't see it. */
  readonly label: string;
  readonly caption: Content;
  /** 'figures' stand right, 'words' left; 'files' can be sorted and searched as well. */
  readonly kind: 'figures' | 'words' | 'files';
  /** Over one column each, or a title over several of their own. */
  readonly titles: readonly (string | { readonly over: string; readonly titles: readonly string[] })[];
  readonly rows: readonly Row[];
}

export interface Row {
  /** First columns: what the row is about. */
  readonly names: readonly Cell[];
  readonly cells: readonly Cell[];
  readonly marked?: boolean;
}

/** `failures` marks a cell in which something went wrong, and sorts it above those with fewer. */
export type Cell = string | number | { readonly text: string; readonly title?: string; readonly failures?: number };

export function table({ label, caption, kind, titles, rows }: Table): Markup {
  const names = rows[0]?.names.length ?? 0;
  const under = titles.flatMap((title) => (typeof title === 'string' ? [] : title.titles));
  const content = [
    html`<caption>
      ${caption}
    </caption>`,
    new Markup('\n<thead><tr>'),
    ...titles.map((title, i) =>
      typeof title === 'string'
        ? tagged(`th scope="col"${i < names ? ' class="name"' : ''}${under.length > 0 ? ' rowspan="2"' : ''}`, title)
        : tagged(`th scope="colgroup" colspan="${title.titles.length}"`, title.over),
    ),
    under.length > 0 && [new Markup('\n<tr>'), under.map((title) => tagged('th scope="col"', title))],
    new Markup('\n<tbody>'),
    rows.map(rowOf),
  ];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    ${tagged(`table class="${kind}"`, content)}${new Markup('</table>')}
  </div> `;
}

function rowOf({ names, cells, marked }: Row): Content {
  return [
    new Markup(marked ? '\n<tr class="marked">' : '\n<tr>'),
    names.map((cell) => cellOf('th scope="row"', cell)),
    cells.map((cell) => cellOf('td', cell)),
  ];
}

function cellOf(tag: string, cell: Cell): Content {
  if (typeof cell !== 'object') return tagged(tag, cell);
  const { text, title, failures } = cell;
  const attributes = [
    failures !== undefined && html` class="bad"`,
    failures !== undefined && failures > 1 && html` data-failures="${failures}"`,
    title !== undefined && html` title="${title}"`,
  ];
  return [new Markup(`<${tag}`), attributes, new Markup('>'), text];
}

function tagged(tag: string, content: Content): Content {
  return [new Markup(`<${tag}>`), content];
}
