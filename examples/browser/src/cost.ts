import type { OpenModel } from './model.js';

/** What hearing costs, measured in the page. */
export interface Cost {
  /** Microseconds for a frame of features, with its share of the network. */
  readonly perFrame: number;
  /** Of the time that the sound lasts. */
  readonly share: number;
}

const SECONDS = 1; // of sound a run
const WARM = 3; // runs: engines compile what is called often
const RUNS = 15;
/** Milliseconds: the clocks of browsers are this coarse, so that a run lasts for many of their ticks. */
const TICK = 1;
const TICKS = 20;

/**
 * The median time of `detector.push` for a second of sound, on the page's own thread; the audio thread runs the same kernels.
 */
export async function measureCost({ model, hop, recipe }: OpenModel): Promise<Cost> {
  const detector = model.detector();
  try {
    const sound = noise(SECONDS * recipe.sampleRate);
    let repeats = 1;
    for (let run = 0; run < WARM; run++)
      repeats = Math.ceil(
        (TICK * TICKS) /
          Math.max(
            TICK / TICKS,
            time(() => detector.push(sound)),
          ),
      );
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      await new Promise((resolve) => setTimeout(resolve)); // the page goes on meanwhile
      times.push(time(() => repeat(repeats, () => detector.push(sound))) / repeats);
    }
    const median = times.sort((a, b) => a - b)[RUNS >> 1]; // ms
    return { perFrame: (1000 * median * hop) / SECONDS, share: median / 1000 / SECONDS };
  } finally {
    detector.close();
  }
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function repeat(times: number, work: () => void): void {
  for (let i = 0; i < times; i++) work();
}

/** Quiet noise: what a microphone hears most of the time. */
function noise(length: number): Float32Array {
  return Float32Array.from({ length }, () => 0.02 * (Math.random() - 0.5));
}
