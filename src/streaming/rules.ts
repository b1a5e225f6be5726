/** How operators run on a stream that look at more than one frame: one rule each. All others work on each frame alone. */
import type { Kind, Network, OperationOf } from '../model/network.js';
import type { Lowering } from './lowering.js';
import { lowerRecurrent } from './recurrent.js';
import { lowerGather, lowerSlice } from './selection.js';

/**
 * Lowers an operation, or throws NotStreamable.
 *
 * @param pointwise lowers it as one that works on each frame alone
 */
export type Rule<K extends Kind> = (operation: OperationOf<K>, lowering: Lowering, pointwise: () => void) => void;

export type Rules = { readonly [K in Kind]?: Rule<K> };

const common: Rules = {
  gather: lowerGather,
  gru: lowerRecurrent,
  lstm: lowerRecurrent,
  rnn: lowerRecurrent,
  slice: lowerSlice,
};

/** Kinds whose rules are in a module of their own, which is loaded where one is needed. */
const RARE = new Set<Kind>(['batchNormalization', 'convolution', 'fakeQuantize', 'if', 'loop', 'pad', 'pool', 'scan']);

/** The rules that a network needs, and more. */
export async function rulesFor({ operations }: Network): Promise<Rules> {
  if (!operations.some(({ kind }) => RARE.has(kind))) return common;
  const { rareRules } = await import('./rare-rules.js');
  return { ...common, ...rareRules };
}
