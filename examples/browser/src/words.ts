/** Seconds as people write them: 3.8 s, 1:03.8. */
export function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
}

export function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

/** Bytes in units of 1,000. */
export function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
}

/** “a”, “a” or “b”, “a”, “b” or “c”. */
export function wordsFor(keywords: readonly { readonly name: string }[]): string {
  const quoted = keywords.map(({ name }) => `“${name}”`);
  if (quoted.length < 2) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} or ${quoted[quoted.length - 1]}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
