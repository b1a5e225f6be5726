/**
 * The AudioWorklet: from samples to events on the audio thread of a page. Bundled into one file, `tympan/worklet`, which
 * `audioWorklet.addModule` loads; `tympan/browser` makes its nodes. It uses what every AudioWorkletGlobalScope has, and no more.
 */
import { openKernelNetwork } from '../inference/open-network.js';
import { PROCESSOR } from './protocol.js';
import { register } from './register.js';

register(PROCESSOR, openKernelNetwork);
