/** The AudioWorklet with every operator, for networks that run on windows, or not in kernels alone: `tympan/worklet/full`. */
import { openAnyNetwork } from '../inference/open-any-network.js';
import { FULL_PROCESSOR } from './protocol.js';
import { register } from './register.js';

register(FULL_PROCESSOR, openAnyNetwork);
