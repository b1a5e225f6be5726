/** Hears streams with all models under all conditions, one after the other: what each thread does. */
import { readFileSync, statSync } from 'node:fs';
import { TympanError } from '../../errors.js';
import { Layout, Rendering, type Setting } from '../../evaluation/arrangement.js';
import type { Heard, StreamPlan } from '../../evaluation/heard.js';
import { Take } from '../../evaluation/take.js';
import { loadModel, type Model } from '../../index.js';
import { decodeAudio, readAudio } from '../audio-file.js';
import { conditionsOf, type ModelSource } from './listening.js';
import { Tracer } from './tracer.js';

/** Everything that a thread is given; structured clone and shared memory carry it. */
export interface ListenerData {
  readonly models: readonly ModelSource[];
  readonly setting: Setting;
  readonly snrs: readonly number[]; // dB
}

/** A file that could not be heard, and why. */
export interface Failed {
  readonly file: string;
  readonly error: string;
}

/** A stream of those recordings of its plan that could be heard: none where none could. */
export interface Outcome {
  readonly heard: Heard | null;
  readonly failed: readonly Failed[];
}

/** How far a stream has been heard: of 1, and seconds of sound since the last time. */
export type StreamProgress = (fraction: number, seconds: number) => void;

/** Seconds of sound between two looks at the progress. */
const STRETCH = 10;

export class Listener {
  readonly #setting: Setting;
  readonly #snrs: readonly number[];
  /** For each condition, one of each model: the streams of all conditions go on side by side. */
  readonly #tracers: readonly (readonly Tracer[])[];

  private constructor(models: readonly Model[], { setting, snrs }: ListenerData) {
    this.#setting = setting;
    this.#snrs = snrs;
    this.#tracers = conditionsOf('positives', snrs).map(() => models.map((model) => new Tracer(model)));
  }

  static async open(data: ListenerData): Promise<Listener> {
    return new Listener(await Promise.all(data.models.map(({ source, options }) => loadModel(source, options))), data);
  }

  /** Each recording is read once, and is in memory only until it has been heard. */
  async hear(plan: StreamPlan, progress: StreamProgress): Promise<Outcome> {
    const conditions = conditionsOf(plan.set.kind, this.#snrs);
    const renderings = conditions.map((snr) => new Rendering(this.#setting, plan.index, snr));
    const layout = new Layout(this.#setting);
    const failed: Failed[] = [];
    for (const [c, rendering] of renderings.entries()) {
      for (const tracer of this.#tracers[c]) tracer.begin();
      this.#push(c, rendering.opening());
    }
    const heard: StreamPlan['recordings'][number][] = [];
    const parts = plan.recordings.length * conditions.length;
    for (const [k, recording] of plan.recordings.entries()) {
      let isBegun = false;
      try {
        const { sampleRate } = this.#setting;
        const take = new Take(recording, await read(recording.file, sampleRate), sampleRate);
        isBegun = true;
        for (const [c, rendering] of renderings.entries()) {
          const [sound, after] = rendering.add(take);
          const before = k * conditions.length + c;
          this.#push(c, sound, (fraction, seconds) => progress((before + fraction) / parts, seconds));
          this.#push(c, after);
        }
        layout.add(take);
        heard.push(recording);
      } catch (error) {
        // What is heard in part would move all that follows in the stream.
        const isFatal = isBegun && plan.recordings.length > 1;
        if (!(error instanceof TympanError) || isFatal) throw error;
        const isNamed = error.message.includes(recording.file);
        failed.push({
          file: recording.file,
          error: isNamed ? error.message : `${recording.file}: ${error.message}`,
        });
      }
    }
    if (heard.length === 0) return { heard: null, failed };
    const { duration, excerpts, utterances } = layout;
    const answers = conditions.map((snr, c) => ({ snr, traces: this.#tracers[c].map((tracer) => tracer.trace()) }));
    return { heard: { plan: { ...plan, recordings: heard }, duration, excerpts, utterances, answers }, failed };
  }

  #push(condition: number, samples: Float32Array, progress?: StreamProgress): void {
    const { sampleRate } = this.#setting;
    for (let at = 0; at < samples.length; at += STRETCH * sampleRate) {
      const stretch = samples.subarray(at, at + STRETCH * sampleRate);
      for (const tracer of this.#tracers[condition]) tracer.push(stretch);
      progress?.((at + stretch.length) / samples.length, stretch.length / sampleRate);
    }
  }
}

/** A recording's samples: [samples]. */
async function read(file: string, sampleRate: number): Promise<Float32Array> {
  const bytes = bytesOf(file);
  const { samples } = bytes ? await decodeAudio(bytes, file, sampleRate) : await readAudio(file, { sampleRate });
  return samples;
}

/**
 * The bytes of a file, read in this thread: to have others read it, and to wait, takes a fifth of the time in which a
 * clip of a second is heard. Null where `readAudio` has something to say about the file.
 */
function bytesOf(file: string): Buffer | null {
  try {
    const found = statSync(file);
    return found.isFile() && found.size > 0 ? readFileSync(file) : null;
  } catch {
    return null;
  }
}
