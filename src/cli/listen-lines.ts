/** Views for what is no terminal: lines of text, and lines of JSON. */
import type { MicrophoneStatus } from '../node/index.js';
import { complain } from './failure.js';
import type { ListenedModel } from './listen-models.js';
import { Remarks, type HeardKeyword, type View } from './listen-view.js';
import { paint, printable, round, toJson } from './terminal.js';
import { padEnd, widthOf } from './text-width.js';

/** Detections on stdout, all else on stderr. */
export class PlainView implements View {
  readonly #remarks = new Remarks();
  #columns = new DetectionColumns([]);

  open(models: readonly ListenedModel[]): void {
    this.#columns = new DetectionColumns(models);
  }

  detected(heard: HeardKeyword): void {
    process.stdout.write(`${this.#columns.line(heard)}\n`);
  }

  status(status: MicrophoneStatus): void {
    const remark = this.#remarks.of(status);
    if (remark !== undefined) complain(remark);
  }

  complain(message: string): void {
    complain(message);
  }

  heard(): void {}
  makeWayFor(start: () => void): void {
    start();
  }

  stop(): void {}
  close(): void {}
}

/** Detections and what becomes of the microphone on stdout, for other programs. */
export class JsonView implements View {
  open(): void {}

  detected({ keyword, posterior, time, clock, model, clip }: HeardKeyword): void {
    const event = { keyword, posterior: round(posterior), time: round(time), clock, model: model.file };
    write(clip === undefined ? event : { ...event, clip });
  }

  status({ state, reason, message, ...rest }: MicrophoneStatus): void {
    write({ status: state, reason, message, clock: new Date(), ...rest });
  }

  complain(message: string): void {
    complain(message);
  }

  heard(): void {}
  makeWayFor(start: () => void): void {
    start();
  }

  stop(): void {}
  close(): void {}
}

function write(value: object): void {
  process.stdout.write(`${toJson(value)}\n`);
}

/** 08:15:30  happy  0.928, and the model's name where there are several. */
export class DetectionColumns {
  readonly #keyword: number; // columns
  readonly #isOne: boolean;

  constructor(models: readonly ListenedModel[]) {
    const keywords = models.flatMap(({ detector }) => detector.keywords);
    this.#keyword = Math.max(0, ...keywords.map((keyword) => widthOf(printable(keyword))));
    this.#isOne = models.length <= 1;
  }

  line({ keyword, posterior, clock, model }: HeardKeyword): string {
    const what = paint('green', padEnd(printable(keyword), this.#keyword));
    const whose = this.#isOne ? '' : `  ${paint('dim', printable(model.name))}`;
    return `${clock.toTimeString().slice(0, 8)}  ${what}  ${posterior.toFixed(3)}${whose}`;
  }
}
