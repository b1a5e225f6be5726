import { MicrophoneError } from './microphone-error.js';

/** A microphone that the browser knows. */
export interface Device {
  /** What `device` of `listen` takes: of this origin, and until its site data are deleted. */
  readonly id: string;
  /** As the system calls it. */
  readonly name: string;
  /** Whether `listen` opens it unless told. */
  readonly isDefault: boolean;
}

/**
 * What the browser records with.
 *
 * @throws MicrophoneError `insecure-context`, or `no-device` where the browser has no microphones at all
 */
export function mediaDevices(): MediaDevices {
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices) return devices;
  if (!isSecureContext)
    throw new MicrophoneError(
      'insecure-context',
      `page ${location.origin}: browsers give the microphone to secure pages only; serve it by HTTPS, or from localhost`,
    );
  throw new MicrophoneError(
    'no-device',
    'this browser offers no microphone (navigator.mediaDevices is undefined); an embedded browser may need a setting for it',
  );
}

/**
 * The microphones. Before the user has once allowed one, browsers hide their names and ids: the list then has one entry of empty
 * strings, or tells nothing but how many there are.
 *
 * @throws MicrophoneError as a rejection, where there can be none: `insecure-context`, `no-device`
 */
export async function microphones(): Promise<readonly Device[]> {
  const inputs = (await mediaDevices().enumerateDevices()).filter(({ kind }) => kind === 'audioinput');
  // Chromium lists the default as a device of that id; else it comes first: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-enumeratedevices
  const main = inputs.find(({ deviceId }) => deviceId === 'default') ?? inputs[0];
  return inputs.map((input) => ({ id: input.deviceId, name: input.label, isDefault: input === main }));
}
