/**
 * Markup. What a template is given is text and becomes escaped, unless a template made it; so names from files can't
 * become tags.
 */

export class Markup {
  constructor(readonly text: string) {}
}

/** Shown as it is said; a list one after the other; nothing for null, undefined and false. */
export type Content = string | number | Markup | null | undefined | false | readonly Content[];

/**
 * A tagged template of HTML: `` html`<td>${file}</td>` ``; attributes in double quotes. The template's own indents
 * fall away.
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + textOf(contents[i - 1]) + part.replace(/\n\s*/g, '\n'), ''));
}

function textOf(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (Array.isArray(content)) return content.map(textOf).join('');
  return escape(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Controls that HTML has no way to write, ends of lines that only some know, and marks that turn the text around
 * them.
 */
const UNSEEN = /[\p{Bidi_Control}\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/gu;

function escape(text: string): string {
  return text.replace(UNSEEN, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * JSON for the inside of a `<script type="application/json">`, where the parser of HTML looks for `</script` and
 * `<!--`: no `<` is left as it is. Marks that turn the text around them, and ends of lines that only some know, are
 * replaced as elsewhere.
 */
export function json(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replace(UNSEEN, '\ufffd').replaceAll('<', '\\u003c'));
}
