/**
 * - `starting`: the microphone, the worklet or the audio context is not there yet
 * - `listening`: sound is being heard
 * - `silent`: it listens, to nothing but digital zeros, or to a microphone that the browser or the system has muted
 * - `reconnecting`: the microphone is gone, and another, or the same one, is waited for
 * - `paused`: by the page, while it is hidden, or because the system has interrupted its audio
 * - `stopped`: for good; the microphone is released
 */
export type State = 'starting' | 'listening' | 'silent' | 'reconnecting' | 'paused' | 'stopped';

/**
 * Why a status is what it is.
 *
 * - `asked`: the page asked for it
 * - `permission-denied`: the user, the system or the page's Permissions-Policy refuses the microphone
 * - `no-device`: there is no microphone, or none of the asked name
 * - `device-busy`: the system can't open the microphone; another program may hold it
 * - `device-lost`: it was unplugged, or the browser took it back
 * - `insecure-context`: the page is neither HTTPS nor localhost
 * - `no-audio-worklet`: the browser is too old
 * - `worklet-unavailable`: the file of `tympan/worklet` can't be loaded
 * - `needs-gesture`: the browser starts audio with the next click or key only
 * - `page-hidden`, `page-visible`: the page went into the background, or came back
 * - `interrupted`: the audio context was stopped from outside, such as by a phone call
 * - `digital-silence`: for five seconds there were only zeros
 * - `muted`: the browser or the system has muted the microphone
 * - `sound`: the end of either
 * - `processed`: the browser did not switch echo cancellation, noise suppression or gain control off; they change the features
 * - `aborted`: by the AbortSignal
 * - `error`: anything else
 */
export type Reason =
  | 'asked'
  | 'permission-denied'
  | 'no-device'
  | 'device-busy'
  | 'device-lost'
  | 'insecure-context'
  | 'no-audio-worklet'
  | 'worklet-unavailable'
  | 'needs-gesture'
  | 'page-hidden'
  | 'page-visible'
  | 'interrupted'
  | 'digital-silence'
  | 'muted'
  | 'sound'
  | 'processed'
  | 'aborted'
  | 'error';

/** What a listener is doing, and why. */
export interface Status {
  readonly state: State;
  readonly reason: Reason;
  /** A sentence for people, in English. */
  readonly message: string;
}

const ASKED: Readonly<Record<State, string>> = {
  starting: 'the microphone is being opened',
  listening: 'listening',
  silent: 'only silence arrives',
  reconnecting: 'the microphone is gone; waiting for one',
  paused: 'paused',
  stopped: 'stopped',
};

const MESSAGES: Partial<Record<Reason, string>> = {
  'needs-gesture': 'the browser has not started audio yet: it waits for a click or a key, or there is no sound output',
  'page-hidden': 'the page is hidden',
  'page-visible': 'the page is visible again',
  interrupted: 'the audio context was stopped from outside',
  'digital-silence':
    'only digital silence arrives: the microphone is muted, or the system withholds it from the browser',
  muted: 'the browser or the system has muted the microphone',
  sound: 'sound arrives again',
  aborted: 'stopped by the signal',
};

/** @param message for reasons that have no sentence of their own */
export function statusOf(state: State, reason: Reason, message?: string): Status {
  return Object.freeze({ state, reason, message: message ?? MESSAGES[reason] ?? ASKED[state] });
}
