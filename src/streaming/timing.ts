/** How a tensor comes about on a stream: every one is constant, given once a sequence, made frame by frame, or of the whole sequence. */
import { elements, type Operand } from '../operators/operator.js';
import type { FrameValueId } from './frame-network.js';

/** What does not depend on the network's inputs. */
export interface Constant {
  readonly kind: 'constant';
  /** The same tensor at each number of frames that was tried; shape arithmetic may make them differ. */
  readonly operands: readonly Operand[];
}

/** What depends on inputs without a time axis only. */
export interface PerSequence {
  readonly kind: 'sequence';
  readonly value: FrameValueId;
  readonly dims: readonly number[];
}

export interface PerFrame {
  readonly kind: 'frame';
  readonly value: FrameValueId;
  /** The time axis; null for a tensor that is what it is after the latest frame. */
  readonly axis: number | null;
  /** As one frame has them: 1 along the time axis. */
  readonly dims: readonly number[];
  /** Its frame j is there once the network has read its input frame lag + every · j. */
  readonly lag: number;
  readonly every: number;
  /** Frames of the whole tensor that a stream has not made when its input ends: they read padding behind it. */
  readonly tail: number;
  /** Frames that padding has put before the first one, which only a convolution or a pool can read. */
  readonly fill: { readonly frames: number; readonly value: number } | null;
}

/** What is known only when the sequence has ended. */
export interface Whole {
  readonly kind: 'whole';
  readonly because: string;
}

export type Timing = Constant | PerSequence | PerFrame | Whole;

/** Why an operation can't run frame by frame. */
export class NotStreamable extends Error {
  /** @param cause the operation's own message has no subject; one that it has from an operation before it has */
  constructor(
    message: string,
    readonly hasSubject = false,
  ) {
    super(message);
  }
}

/** `dims` with one frame on the time axis. */
export function oneFrame(dims: readonly number[], axis: number | null): number[] {
  return dims.map((dim, at) => (at === axis ? 1 : dim));
}

/** Frames of a tensor that a stream has made after `frames` of its input. */
export function framesMade({ lag, every }: { lag: number; every: number }, frames: number): number {
  return Math.floor((frames - 1 - lag) / every) + 1;
}

/**
 * The operand with one index of `axis` left, where all are equal there.
 *
 * @throws NotStreamable where they are not
 */
export function withoutTime(operand: Operand, axis: number): Operand {
  const { dims, data } = operand;
  if (dims[axis] === 1) return operand;
  const inner = elements(dims.slice(axis + 1));
  const block = dims[axis] * inner;
  const kept = data!.filter((value, at) => {
    const first = at - (at % block) + (at % inner);
    if (value !== data![first])
      throw new NotStreamable(`it combines frames with a constant of [${dims}] that differs from frame to frame`);
    return at === first;
  });
  return { ...operand, dims: oneFrame(dims, axis), data: kept };
}
