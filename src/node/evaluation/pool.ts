/** Threads that share the work on a list of streams. */
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { TympanError } from '../../errors.js';
import type { StreamPlan } from '../../evaluation/heard.js';
import type { ListenerData, Outcome } from './listener.js';
import { conditionsOf } from './listening.js';
import type { FromThread } from './worker.js';

export interface Progress {
  /** Of all the work, 0 to 1. */
  readonly fraction: number;
  /** Seconds of sound heard so far, those under every condition added up. */
  readonly seconds: number;
}

/** Bytes of files that may wait in a thread, so that it need not wait for the next plan. */
const AHEAD = 2 ** 18;

/** A plan, and how much work it is. */
interface Job {
  readonly index: number; // of the plan
  readonly bytes: number; // of its files
  readonly weight: number; // bytes under every condition
}

/** What a thread has to do, and how far it is with the first of it. */
interface Load {
  readonly jobs: Job[];
  fraction: number;
}

export class Pool {
  readonly #plans: readonly StreamPlan[];
  readonly #data: ListenerData;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  readonly #loads = new Map<Worker, Load>();
  readonly #outcomes: Outcome[] = []; // by plan
  readonly #total: number; // weight
  #waiting: Job[]; // the largest last, which is taken first
  #unfinished: number; // plans
  #done = 0; // weight of the finished plans
  #seconds = 0;

  constructor(plans: readonly StreamPlan[], data: ListenerData, onProgress?: (progress: Progress) => void) {
    this.#plans = plans;
    this.#data = data;
    this.#onProgress = onProgress;
    const jobs = plans.map(({ set, recordings }, index): Job => {
      const bytes = recordings.reduce((sum, { file }) => sum + sizeOf(file), 0);
      const weight = Math.max(1, bytes) * conditionsOf(set.kind, data.snrs).length; // a pipe has no size
      return { index, bytes, weight };
    });
    this.#waiting = jobs.sort((a, b) => a.weight - b.weight || b.index - a.index);
    this.#total = jobs.reduce((sum, { weight }) => sum + weight, 0);
    this.#unfinished = jobs.length;
  }

  /**
   * @param threads at least one, but where there are no plans
   * @returns the outcome of each plan
   * @throws TympanError for a thread that ended before its work; the signal's reason
   */
  async run(threads: number, signal?: AbortSignal): Promise<Outcome[]> {
    if (this.#unfinished === 0) return [];
    const workers = Array.from(
      { length: threads },
      () => new Worker(new URL('./worker.js', import.meta.url), { workerData: this.#data }),
    );
    let abort = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        abort = () => reject(signal!.reason as Error);
        signal?.addEventListener('abort', abort);
        for (const worker of workers) this.#employ(worker, resolve, reject);
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    return this.#outcomes;
  }

  #employ(worker: Worker, resolve: () => void, reject: (error: unknown) => void): void {
    const load: Load = { jobs: [], fraction: 0 };
    this.#loads.set(worker, load);
    worker.on('error', (error) => reject(endedError(load, this.#plans, error)));
    worker.on('exit', (code) => reject(endedError(load, this.#plans, new Error(`exit code ${code}`))));
    worker.on('message', (message: FromThread) => {
      try {
        this.#take(load, message);
        this.#feed(worker, load);
      } catch (error) {
        reject(error); // of onProgress
      }
      if (this.#unfinished === 0) resolve();
    });
    this.#feed(worker, load);
  }

  /** Plans are heard in the order in which a thread got them. */
  #take(load: Load, message: FromThread): void {
    this.#seconds += message.seconds;
    load.fraction = message.kind === 'progress' ? message.fraction : 0;
    if (message.kind === 'done') {
      const job = load.jobs.shift()!;
      this.#outcomes[job.index] = message.outcome;
      this.#done += job.weight;
      this.#unfinished--;
    }
    if (!this.#onProgress) return;
    let done = this.#done;
    for (const { jobs, fraction } of this.#loads.values()) done += (jobs[0]?.weight ?? 0) * fraction;
    this.#onProgress({ fraction: this.#unfinished === 0 ? 1 : done / this.#total, seconds: this.#seconds });
  }

  #feed(worker: Worker, { jobs }: Load): void {
    let bytes = jobs.reduce((sum, job) => sum + job.bytes, 0);
    for (let next = this.#waiting.at(-1); next; next = this.#waiting.at(-1)) {
      if (jobs.length > 0 && bytes + next.bytes > AHEAD) return;
      this.#waiting.pop();
      jobs.push(next);
      bytes += next.bytes;
      worker.postMessage(this.#plans[next.index]);
    }
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0; // reading it will say why
}

function endedError({ jobs }: Load, plans: readonly StreamPlan[], cause: Error & { code?: string }): TympanError {
  const plan = jobs.length > 0 ? plans[jobs[0].index] : undefined;
  const file = plan && plan.recordings.length === 1 ? plan.recordings[0].file : `the set ${plan?.set.name}`;
  const where = plan ? `while it heard ${file}` : 'before it heard anything';
  const outOfMemory = cause.code === 'ERR_WORKER_OUT_OF_MEMORY' || /allocation failed/.test(cause.message);
  const remedy = outOfMemory ? 'out of memory; use fewer threads, or cut the recording' : cause.message;
  return new TympanError(`a thread ended ${where}: ${remedy}`, { cause });
}
