/** How many columns text takes on a terminal: keywords come in any script. */

/** Drawn over the character before, or not at all. */
const NONE = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Two columns, as Unicode's East Asian Width (UAX 11) has them: W and F, by their scripts and blocks. */
const TWO =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;

export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfOne(character);
  return width;
}

function widthOfOne(character: string): number {
  if (character >= ' ' && character <= '~') return 1;
  return NONE.test(character) ? 0 : TWO.test(character) ? 2 : 1;
}

/** With spaces to so many columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** At most so many columns, the end cut away. */
export function keepStart(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const character of text) {
    room -= widthOfOne(character);
    if (room < 0) break;
    kept += character;
  }
  return width > 0 ? `${kept}…` : '';
}
