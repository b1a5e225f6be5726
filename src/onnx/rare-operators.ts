/** Operators that few recurrent networks have: loaded with the first that has one. */
import { controlOperators } from './operators-control.js';
import { functionOperators } from './operators-functions.js';
import { padOperators } from './operators-pad.js';
import { quantizedOperators } from './operators-quantized.js';
import { reduceOperators } from './operators-reduce.js';
import { sequenceOperators } from './operators-sequence.js';
import { windowOperators } from './operators-windows.js';
import type { OperatorTable } from './translation.js';

export { checkOperators } from './unknown-operators.js';

export const rareOperators: OperatorTable = {
  ...controlOperators,
  ...functionOperators,
  ...padOperators,
  ...quantizedOperators,
  ...reduceOperators,
  ...sequenceOperators,
  ...windowOperators,
};
