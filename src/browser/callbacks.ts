/** Tells the page of an error as one that nobody caught: what a callback throws is not the listener's affair, but is not lost. */
function reportUncaught(error: unknown): void {
  if (typeof reportError === 'function') return reportError(error); // Safari from 15.4, Chrome 95, Firefox 93
  setTimeout(() => {
    throw error;
  });
}

/** Calls a page's callback, if there is one. What it throws is reported as uncaught. */
export function call<Arguments extends unknown[]>(
  callback: ((...given: Arguments) => unknown) | undefined,
  ...given: Arguments
): void {
  try {
    callback?.(...given);
  } catch (error) {
    reportUncaught(error);
  }
}
