/**
 * Wake words in a page: from the microphone to events, on the audio thread. Models come from `loadModel` of `tympan`.
 */
export type { DetectionOptions } from '../detection/settings.js';
export type { Around, Clip } from '../hearing/clips.js';
export { createDetectorNode } from './create-detector-node.js';
export type { DetectorNode, DetectorNodeOptions } from './detector-node.js';
export { microphones, type Device } from './devices.js';
export { listen, type Listener, type ListenOptions } from './listener.js';
export { MicrophoneError } from './microphone-error.js';
export type { MicrophoneSettings } from './open-microphone.js';
export type { Reason, State, Status } from './status.js';
export type { HearingCallbacks, Level, Wake } from './wake.js';
