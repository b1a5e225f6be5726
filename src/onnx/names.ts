/** Names that a file gives, in messages: they may be long, or move a terminal's cursor. */

const maxNameLength = 100;

/** More of a list says no more than its beginning. */
const maxListed = 16;

/** Without control and format characters, and at most 100 characters of it. */
export function printable(name: string): string {
  const start = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;
  return start.replace(/[\p{C}\u2028\u2029]/gu, '\ufffd');
}

export function quoted(name: string): string {
  return `"${printable(name)}"`;
}

/** `1, 2, 3`, cut where it is long. */
export function listed(items: Iterable<string | number>): string {
  const all = [...items];
  const shown = all.slice(0, maxListed).map((item) => (typeof item === 'string' ? printable(item) : item));
  return [...shown, ...(all.length > maxListed ? [`… (${all.length})`] : [])].join(', ');
}
