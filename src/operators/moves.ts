import type { Kind, Operation } from '../model/network.js';

/** Operations that only move elements of their first operand, whatever these are. */
export const MOVES: ReadonlySet<Kind> = new Set<Kind>([
  'expand',
  'flatten',
  'gather',
  'identity',
  'reshape',
  'slice',
  'split',
  'squeeze',
  'tile',
  'transpose',
  'unsqueeze',
]);

/** Those, and the one that moves the elements of all its operands. */
export const isMove = ({ kind }: Operation): boolean => kind === 'concat' || MOVES.has(kind);
