import { mediaDevices } from './devices.js';
import { MicrophoneError } from './microphone-error.js';
import type { Reason } from './status.js';

/** What changes the features of speech. Browsers switch it on unless told. */
const PROCESSING = ['echoCancellation', 'noiseSuppression', 'autoGainControl'] as const;

/** How a browser really opened a microphone: `undefined` where it does not say, as Safari of noise suppression. */
export type MicrophoneSettings = Readonly<Record<(typeof PROCESSING)[number], boolean | undefined>>;

/** Of a microphone that is not open. */
export const UNKNOWN_SETTINGS: MicrophoneSettings = Object.freeze({
  echoCancellation: undefined,
  noiseSuppression: undefined,
  autoGainControl: undefined,
});

/** DOMExceptions of getUserMedia: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia */
const REASONS: Readonly<Record<string, Reason>> = {
  NotAllowedError: 'permission-denied',
  SecurityError: 'permission-denied',
  NotFoundError: 'no-device',
  OverconstrainedError: 'no-device',
  NotReadableError: 'device-busy',
  AbortError: 'device-busy',
};

const REMEDIES: Partial<Record<Reason, string>> = {
  'permission-denied':
    'allow the microphone for this page in the browser and in the system\'s privacy settings; an iframe needs allow="microphone"',
  'no-device': 'plug a microphone in; microphones() lists those that there are',
  'device-busy': 'close other programs that record, then try again',
};

/**
 * A microphone, opened for recognition: one channel, without echo cancellation, noise suppression and gain control. Where the signal
 * is aborted while the user is still being asked, the microphone is closed again as soon as it opens.
 *
 * @param device of `microphones()`; the system's default unless told
 * @throws MicrophoneError with a reason; the signal's reason once it is aborted
 */
export async function openMicrophone(device: string | undefined, signal: AbortSignal): Promise<MediaStream> {
  signal.throwIfAborted();
  const audio: MediaTrackConstraints = { channelCount: 1 };
  for (const name of PROCESSING) audio[name] = false;
  if (device !== undefined) audio.deviceId = { exact: device };
  const stream = await mediaDevices()
    .getUserMedia({ audio, video: false })
    .catch((error: unknown) => {
      throw refusalOf(error, device);
    });
  if (signal.aborted) stopTracks(stream);
  signal.throwIfAborted();
  return stream;
}

/** Releases the microphone. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** How the browser opened the track, whatever was asked for. */
export function settingsOf(track: MediaStreamTrack): MicrophoneSettings {
  const settings = track.getSettings();
  return Object.freeze(Object.fromEntries(PROCESSING.map((name) => [name, settings[name]]))) as MicrophoneSettings;
}

/** What the browser did not switch off. */
export function processingOf(settings: MicrophoneSettings): readonly string[] {
  return PROCESSING.filter((name) => settings[name] === true);
}

function refusalOf(error: unknown, device: string | undefined): MicrophoneError {
  const { name, message } = error as DOMException;
  const reason = REASONS[name] ?? 'error';
  const which = device === undefined ? 'microphone' : `microphone "${device}"`;
  const remedy = REMEDIES[reason];
  return new MicrophoneError(
    reason,
    `${which} can't be opened: ${name}${message && `: ${message}`}${remedy ? `; ${remedy}` : ''}`,
    { cause: error },
  );
}
