import type { Reason, Status } from 'tympan/browser';

/** How a status looks. */
export type Tone = 'idle' | 'busy' | 'live' | 'warning' | 'failed';

export interface StatusWords {
  readonly tone: Tone;
  readonly headline: string;
  /** What to do, or nothing. */
  readonly hint: string;
}

const FAILED: Partial<Record<Reason, readonly [string, string]>> = {
  'permission-denied': [
    'The microphone was refused',
    'Allow it for this page: a symbol in the address bar leads there, and so do the privacy settings of the system. Then start again.',
  ],
  'no-device': ['There is no microphone', 'Plug one in, or choose another, then start again.'],
  'device-busy': ['The microphone is in use', 'Close the program that records with it, then start again.'],
  'device-lost': [
    'The microphone is gone',
    'It was unplugged, or the browser took it back. Plug it in, then start again.',
  ],
  'insecure-context': [
    'This page is not secure',
    'Browsers give the microphone to pages of HTTPS and of localhost only.',
  ],
  'no-audio-worklet': ['This browser is too old', 'Listening needs Chrome 97, Firefox 104, Safari 16.4 or newer.'],
};

const PAUSED: Partial<Record<Reason, readonly [string, string]>> = {
  interrupted: ['Interrupted', 'The system has taken the sound away, as for a call. It goes on by itself.'],
  'page-hidden': ['Paused while the page is hidden', ''],
};

/**
 * What a status means for the person in front of the page.
 *
 * @param words that are listened for
 */
export function wordsOf({ state, reason, message }: Status, words: string): StatusWords {
  if (state === 'starting') return starting(reason);
  if (state === 'paused')
    return told('idle', PAUSED[reason] ?? ['Paused', 'The microphone is held, and nothing is heard.']);
  if (state === 'listening') return { tone: 'live', headline: 'Listening', hint: `Say ${words}.` };
  if (state === 'silent')
    return told('warning', [
      'Nothing but digital silence arrives',
      "Is the microphone muted? On macOS, the browser needs the permission of the system's privacy settings too.",
    ]);
  if (state === 'reconnecting')
    return told('warning', ['The microphone is gone', 'Plug it in: listening goes on by itself.']);
  if (reason === 'asked') return told('idle', ['Not listening', 'The microphone is released.']);
  return told('failed', FAILED[reason] ?? ['Listening has failed', message]);
}

function starting(reason: Reason): StatusWords {
  if (reason === 'needs-gesture')
    return told('busy', ['Waiting for a click or a key', 'The browser starts audio only then.']);
  return told('busy', ['Opening the microphone…', 'Allow it, if the browser asks.']);
}

function told(tone: Tone, [headline, hint]: readonly [string, string]): StatusWords {
  return { tone, headline, hint };
}
