import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { AudioThread } from '#dist/worklet/audio-thread.js';
import { openAnyNetwork } from '#dist/inference/open-any-network.js';
import { openKernelNetwork } from '#dist/inference/open-network.js';
import { FULL_PROCESSOR, PROCESSOR, type Message, type Request, type WorkletOptions } from '#dist/worklet/protocol.js';

/**
 * A page's platform, for what no real browser can be made to do at will: devices that vanish, contexts that never start, prompts that
 * stay open. Behind its nodes runs the real audio thread.
 */
class Target extends EventTarget {
  /** Listeners that were not removed. */
  listeners = 0;

  override addEventListener(...[type, listener, options]: Parameters<EventTarget['addEventListener']>): void {
    super.addEventListener(type, listener, options);
    this.listeners++;
    const signal = typeof options === 'object' ? options.signal : undefined;
    signal?.addEventListener('abort', () => this.listeners--, { once: true });
  }

  fire(type: string): void {
    this.dispatchEvent(new Event(type));
  }
}

class Track extends Target {
  readonly kind = 'audio';
  enabled = true;
  muted = false;
  readyState: 'live' | 'ended' = 'live';
  readonly #settings: MediaTrackSettings;

  constructor(settings: MediaTrackSettings) {
    super();
    this.#settings = settings;
  }

  getSettings(): MediaTrackSettings {
    return this.#settings;
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** As by the system's switch. */
  mute(muted: boolean): void {
    this.muted = muted;
    this.fire(muted ? 'mute' : 'unmute');
  }

  /** As when the device is unplugged. */
  unplug(): void {
    this.readyState = 'ended';
    this.fire('ended');
  }
}

class Stream {
  readonly track: Track;

  constructor(track: Track) {
    this.track = track;
  }

  getTracks(): Track[] {
    return [this.track];
  }

  getAudioTracks(): Track[] {
    return [this.track];
  }
}

class Devices extends Target {
  readonly page: Page;

  constructor(page: Page) {
    super();
    this.page = page;
  }

  async getUserMedia(constraints: MediaStreamConstraints): Promise<Stream> {
    const { page } = this;
    page.asked.push(constraints);
    await page.prompt;
    if (page.refusal) throw new DOMException('refused', page.refusal);
    const track = new Track(page.granted ?? (constraints.audio as MediaTrackSettings));
    track.muted = page.isMuted;
    if (page.dead-- > 0) track.stop();
    page.tracks.push(track);
    return new Stream(track);
  }

  enumerateDevices(): Promise<readonly Partial<MediaDeviceInfo>[]> {
    return Promise.resolve(this.page.inputs);
  }
}

class Context extends Target {
  readonly page: Page;
  readonly sampleRate: number;
  state: AudioContextState = 'suspended';
  readonly sources: Source[] = [];
  node: WorkletNode | undefined;
  /** Names of processors. */
  readonly registered = new Set<string>();
  readonly audioWorklet = {
    addModule: async (url: string): Promise<void> => {
      await turn();
      this.page.modules.push(url);
      if (this.state === 'closed') throw new DOMException('closed', 'InvalidStateError');
      if (this.page.worklet === 'missing') throw new DOMException('404', 'AbortError');
      const isFull = url.endsWith('full.js');
      if (this.page.worklet === 'there') this.registered.add(isFull ? FULL_PROCESSOR : PROCESSOR);
    },
  };

  constructor(page: Page) {
    super();
    this.page = page;
    this.sampleRate = page.sampleRate;
    page.contexts.push(this);
  }

  get currentTime(): number {
    return (this.node?.rendered ?? 0) / this.sampleRate;
  }

  createMediaStreamSource(stream: Stream): Source {
    if (this.page.refusesStreams) throw new DOMException('of another rate', 'NotSupportedError');
    return new Source(this, stream);
  }

  become(state: AudioContextState): void {
    if (this.state === state || this.state === 'closed') return;
    this.state = state;
    queueMicrotask(() => this.fire('statechange'));
  }

  resume(): Promise<void> {
    if (!this.page.starts) return new Promise(() => {}); // as Firefox does without a sound server
    this.become('running');
    return Promise.resolve();
  }

  suspend(): Promise<void> {
    this.become('suspended');
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.become('closed');
    return Promise.resolve();
  }
}

class Source {
  readonly stream: Stream;
  readonly #context: Context;

  constructor(context: Context, stream: Stream) {
    this.stream = stream;
    this.#context = context;
  }

  connect(node: WorkletNode): void {
    this.#context.sources.push(this);
    this.#context.node = node;
  }

  disconnect(): void {
    this.#context.sources.splice(this.#context.sources.indexOf(this), 1);
  }
}

class Port {
  onmessage: ((event: { readonly data: Message }) => void) | null = null;
  isClosed = false;
  readonly requests: Request[] = [];
  readonly #receive: (request: Request) => void;

  constructor(receive: (request: Request) => void) {
    this.#receive = receive;
  }

  /** Page → audio thread. */
  postMessage(request: Request): void {
    const copy = structuredClone(request);
    this.requests.push(copy);
    setImmediate(() => this.#receive(copy));
  }

  /** Audio thread → page. */
  tell(message: Message): void {
    const data = structuredClone(message);
    setImmediate(() => {
      if (!this.isClosed) this.onmessage?.({ data });
    });
  }

  close(): void {
    this.isClosed = true;
  }
}

class WorkletNode extends Target {
  readonly port: Port;
  readonly options: AudioWorkletNodeOptions;
  rendered = 0; // samples
  #thread: AudioThread | undefined;

  constructor(context: Context, name: string, options: AudioWorkletNodeOptions) {
    super();
    if (!context.registered.has(name)) throw new DOMException(`${name} is not registered`, 'InvalidStateError');
    const { page } = context;
    this.options = options;
    this.port = new Port((request) => {
      if (page.worklet === 'there') this.#thread?.receive(request);
    });
    page.nodes.push(this);
    const open = name === FULL_PROCESSOR ? openAnyNetwork : openKernelNetwork;
    const processorOptions = structuredClone(options.processorOptions) as WorkletOptions;
    if (page.crash) this.port.tell({ type: 'error', name: page.crash, message: 'no' });
    else {
      this.#thread = new AudioThread(processorOptions, open, context.sampleRate, (message) => this.port.tell(message));
      this.port.tell({ type: 'ready' });
    }
  }

  render(samples: Float32Array, sampleRate: number): void {
    this.#thread?.hear(samples, this.rendered / sampleRate);
    this.rendered += samples.length;
  }
}

/** What a page has, and a test may set. */
export class Page {
  /** What getUserMedia was asked for. */
  readonly asked: MediaStreamConstraints[] = [];
  readonly tracks: Track[] = [];
  readonly contexts: Context[] = [];
  readonly nodes: WorkletNode[] = [];
  readonly modules: string[] = [];
  readonly uncaught: unknown[] = [];
  readonly document = Object.assign(new Target(), { hidden: false, baseURI: 'https://page.example/app/' });
  readonly devices = new Devices(this);
  inputs: readonly Partial<MediaDeviceInfo>[] = [];
  sampleRate = 16000; // Hz
  /** The permission prompt. */
  prompt: Promise<void> = Promise.resolve();
  /** The name of the DOMException that getUserMedia throws. */
  refusal: string | undefined;
  /** Settings of tracks, where they are not as asked. */
  granted: MediaTrackSettings | undefined;
  /** Whether the system has muted the microphone. */
  isMuted = false;
  /** Microphones that will end as soon as they open. */
  dead = 0;
  /** Whether contexts take no stream, as in Firefox one of another rate. */
  refusesStreams = false;
  worklet: 'there' | 'missing' | 'another' = 'there';
  /** The name of the error that the audio thread fails with. */
  crash: string | undefined;
  /** Whether contexts start when they are asked to. */
  starts = true;

  /** Puts it in place of the globals; `t.after` takes it away again. */
  constructor(t: { after(end: () => void): void }, globals: Readonly<Record<string, unknown>> = {}) {
    const page = this;
    const all: Record<string, unknown> = {
      document: this.document,
      location: { origin: 'https://page.example' },
      isSecureContext: true,
      navigator: { mediaDevices: this.devices },
      AudioContext: class extends Context {
        constructor() {
          super(page);
        }
      },
      AudioWorkletNode: WorkletNode,
      reportError: (error: unknown) => this.uncaught.push(error),
      ...globals,
    };
    for (const [name, value] of Object.entries(all)) {
      const before = Object.getOwnPropertyDescriptor(globalThis, name);
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
      t.after(() => {
        if (before) Object.defineProperty(globalThis, name, before);
        else Reflect.deleteProperty(globalThis, name);
      });
    }
  }

  /** The context, once there is one; a page of these tests has one at a time. */
  get context(): Context {
    return this.contexts.at(-1)!;
  }

  /** A stream of the page's own. */
  stream(): MediaStream {
    return new Stream(new Track({})) as unknown as MediaStream;
  }

  /** Lets sound come: to the node, where a live track is connected and the context runs. */
  async play(samples: Float32Array): Promise<void> {
    for (let at = 0; at + 128 <= samples.length; at += 128) {
      const { state, sources, node, sampleRate } = this.context;
      const [source] = sources;
      if (state === 'running' && source?.stream.track.readyState === 'live' && node) {
        const { enabled } = source.stream.track;
        node.render(enabled ? samples.subarray(at, at + 128) : new Float32Array(128), sampleRate);
      }
      if (at % 12800 === 0) await turn();
    }
    await this.settle();
  }

  /** Lets messages and promises arrive. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await turn();
  }

  /** What holds a microphone, a processor or memory. */
  assertNothingIsLeft(): void {
    assert.deepEqual(
      this.tracks.map(({ readyState }) => readyState),
      this.tracks.map(() => 'ended'),
    );
    for (const { state, sources, listeners } of this.contexts)
      assert.deepEqual({ state, sources, listeners }, { state: 'closed', sources: [], listeners: 0 });
    for (const { port, listeners } of this.nodes)
      assert.deepEqual(
        { isClosed: port.isClosed, onmessage: port.onmessage, listeners },
        { ...{ isClosed: true, onmessage: null, listeners: 0 } },
      );
    assert.deepEqual(
      [this.document, this.devices, ...this.tracks].map(({ listeners }) => listeners),
      [0, 0, ...this.tracks.map(() => 0)],
    );
    assert.deepEqual(this.uncaught, []);
  }
}
