/** Runs in a browser: `listen()` as a page uses it, and a diary of what it tells. */
import { loadModel } from 'tympan';
import { listen, microphones, type Listener, type ListenOptions, type MicrophoneError } from 'tympan/browser';
import { fetchBytes } from './bytes.js';

/** What crosses from the test: plain data. */
export interface LiveOptions extends Pick<
  ListenOptions,
  'threshold' | 'whenHidden' | 'audio' | 'reconnect' | 'device' | 'workletUrl'
> {
  /** Listens to a silent stream of the page's own instead of a microphone. */
  readonly ownStream?: boolean;
}

export interface Told {
  readonly state: string;
  readonly reason: string;
  readonly message: string;
}

export interface HeardWake {
  readonly keyword: string;
  readonly posterior: number;
  readonly time: number;
  /** Seconds by which the event came after the end of its frame, on the context's clock. */
  readonly late: number;
}

export interface Diary {
  readonly statuses: readonly Told[];
  readonly wakes: readonly HeardWake[];
  readonly clips: readonly { readonly seconds: number; readonly start: number; readonly peak: number }[];
  readonly levels: number;
  readonly loudest: number;
  readonly settings: Listener['settings'];
  /** Of all microphones that were opened, and all contexts. */
  readonly tracks: readonly string[];
  readonly contexts: readonly string[];
  /** Of the page's own stream. */
  readonly ownTrack: string | undefined;
}

const PlatformContext = AudioContext;
const tracks: MediaStreamTrack[] = [];
const contexts: AudioContext[] = [];

/** Browsers tell nobody which microphones are open: those that this page opens are noted. */
function watchForLeaks(): void {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    tracks.push(...stream.getTracks());
    return stream;
  };
  globalThis.AudioContext = class extends PlatformContext {
    constructor(options?: AudioContextOptions) {
      super(options);
      contexts.push(this);
    }
  };
}

interface Notes {
  readonly statuses: Told[];
  readonly wakes: HeardWake[];
  readonly clips: Diary['clips'][number][];
  levels: number;
  loudest: number;
}

const empty = (): Notes => ({ statuses: [], wakes: [], clips: [], levels: 0, loudest: 0 });

let listener: Listener;
let diary = empty();
let ownStream: MediaStream | undefined;

/** Begins to listen; resolves with why it did not come to that, if so. */
async function begin({ ownStream: isOwn, ...options }: LiveOptions = {}): Promise<string> {
  const model = await loadModel(new Uint8Array(await fetchBytes('/happy.onnx')));
  const own = (diary = empty());
  ownStream = isOwn ? new PlatformContext().createMediaStreamDestination().stream : undefined;
  listener = listen(model, {
    ...{ workletUrl: '/worklet.js', stream: ownStream, ...options },
    onStatus: ({ state, reason, message }) => own.statuses.push({ state, reason, message }),
    onLevel({ peak }) {
      own.levels++;
      own.loudest = Math.max(own.loudest, peak);
    },
    async onWake({ keyword, posterior, time, contextTime, audio }) {
      own.wakes.push({ keyword, posterior, time, late: contexts.at(-1)!.currentTime - contextTime });
      if (!audio) return;
      const { samples, sampleRate, start } = await audio;
      const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      own.clips.push({ seconds: samples.length / sampleRate, start, peak });
    },
  });
  return listener.ready.then(
    () => 'ready',
    ({ reason }: MicrophoneError) => reason,
  );
}

function look(): Diary {
  return {
    ...diary,
    settings: listener.settings,
    tracks: tracks.map(({ readyState }) => readyState),
    contexts: contexts.map(({ state }) => state),
    ownTrack: ownStream?.getAudioTracks()[0].readyState,
  };
}

/** The diary, as soon as it has so many wakes, or a status of that reason; or what it has after some seconds. */
async function until(wanted: { wakes?: number; reason?: string }, seconds: number): Promise<Diary> {
  const end = performance.now() + seconds * 1000;
  const isThere = () =>
    diary.wakes.length >= (wanted.wakes ?? 0) &&
    (wanted.reason === undefined || diary.statuses.some(({ reason }) => reason === wanted.reason));
  while (!isThere() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  return look();
}

async function stop(): Promise<Diary> {
  await listener.stop();
  return look();
}

/** Starts and stops so many times; what each start came to. */
async function cycles(count: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < count; i++) {
    outcomes.push(await begin());
    await stop();
  }
  return outcomes;
}

declare global {
  var live: {
    begin: typeof begin;
    until: typeof until;
    stop: typeof stop;
    cycles: typeof cycles;
    microphones: typeof microphones;
  };
}
watchForLeaks();
globalThis.live = { begin, until, stop, cycles, microphones };
