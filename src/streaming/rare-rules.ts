/** Rules of operators that few recurrent networks have. */
import { lowerBodies } from './bodies.js';
import { lowerBatchNormalization } from './normalization.js';
import { lowerPad } from './pad.js';
import { lowerFakeQuantize } from './quantization.js';
import type { Rules } from './rules.js';
import { lowerWindow } from './windows.js';

export const rareRules: Rules = {
  batchNormalization: lowerBatchNormalization,
  convolution: lowerWindow,
  fakeQuantize: lowerFakeQuantize,
  if: lowerBodies,
  loop: lowerBodies,
  pad: lowerPad,
  pool: lowerWindow,
  scan: lowerBodies,
};
