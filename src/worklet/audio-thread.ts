import { Hearing } from '../hearing/hearing.js';
import { openPlans } from '../hearing/open-plans.js';
import type { Sink, Spotter } from '../hearing/spotter.js';
import type { OpenNetwork } from '../inference/open-network.js';
import { Arena } from '../kernels/arena.js';
import { compileKernels } from '../kernels/module.js';
import { findNotFinite } from '../typed-arrays.js';
import { Level } from './level.js';
import type {
  ClipMessage,
  FrameMessage,
  Message,
  Request,
  WakeMessage,
  Watch,
  WorkletOptions,
  Writable,
} from './protocol.js';
import { Silence } from './silence.js';

const SILENT_SECONDS = 5;
const FLUSH = 0.5; // s

/** Detectors on an audio thread: sound in, messages out. Hearing allocates nothing; messages are made once, and filled anew. */
export class AudioThread {
  readonly #hearing: Hearing;
  readonly #spotters: readonly Spotter[];
  readonly #sampleRate: number;
  readonly #post: (message: Message) => void;
  readonly #level: Level;
  readonly #silence: Silence;
  readonly #zeros: Float32Array; // in place of samples that are no numbers
  readonly #wake: Writable<WakeMessage> = {
    ...{ type: 'wake', id: -1, model: 0, keyword: '', posterior: 0, time: 0, contextTime: 0 },
  };
  readonly #clip: Writable<ClipMessage> = {
    type: 'clip',
    id: 0,
    samples: new Float32Array(0),
    sampleRate: 0,
    start: 0,
  };
  readonly #keepsSound: boolean;
  #watch: Watch;
  #isPaused = false;
  #isOpen = true;
  /** Samples heard, at the rate of the context. */
  #heard = 0;
  /** Seconds from the start of the stream to the context's; NaN where the next sample decides it. */
  #offset = NaN;

  /**
   * @param sampleRate Hz, of the context
   * @param openNetwork decides which networks can be run
   * @throws Error where the engine has no WebAssembly SIMD; RangeError for a plan that reaches outside its regions, and for a rate
   *   that can't be resampled
   */
  constructor(options: WorkletOptions, openNetwork: OpenNetwork, sampleRate: number, post: (message: Message) => void) {
    const { kernels, plans, watch, audio } = options;
    const arena = new Arena(compileKernels(kernels));
    const parts = openPlans(plans, arena, openNetwork, (model) => this.#sink(model));
    this.#hearing = new Hearing(sampleRate, parts, () => arena);
    this.#spotters = parts.map(({ spotter }) => spotter);
    this.#sampleRate = sampleRate;
    this.#post = post;
    this.#level = new Level(sampleRate);
    this.#silence = new Silence(sampleRate, SILENT_SECONDS);
    this.#zeros = new Float32Array(128);
    this.#keepsSound = audio !== undefined;
    this.#watch = watch;
    if (audio) this.#hearing.keep(audio, (...clip) => this.#giveClip(...clip));
  }

  /**
   * Takes a quantum of sound.
   *
   * @param samples mono, at the context's rate
   * @param contextTime s, of the first of them
   * @returns whether more is wanted
   */
  hear(samples: Float32Array, contextTime: number): boolean {
    if (this.#isPaused || !this.#isOpen) return this.#isOpen;
    if (Number.isNaN(this.#offset)) this.#offset = contextTime - this.#heard / this.#sampleRate;
    this.#heard += samples.length;
    const sound = findNotFinite(samples) < 0 ? samples : this.#silenceFor(samples.length);
    if (this.#silence.hear(sound))
      this.#post(this.#silence.isSilent ? { type: 'silence', seconds: SILENT_SECONDS } : { type: 'sound' });
    if (this.#watch.levels) {
      const level = this.#level.hear(sound, this.#heard / this.#sampleRate);
      if (level) this.#post(level);
    }
    this.#hearing.hear(sound);
    return true;
  }

  /** A quantum in which nothing is connected: time stands still. @returns whether more is wanted */
  skip(): boolean {
    this.#offset = NaN;
    return this.#isOpen;
  }

  receive(request: Request): void {
    if (!this.#isOpen) return;
    switch (request.type) {
      case 'configure':
        return this.#spotters[request.model]?.configure(request.settings);
      case 'watch':
        this.#watch = request.watch;
        return;
      case 'pause':
        this.#isPaused = true;
        return;
      case 'resume':
        this.#isPaused = false;
        this.#offset = NaN;
        return;
      case 'reset':
        this.#hearing.reset();
        this.#heard = 0;
        this.#offset = NaN;
        return;
      case 'flush':
        this.#hearing.flush(FLUSH);
        this.#heard += FLUSH * this.#sampleRate;
        this.#offset = NaN;
        return this.#post({ type: 'flushed' });
      case 'close':
        this.#isOpen = false;
        this.#hearing.close();
        return this.#post({ type: 'closed' });
    }
  }

  #sink(model: number): Sink {
    const posteriors: Writable<FrameMessage<'posteriors'>> = {
      ...{ type: 'posteriors', model, values: new Float32Array(0), time: 0 },
    };
    const features: Writable<FrameMessage<'features'>> = { ...posteriors, type: 'features' };
    const tell = (message: Writable<FrameMessage<'posteriors' | 'features'>>, values: Float32Array, time: number) => {
      if (message.values.length !== values.length) message.values = new Float32Array(values.length);
      message.values.set(values); // of its own: where a view is posted, all memory behind it is copied
      message.time = time;
      this.#post(message as Message);
    };
    return {
      onFeatures: (values, time) => {
        if (this.#watch.features) tell(features, values, time);
      },
      onPosteriors: (values, time) => {
        if (this.#watch.posteriors) tell(posteriors, values, time);
      },
      onDetection: (keyword, posterior, time) => this.#detected(model, keyword, posterior, time),
    };
  }

  #detected(model: number, keyword: string, posterior: number, time: number): void {
    const wake = this.#wake;
    wake.id++;
    wake.model = model;
    wake.keyword = keyword;
    wake.posterior = posterior;
    wake.time = time;
    wake.contextTime = this.#offset + time;
    this.#post(wake);
    if (this.#keepsSound) this.#hearing.ask(wake.id, model, time);
  }

  #giveClip(id: number, samples: Float32Array, sampleRate: number, start: number): void {
    const clip = this.#clip;
    clip.id = id;
    // Where a part is posted, all memory behind it is copied.
    clip.samples = samples.byteLength === samples.buffer.byteLength ? samples : samples.slice();
    clip.sampleRate = sampleRate;
    clip.start = start;
    this.#post(clip);
  }

  #silenceFor(length: number): Float32Array {
    return this.#zeros.length === length ? this.#zeros : new Float32Array(length);
  }
}
