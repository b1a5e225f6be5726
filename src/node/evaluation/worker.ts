/** A thread of `hear`: takes plans, and gives back what was heard, in the same order. */
import { parentPort, workerData } from 'node:worker_threads';
import type { StreamPlan } from '../../evaluation/heard.js';
import { Listener, type ListenerData, type Outcome } from './listener.js';

/** `seconds`: of sound heard since the message before. */
export type FromThread =
  | { readonly kind: 'progress'; readonly seconds: number; readonly fraction: number }
  | { readonly kind: 'done'; readonly seconds: number; readonly outcome: Outcome };

/** Milliseconds from one message about the progress to the next. */
const BETWEEN_NEWS = 100;
/** Bytes up to which a copy costs less than handing over. */
const COPIED = 2 ** 16;

const port = parentPort!;
const listener = Listener.open(workerData as ListenerData);
let queue: Promise<void> = Promise.resolve();
let seconds = 0;
let told = performance.now();

port.on('message', (plan: StreamPlan) => {
  queue = queue.then(() => hear(plan));
});

async function hear(plan: StreamPlan): Promise<void> {
  const outcome = await (
    await listener
  ).hear(plan, (fraction, more) => {
    seconds += more;
    if (performance.now() - told >= BETWEEN_NEWS) tell({ kind: 'progress', seconds, fraction });
  });
  tell({ kind: 'done', seconds, outcome }, buffersOf(outcome));
}

function tell(message: FromThread, transferred?: ArrayBuffer[]): void {
  port.postMessage(message, transferred);
  seconds = 0;
  told = performance.now();
}

/** Long posteriors are handed over. */
function buffersOf({ heard }: Outcome): ArrayBuffer[] {
  const traces = heard?.answers.flatMap((answers) => answers.traces) ?? [];
  const buffers = traces.flatMap(({ posteriors }) =>
    Object.values(posteriors).map(({ buffer }) => buffer as ArrayBuffer),
  );
  return buffers.filter(({ byteLength }) => byteLength > COPIED);
}
