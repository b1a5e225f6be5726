import { MicrophoneError } from './microphone-error.js';
import { processingOf, settingsOf, stopTracks, type MicrophoneSettings } from './open-microphone.js';

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
  #isProcessingTold = false;

  /**
   * @param isOwn whether the stream is a microphone that was opened for this, and is to be released
   * @throws MicrophoneError `error` where the context can't take the stream, of which an own one is released
   */
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
    try {
      this.#source = sourceOf(context, stream);
    } catch (error) {
      if (isOwn) stopTracks(stream);
      throw error;
    }
    this.#source.connect(node);
    const { signal } = this.#over;
    this.#track.addEventListener('ended', () => tell('lost'), { signal });
    this.#track.addEventListener('mute', () => tell('muted'), { signal });
    this.#track.addEventListener('unmute', () => tell('unmuted'), { signal });
  }

  get isLost(): boolean {
    return this.#track.readyState === 'ended';
  }

  get isMuted(): boolean {
    return this.#track.muted;
  }

  /** What the browser did not switch off, the first time that it is asked. */
  takeProcessing(): readonly string[] {
    if (this.#isProcessingTold) return [];
    this.#isProcessingTold = true;
    return processingOf(this.settings);
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

/** A closed context takes none; Firefox has a context take only streams of its own rate. */
function sourceOf(context: AudioContext, stream: MediaStream): MediaStreamAudioSourceNode {
  try {
    return context.createMediaStreamSource(stream);
  } catch (cause) {
    const { name, message } = cause as DOMException;
    throw new MicrophoneError(
      'error',
      `an AudioContext of ${context.sampleRate} Hz that is ${context.state} can't take the microphone: ${name}: ${message}; ` +
        "leave `context` out, or give one that is open and of the microphone's rate",
      { cause },
    );
  }
}
