/** Operators that few recurrent networks have: loaded with the first that has one. */
import { functionOperators } from './operators-functions.js';
import { padOperators } from './operators-pad.js';
import { reduceOperators } from './operators-reduce.js';
import { windowOperators } from './operators-windows.js';
import type { OperatorTable } from './translation.js';

export const rareOperators: OperatorTable = {
  ...functionOperators,
  ...padOperators,
  ...reduceOperators,
  ...windowOperators,
};
