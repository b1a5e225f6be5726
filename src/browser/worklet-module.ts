import type { DetectorPlan } from '../hearing/plan.js';
import { MicrophoneError } from './microphone-error.js';

const loading = new WeakMap<BaseAudioContext, Map<string, Promise<void>>>();

/** Which worklet models take: of kernels alone, or of all operators. */
export type Needs = DetectorPlan['needs'];

/** What the package calls its files. */
const ENTRIES: Readonly<Record<Needs, string>> = { kernels: 'tympan/worklet', operators: 'tympan/worklet/full' };

/**
 * Where they are, unless told. Vite and webpack rewrite exactly this form, and copy the file; esbuild and Rollup leave it as it is,
 * and bundles in CommonJS have no import.meta.url. Apart from `addModule`, or webpack would bundle the file once more.
 */
function defaultUrl(needs: Needs): URL {
  return needs === 'kernels'
    ? new URL('../worklet.js', import.meta.url)
    : new URL('../worklet-full.js', import.meta.url);
}

/**
 * Loads the worklet into a context, once.
 *
 * @throws MicrophoneError as a rejection: `insecure-context`, `no-audio-worklet`, `worklet-unavailable`, `error` for a context that is closed
 */
export async function loadWorklet(
  context: BaseAudioContext,
  needs: Needs,
  workletUrl: string | URL | undefined,
): Promise<URL> {
  const url = addressOf(needs, workletUrl);
  checkAudioWorklet();
  checkOpen(context);
  let loads = loading.get(context);
  if (!loads) loading.set(context, (loads = new Map()));
  let load = loads.get(url.href);
  if (!load) loads.set(url.href, (load = context.audioWorklet.addModule(url.href)));
  try {
    await load;
    return url;
  } catch (error) {
    loads.delete(url.href); // so that it can be tried again
    checkOpen(context);
    throw unavailable(needs, url.href, (error as Error).message.trim(), error);
  }
}

/** @throws MicrophoneError `insecure-context` or `no-audio-worklet`, where there is none */
export function checkAudioWorklet(): void {
  if (typeof AudioContext === 'function' && typeof AudioWorkletNode === 'function') return;
  if (!isSecureContext)
    throw new MicrophoneError(
      'insecure-context',
      `page ${location.origin}: browsers have AudioWorklet on secure pages only; serve it by HTTPS, or from localhost`,
    );
  throw new MicrophoneError(
    'no-audio-worklet',
    'this browser has no AudioWorklet; Tympan needs Chrome 97, Firefox 104, Safari 16.4 or newer',
  );
}

function checkOpen(context: BaseAudioContext): void {
  if (context.state === 'closed')
    throw new MicrophoneError('error', 'context: is closed, expected one that is open; make a new AudioContext');
}

/** Says how the file is served from where a bundler has not put it. */
export function unavailable(needs: Needs, url: string, found: string, cause?: unknown): MicrophoneError {
  const entry = ENTRIES[needs];
  return new MicrophoneError(
    'worklet-unavailable',
    `worklet ${url}: ${found}; serve the file of ${entry} from the page's own origin, as JavaScript, and give its URL as workletUrl ` +
      `(with Vite: import workletUrl from '${entry}?url')`,
    { cause },
  );
}

function addressOf(needs: Needs, workletUrl: string | URL | undefined): URL {
  try {
    return workletUrl === undefined ? defaultUrl(needs) : new URL(workletUrl, document.baseURI);
  } catch (error) {
    throw unavailable(needs, String(workletUrl ?? 'of the bundle'), 'is no URL', error);
  }
}
