import { SharedResampler } from '../audio/shared-resampler.js';
import type { FeatureStream } from '../features/feature-stream.js';
import type { Recipe } from '../features/recipe.js';
import type { Arena } from '../kernels/arena.js';
import { Clips, type Around, type ClipSink } from './clips.js';
import type { Sink, Spotter } from './spotter.js';

/** One model that hears. */
export interface Part {
  readonly recipe: Recipe;
  /** Used where no part before it has the same recipe. */
  readonly features: FeatureStream;
  readonly spotter: Spotter;
  readonly sink: Sink;
}

interface Front {
  readonly recipe: string;
  readonly features: FeatureStream;
  readonly parts: Part[];
}

/** What hears at one sample rate. */
interface Branch {
  readonly sampleRate: number;
  readonly resampler: SharedResampler | null;
  readonly fronts: Front[];
  clips: Clips | null;
  /** Samples, at its rate. */
  heard: number;
}

/** Where clips are kept, chunks are heard in pieces of so many samples. */
export const PIECE = 4096;

/** One stream of samples, heard by several models: every rate is made once, and every front end's features are computed once. */
export class Hearing {
  readonly #branches: readonly Branch[];
  readonly #sampleRate: number;
  /** Of each part. */
  readonly #branchOf: readonly Branch[];

  /**
   * @param sampleRate Hz of the samples that come
   * @param arena where resampling happens; asked for where rates differ
   * @throws RangeError for rates between which there is no resampler
   */
  constructor(sampleRate: number, parts: readonly Part[], arena: () => Arena) {
    const branches: Branch[] = [];
    this.#sampleRate = sampleRate;
    this.#branchOf = parts.map((part) => {
      const branch = branchFor(branches, part.recipe.sampleRate, sampleRate, arena);
      const recipe = JSON.stringify(part.recipe);
      const front = branch.fronts.find((one) => one.recipe === recipe);
      if (front) front.parts.push(part);
      else branch.fronts.push({ recipe, features: part.features, parts: [part] });
      return branch;
    });
    this.#branches = branches;
  }

  /** Streams of features that are computed: one a recipe. */
  get frontEnds(): readonly FeatureStream[] {
    return this.#branches.flatMap(({ fronts }) => fronts.map(({ features }) => features));
  }

  /**
   * Takes the next samples, unchecked: int16, or floats in [−1, 1). Where clips are kept, at most `PIECE` at a time; equal
   * chunks of up to 2,048 samples allocate nothing.
   */
  hear(samples: Int16Array | Float32Array): void {
    const branches = this.#branches;
    for (let i = 0; i < branches.length; i++) {
      const { resampler, clips } = branches[i];
      const sound = resampler ? resampler.push(samples) : samples;
      clips?.hear(sound);
      hearAtRate(branches[i], sound);
    }
  }

  /** @param seconds of silence, at the rate of each model */
  flush(seconds: number): void {
    for (const branch of this.#branches) {
      if (branch.resampler) {
        const rest = branch.resampler.flush();
        branch.clips?.hear(rest);
        hearAtRate(branch, rest);
      }
      const silence = new Int16Array(Math.round(seconds * branch.sampleRate));
      for (let at = 0; at < silence.length; at += PIECE) {
        const piece = silence.subarray(at, at + PIECE);
        branch.clips?.pad(piece);
        hearAtRate(branch, piece);
      }
    }
  }

  /** Whether the sound around events is kept. */
  get isKeeping(): boolean {
    return this.#branches.some(({ clips }) => clips !== null);
  }

  /** From now on keeps the sound that `ask` asks for; null lets go of it, and gives what was asked for as far as it was heard. */
  keep(audio: Around | null, give: ClipSink = () => {}): void {
    for (const branch of this.#branches) {
      branch.clips?.finish();
      const longest = Math.ceil((PIECE * branch.sampleRate) / this.#sampleRate) + 1;
      branch.clips = audio && new Clips(branch.sampleRate, branch.heard, longest, audio, give);
    }
  }

  /** The sound around an event of a part, at `time` s, once it was heard. */
  ask(id: number, part: number, time: number): void {
    this.#branchOf[part].clips?.ask(id, time);
  }

  reset(): void {
    for (const branch of this.#branches) {
      const { resampler, clips, fronts } = branch;
      branch.heard = 0;
      resampler?.reset();
      clips?.reset();
      for (const { features, parts } of fronts) {
        features.reset();
        for (const { spotter } of parts) spotter.reset();
      }
    }
  }

  /** Gives what it made itself back; features and spotters are their owners'. */
  close(): void {
    this.keep(null);
    for (const { resampler } of this.#branches) resampler?.close();
  }
}

function branchFor(branches: Branch[], to: number, from: number, arena: () => Arena): Branch {
  const known = branches.find(({ sampleRate }) => sampleRate === to);
  if (known) return known;
  const resampler = from === to ? null : new SharedResampler(from, to, arena);
  const branch: Branch = { sampleRate: to, resampler, fronts: [], clips: null, heard: 0 };
  branches.push(branch);
  return branch;
}

function hearAtRate(branch: Branch, samples: Int16Array | Float32Array): void {
  const { fronts } = branch;
  branch.heard += samples.length;
  for (let i = 0; i < fronts.length; i++) {
    const { features, parts } = fronts[i];
    for (let at = features.fillUnchecked(samples, 0); features.ready; at = features.fillUnchecked(samples, at)) {
      const vector = features.next();
      const { time } = features;
      for (let part = 0; part < parts.length; part++) {
        const { spotter, sink } = parts[part];
        sink.onFeatures?.(vector, time);
        spotter.hear(vector, time, sink);
      }
    }
  }
}
