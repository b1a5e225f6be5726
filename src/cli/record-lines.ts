/** What `tympan record` tells, and how it tells what is no terminal: lines of text, or of JSON. */
import type { MicrophoneStatus } from '../node/index.js';
import { complain } from './failure.js';
import { Remarks } from './listen-view.js';
import type { Refusal, Utterance, UtteranceFinder } from './record-utterance.js';
import { printable, round, toJson } from './terminal.js';

export interface RecordView {
  open(word: string, count: number, finder: UtteranceFinder): void;
  heard(samples: Int16Array): void;
  status(status: MicrophoneStatus): void;
  kept(file: string, utterance: Utterance): void;
  refused(refusal: Refusal): void;
  close(folder: string): void;
}

export const ADVICE: Readonly<Record<Refusal, string>> = {
  clipped: "it clips; speak from further away, or lower the microphone's level",
  quiet: 'too quiet; come nearer, or find a quieter room',
  long: 'too long; only the word, then a pause',
};

/** Clips on stdout, all else on stderr. */
export class PlainRecordView implements RecordView {
  readonly #remarks = new Remarks();

  open(): void {}
  heard(): void {}

  status(status: MicrophoneStatus): void {
    const remark = this.#remarks.of(status);
    if (remark !== undefined) complain(remark);
  }

  kept(file: string, utterance: Utterance): void {
    process.stdout.write(`${clipLine(file, utterance)}\n`);
  }

  refused(refusal: Refusal): void {
    complain(`not kept: ${ADVICE[refusal]}`);
  }

  close(): void {}
}

/** What was kept and what was not on stdout, for other programs. */
export class JsonRecordView extends PlainRecordView {
  override kept(file: string, { start, duration, level }: Utterance): void {
    write({ clip: file, start: round(start), duration: round(duration), level: round(level) });
  }

  override refused(refusal: Refusal): void {
    write({ refused: refusal });
  }
}

function write(value: object): void {
  process.stdout.write(`${toJson(value)}\n`);
}

/** computer-001.wav  0.62 s  -21 dB */
export function clipLine(file: string, { duration, level }: Utterance): string {
  return `${printable(file)}  ${duration.toFixed(2)} s  ${level.toFixed(0).padStart(3)} dB`;
}
