/** The flags that say how a model runs on a stream. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { StreamingOptions } from '../index.js';

export interface StreamingFlags {
  mode?: 'stateful' | 'windowed';
  windowFrames?: number;
  hopFrames?: number;
  timeAxis?: number;
  states?: Record<string, string>;
}

export const STREAMING_FLAGS = ['mode', 'windowFrames', 'hopFrames', 'timeAxis', 'states'] as const;

export function withStreaming(command: Command): Command {
  return command
    .addOption(
      new Option('--mode <mode>', 'how it streams (default: as the file says, else what fits it)').choices([
        'stateful',
        'windowed',
      ]),
    )
    .option('--window-frames <n>', 'windowed: frames of a window', wholeNumber(1, 10_000))
    .option('--hop-frames <n>', 'windowed: frames from one window to the next', wholeNumber(1, 10_000))
    .option('--time-axis <n>', 'the axis of the inputs that is time', wholeNumber(0, 15))
    .option('--states <pairs>', 'inputs and their next values: h_in=h_out,c_in=c_out', pairs);
}

/** What the file says with what the flags change; undefined where they change nothing. */
export function mergeStreaming(old: StreamingOptions | undefined, flags: StreamingFlags): StreamingOptions | undefined {
  if (STREAMING_FLAGS.every((name) => flags[name] === undefined)) return undefined;
  const { mode, windowFrames, hopFrames, timeAxis, states } = flags;
  const isWindow = (windowFrames ?? hopFrames) !== undefined;
  const chosen = mode ?? (isWindow ? 'windowed' : old?.mode);
  const { windowFrames: oldWindow, hopFrames: oldHop, mode: _, ...others } = old ?? {};
  const windows = {
    ...(oldWindow !== undefined && mode !== 'stateful' && { windowFrames: oldWindow }),
    ...(oldHop !== undefined && mode !== 'stateful' && { hopFrames: oldHop }),
    ...(windowFrames !== undefined && { windowFrames }),
    ...(hopFrames !== undefined && { hopFrames }),
  };
  return {
    ...(chosen !== undefined && { mode: chosen }),
    ...windows,
    ...others,
    ...(timeAxis !== undefined && { timeAxis }),
    ...(states && { states }),
  };
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(Number.isInteger(value) && value >= least && value <= most))
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}`);
    return value;
  };
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.indexOf('=');
      if (at <= 0 || at === part.length - 1)
        throw new InvalidArgumentError('Expected input=output, separated by commas');
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}
