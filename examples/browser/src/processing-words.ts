import type { Listener } from 'tympan/browser';

const NAMES = {
  echoCancellation: 'echo cancellation',
  noiseSuppression: 'noise suppression',
  autoGainControl: 'gain control',
} as const;

/** What the browser does to the sound all the same, which changes the features; '' where it does nothing. */
export function processingWords(settings: Listener['settings']): string {
  const fields = Object.keys(NAMES) as (keyof typeof NAMES)[];
  const on = fields.filter((field) => settings[field] === true).map((field) => NAMES[field]);
  if (on.length === 0) return '';
  return `The browser did not switch off: ${on.join(', ')}. More words may be missed.`;
}
