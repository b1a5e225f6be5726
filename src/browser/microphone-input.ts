import { MicrophoneError } from './microphone-error.js';
import { openMicrophone, settingsOf, stopTracks, type MicrophoneSettings } from './open-microphone.js';

/**
 * - `lost`: the track has ended, and gives no sound any more
 * - `muted`, `unmuted`: by the browser or the system
 */
export type InputEvent = 'lost' | 'muted' | 'unmuted';

/** A stream, a microphone's or the page's own, on its way into a node. */
export class MicrophoneInput {
  readonly settings: MicrophoneSettings;
  readonly #stream: MediaStream;
  readonly #track: MediaStreamTrack;
  readonly #isOwn: boolean;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #over = new AbortController();

  /** @param isOwn whether the stream is a microphone that was opened for this, and is to be released */
  constructor(
    context: AudioContext,
    node: AudioNode,
    stream: MediaStream,
    isOwn: boolean,
    tell: (event: InputEvent) => void,
  ) {
    this.#stream = stream;
    this.#isOwn = isOwn;
    this.#track = stream.getAudioTracks()[0];
    this.settings = settingsOf(this.#track);
    const { signal } = this.#over;
    this.#track.addEventListener('ended', () => tell('lost'), { signal });
    this.#track.addEventListener('mute', () => tell('muted'), { signal });
    this.#track.addEventListener('unmute', () => tell('unmuted'), { signal });
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(node);
  }

  get isLost(): boolean {
    return this.#track.readyState === 'ended';
  }

  get isMuted(): boolean {
    return this.#track.muted;
  }

  /** Sound or silence: a microphone that is not used is shown as such by many browsers. A page's own stream is left alone. */
  set isEnabled(isEnabled: boolean) {
    if (this.#isOwn) this.#track.enabled = isEnabled;
  }

  /** Releases the microphone. */
  release(): void {
    this.#over.abort();
    this.#source.disconnect();
    if (this.#isOwn) stopTracks(this.#stream);
  }
}

/** Milliseconds after which a lost microphone is tried again, where the browser does not say that devices have changed. */
const RETRY = 5000;
const PASSING = ['no-device', 'device-busy'];

/**
 * A microphone, as soon as there is one.
 *
 * @throws MicrophoneError where waiting does not help, such as a permission that was withdrawn; the signal's reason
 */
export async function awaitMicrophone(device: string | undefined, signal: AbortSignal): Promise<MediaStream> {
  for (;;) {
    try {
      return await openMicrophone(device, signal);
    } catch (error) {
      if (!(error instanceof MicrophoneError && PASSING.includes(error.reason))) throw error;
    }
    await devicesChanged(signal);
    signal.throwIfAborted();
  }
}

function devicesChanged(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = () => {
      over.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, RETRY);
    navigator.mediaDevices.addEventListener('devicechange', end, { signal: over.signal });
    signal.addEventListener('abort', end, { signal: over.signal });
  });
}
