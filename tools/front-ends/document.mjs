/** Generated parts of a hand-written document: each stands between `<!-- name -->` and `<!-- /name -->`. */

const markers = (name) => [`<!-- ${name}: written by tools/front-ends.mjs -->`, `<!-- /${name} -->`];

/** Where the part is, from behind its first marker to before its last. */
function placeOf(document, name) {
  const [begin, end] = markers(name);
  const from = document.indexOf(begin) + begin.length;
  const to = document.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`docs/front-ends.md: expected a part between ${begin} and ${end}`);
  return [from, to];
}

/** @param {string} document @param {string} name */
export function readPart(document, name) {
  return document.slice(...placeOf(document, name)).trim();
}

/** @param {string} document @param {Record<string, string>} parts name → text */
export function withParts(document, parts) {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [from, to] = placeOf(text, name);
    return `${text.slice(0, from)}\n\n${part}\n\n${text.slice(to)}`;
  }, document);
}
