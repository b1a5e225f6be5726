/** Tells whether the page is hidden, where it is, and each time that changes. */
export function watchVisibility(signal: AbortSignal, tell: (isHidden: boolean) => void): void {
  document.addEventListener('visibilitychange', () => tell(document.hidden), { signal });
  if (document.hidden) tell(true);
}
