/** Operators that few recurrent networks have: loaded with the first that has one. */
import { poolingOperators } from './operators-pooling.js';
import type { Translate } from './translation.js';

export const rareOperators: Readonly<Record<string, Translate>> = {
  ...poolingOperators,
};
