import type { DetectionOptions } from '../detection/settings.js';
import type { Around } from '../hearing/clips.js';
import type { Model } from '../load.js';
import type { MicrophoneSettings } from './open-microphone.js';
import { checkListenOptions } from './options.js';
import { PageListener } from './page-listener.js';
import { plansOf } from './plans.js';
import type { Status } from './status.js';
import type { HearingCallbacks, Wake } from './wake.js';

/** `threshold`, `smoothing` and `refractory` are of all models; by keyword, of those that have it. */
export interface ListenOptions<Heard extends Wake = Wake> extends DetectionOptions, HearingCallbacks<Heard> {
  /** The id of one of `microphones()`; the system's default unless told. */
  readonly device?: string;
  /** Sound of the page's own instead of a microphone. `stop` does not stop its tracks. */
  readonly stream?: MediaStream;
  /** A context of the page's own. It is started once, and neither suspended by `pause` nor closed by `stop`. */
  readonly context?: AudioContext;
  /** Of `tympan/worklet`, or `tympan/worklet/full`, where the bundler does not find it by itself. */
  readonly workletUrl?: string | URL;
  /** Seconds of sound around each event that `wake.audio` brings. */
  readonly audio?: Around;
  /**
   * What happens while the page is hidden. Default `listen`. A page that goes away, or into the back-forward cache, is the browser's
   * affair: it takes the microphone back, which is then `device-lost`.
   */
  readonly whenHidden?: 'listen' | 'pause';
  /** Waits for another microphone, or for the same one, where one was lost; time goes on with its sound. Default false. */
  readonly reconnect?: boolean;
  /** Stops: a loop and `ready` then throw its reason. */
  readonly signal?: AbortSignal;
  /** Called for every status after the first; what it throws is reported as uncaught. */
  onStatus?(status: Status): void;
}

/**
 * What listens. A loop over it gets the events from when it begins; leaving the loop stops the listener, as leaving a loop over a
 * stream does. For more than one loop in turn use `onWake`. What a slow loop does not take waits, 100 events at most.
 */
export interface Listener<Heard extends Wake = Wake> extends AsyncIterable<Heard> {
  readonly status: Status;
  /** Fulfilled once sound is heard; rejects with what prevented it. No unhandled rejection where nobody looks. */
  readonly ready: Promise<void>;
  /** How the browser really opened the microphone; all undefined until then. */
  readonly settings: MicrophoneSettings;
  /** Hears nothing, and costs nothing, until `resume`; many browsers show it. The microphone stays this page's. */
  pause(): void;
  /** Hears again after `pause`; time goes on from where it stood. */
  resume(): void;
  /**
   * Decides by other settings from the next frame on, also while it is starting. What is left out stays as it is.
   *
   * @param options by keyword, they hold for the models that have it
   * @param model which of the models; all of them unless told
   * @throws TypeError or RangeError for wrong options, of which none then takes effect
   */
  configure(options: DetectionOptions, model?: number): void;
  /** Releases the microphone at once, then the audio thread and the context; loops end. Never an error. */
  stop(): Promise<void>;
}

/**
 * Listens to the microphone for the keywords of models, on the audio thread. Returns at once: `ready`, `status` and `onStatus` tell
 * how it goes. It asks the user for the microphone, so call it where the user expects that, best from a click: browsers start audio
 * only after one.
 *
 * @param models of `loadModel`; features are computed once where front ends agree
 * @throws TypeError, RangeError for wrong options; MetadataError for a model without a front end or labels. What only
 *   shows when the microphone is opened is a MicrophoneError of `ready` and of loops.
 * @example
 * const listener = listen(model);
 * stopButton.onclick = () => listener.stop();
 * for await (const { keyword, time } of listener) console.log(keyword, time);
 */
export function listen(
  models: Model | readonly Model[],
  options: ListenOptions<Required<Wake>> & { readonly audio: Around },
): Listener<Required<Wake>>;
export function listen(models: Model | readonly Model[], options?: ListenOptions): Listener;
export function listen(models: Model | readonly Model[], options: ListenOptions = {}): Listener {
  checkListenOptions(options);
  return new PageListener(plansOf(models, options), options);
}
