/**
 * What only Node has: audio files, and a microphone through a recording program.
 *
 * @module tympan/node
 */
export { readAudio, type AudioFile, type ReadAudioOptions } from './audio-file.js';
export { encodeWav } from './encode-wav.js';
export { devices, type Device } from './devices.js';
export { microphone, type Microphone, type MicrophoneOptions } from './microphone.js';
export { MicrophoneError } from './microphone-error.js';
export type { MicrophoneFailure, MicrophoneStatus } from './microphone-status.js';
export type { Recorder } from './recorder.js';
