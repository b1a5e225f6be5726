/** The view of `tympan record` for a person at a terminal: clips scroll, and below them stands what is to be done. */
import { basename } from 'node:path';
import type { MicrophoneStatus } from '../node/index.js';
import { complain } from './failure.js';
import { Remarks } from './listen-view.js';
import { drawBlock, type Size } from './live-block.js';
import { LiveScreen } from './live-screen.js';
import type { Brush } from './meter-bar.js';
import { LevelMeter } from './meter-level.js';
import { ADVICE, clipLine, type RecordView } from './record-lines.js';
import type { Refusal, Utterance, UtteranceFinder } from './record-utterance.js';
import { paint, plural, printable } from './terminal.js';
import { keepStart } from './text-width.js';

export class LiveRecordView implements RecordView {
  readonly #stream: NodeJS.WriteStream;
  readonly #screen: LiveScreen;
  readonly #remarks = new Remarks();
  readonly #sampleRate: number;
  readonly #level: LevelMeter;
  #word = '';
  #count = 0;
  #finder: UtteranceFinder | undefined;
  #heard = 0; // samples
  #kept = 0;
  #notice: string | undefined = 'waiting for the microphone';

  /** @param sampleRate Hz */
  constructor(stream: NodeJS.WriteStream, sampleRate: number) {
    this.#stream = stream;
    this.#sampleRate = sampleRate;
    this.#level = new LevelMeter(sampleRate);
    this.#screen = new LiveScreen(stream, (size, brush) => this.#draw(size, brush));
  }

  open(word: string, count: number, finder: UtteranceFinder): void {
    this.#word = printable(word);
    this.#count = count;
    this.#finder = finder;
    const task = `say "${this.#word}" ${plural(count, 'time')}, with a pause after each; Ctrl-C ends`;
    this.#stream.write(`${paint('dim', task, this.#stream)}\n`);
    this.#screen.open();
  }

  heard(samples: Int16Array): void {
    this.#heard += samples.length;
    this.#level.hear(samples);
  }

  status(status: MicrophoneStatus): void {
    const { state, message, attempt } = status;
    if (state === 'listening' || state === 'silent') this.#notice = undefined;
    else if (state === 'reconnecting') this.#notice = `no microphone, try ${attempt}: ${printable(message)}`;
    const remark = this.#remarks.of(status);
    if (remark !== undefined) this.#screen.above(() => complain(remark));
  }

  kept(file: string, utterance: Utterance): void {
    this.#kept++;
    this.#screen.above(() => process.stdout.write(`${clipLine(basename(file), utterance)}\n`));
  }

  refused(refusal: Refusal): void {
    const text = paint('yellow', `not kept: ${ADVICE[refusal]}`, this.#stream);
    this.#screen.above(() => this.#stream.write(`${text}\n`));
  }

  close(folder: string): void {
    this.#screen.close();
    if (this.#heard === 0) return;
    const summary = printable(`${plural(this.#kept, 'clip')} in ${folder}`);
    this.#stream.write(`${paint('dim', summary, this.#stream)}\n`);
  }

  #draw(size: Size, brush: Brush): string[] {
    const notice = this.#notice;
    const heard = this.#heard / this.#sampleRate;
    const block = drawBlock(
      { heard, lost: 0, level: this.#level, keywords: [], ...(notice !== undefined && { notice }) },
      size,
      brush,
    );
    if (size.rows < 4) return block;
    const number = Math.min(this.#kept + 1, this.#count);
    const task = keepStart(`${number} of ${this.#count}  ${this.#task()}`, Math.max(1, size.columns - 1));
    return [...block, brush.paint(this.#finder?.state === 'speaking' ? 'green' : 'bold', task)];
  }

  #task(): string {
    switch (this.#finder?.state) {
      case 'waiting':
        return `say "${this.#word}"`;
      case 'speaking':
        return 'heard; a pause, please';
      default:
        return 'a second of quiet, please';
    }
  }
}
