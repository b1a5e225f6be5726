/** What may be in a file's name everywhere, of a keyword in any script. */
const UNSAFE = /[^\p{L}\p{M}\p{N}-]+/gu;
/** Of a keyword, as much as leaves room for the rest of 255 bytes: characters. */
const LONGEST = 40;

/** A part of a file's name that tells which keyword it is. */
export function fileNameOf(keyword: string): string {
  return keyword.replace(UNSAFE, '-').slice(0, LONGEST);
}
