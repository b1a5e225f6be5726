/** What only Node has: audio files, and a microphone through a recording program. */
export { readAudio, type AudioFile, type ReadAudioOptions } from './audio-file.js';
export { microphone, type Microphone, type MicrophoneOptions } from './microphone.js';
export type { Recorder } from './recorder.js';
