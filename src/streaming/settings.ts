import { MetadataError, UnsupportedModelError } from '../errors.js';
import type { JsonObject } from '../model/metadata.js';
import type { Analysis } from './analyze.js';

/** How a model is to run on a stream; what is left out follows from the model. */
export interface StreamingOptions {
  readonly version?: 1;
  /** stateful: frame by frame, state carried on. windowed: the newest `windowFrames` frames from the initial states, every `hopFrames`. */
  readonly mode?: 'stateful' | 'windowed';
  /** Frames of a window: 1 to 10,000. Default: as many as the file fixes, else 100. */
  readonly windowFrames?: number;
  /** Frames from one window to the next: 1 to 10,000. Default 1; of a model of fixed length that hands states on, its length. */
  readonly hopFrames?: number;
  /** The time axis of the inputs that have one, where the network does not tell: 0 to 15. */
  readonly timeAxis?: number;
  /** Names of outputs by the inputs that they become at the next frame. */
  readonly states?: Readonly<Record<string, string>>;
}

export type StreamingSettings =
  | { readonly mode: 'stateful' }
  | { readonly mode: 'windowed'; readonly windowFrames: number; readonly hopFrames: number };

/** One second of frames of 10 ms, which is what wake words are trained on. */
const DEFAULT_WINDOW = 100;

const MAX_FRAMES = 10_000;

/** @throws MetadataError for an unknown field, or a wrong value */
export function parseStreaming(json: StreamingOptions | JsonObject): StreamingOptions {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new MetadataError(`streaming: got ${JSON.stringify(json)}, expected an object such as { mode: "windowed" }`);
  const { version: _, mode, windowFrames, hopFrames, timeAxis, states, ...others } = json as JsonObject;
  for (const field of Object.keys(others))
    throw new MetadataError(
      `streaming: "${field}" is no field; fields are version, mode, windowFrames, hopFrames, timeAxis, states`,
    );
  if (mode !== undefined && mode !== 'stateful' && mode !== 'windowed')
    throw new MetadataError(`streaming: mode: got ${JSON.stringify(mode)}, expected "stateful" or "windowed"`);
  const inRange = (name: string, value: unknown, low: number, high: number): void => {
    if (value !== undefined && !(Number.isInteger(value) && Number(value) >= low && Number(value) <= high))
      throw new MetadataError(`streaming: ${name}: got ${JSON.stringify(value)}, expected ${low} to ${high}`);
  };
  inRange('windowFrames', windowFrames, 1, MAX_FRAMES);
  inRange('hopFrames', hopFrames, 1, MAX_FRAMES);
  inRange('timeAxis', timeAxis, 0, 15);
  if (mode === 'stateful' && (windowFrames ?? hopFrames) !== undefined)
    throw new MetadataError('streaming: windowFrames and hopFrames are of mode "windowed"');
  const isNames =
    states === undefined ||
    (typeof states === 'object' &&
      states !== null &&
      !Array.isArray(states) &&
      Object.values(states).every((name) => typeof name === 'string'));
  if (!isNames) throw new MetadataError(`streaming: states: got ${JSON.stringify(states)}, expected outputs by inputs`);
  const given = { mode, windowFrames, hopFrames, timeAxis, states };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/**
 * A network with a time axis of fixed length was trained on windows, and runs on them; one with an open axis, or with states that
 * it takes and gives, runs statefully where it can.
 *
 * @throws UnsupportedModelError where it is to run statefully and can't
 */
export function resolveStreaming(analysis: Analysis, options: StreamingOptions): StreamingSettings {
  const { frames, because, fixedFrames, bakedFrames, stepwise, carried, timeAxes } = analysis;
  const { mode, windowFrames } = options;
  if (mode === 'stateful' && !frames)
    throw new UnsupportedModelError(
      `it can't run statefully: ${because}; load it with { streaming: ${timeAxes.size === 0 ? '{ timeAxis: … }' : '{ mode: "windowed" }'} }`,
    );
  const isWindow =
    (windowFrames ?? options.hopFrames) !== undefined ||
    (!stepwise && fixedFrames !== null && fixedFrames > 1 && carried.size === 0);
  if (mode === 'stateful' || (mode === undefined && frames && !isWindow)) return { mode: 'stateful' };
  const ownFrames = stepwise ? 1 : (fixedFrames ?? bakedFrames);
  const window = windowFrames ?? ownFrames ?? DEFAULT_WINDOW;
  // Whoever hands states on takes the next frames, not the same ones again.
  const hopFrames = options.hopFrames ?? (carried.size > 0 && fixedFrames !== null ? window : 1);
  return { mode: 'windowed', windowFrames: window, hopFrames };
}
