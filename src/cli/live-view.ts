/** The view of `tympan listen` for a person at a terminal: detections scroll, and below them stands what is heard now. */
import type { MicrophoneStatus } from '../node/index.js';
import { complain } from './failure.js';
import { DetectionColumns } from './listen-lines.js';
import type { ListenedModel } from './listen-models.js';
import { Remarks, type HeardKeyword, type ListenSummary, type View } from './listen-view.js';
import { clock, drawBlock, type LiveState } from './live-block.js';
import { LiveScreen } from './live-screen.js';
import { LevelMeter } from './meter-level.js';
import { KeywordMeter } from './meter-keyword.js';
import { paint, plural, printable } from './terminal.js';

/** Keywords that the first line names; more are counted. */
const MOST_NAMED = 6;
/** Milliseconds for which the screen belongs to a command that has begun: most say at once what they have to say. */
const WAY = 250;

export class LiveView implements View {
  readonly #stream: NodeJS.WriteStream;
  readonly #screen: LiveScreen;
  readonly #remarks = new Remarks();
  #meters: readonly (readonly KeywordMeter[])[] = []; // [models][keywords]
  #models: readonly ListenedModel[] = [];
  #level = new LevelMeter(16000);
  #columns = new DetectionColumns([]);
  #sampleRate = 16000; // Hz
  #heard = 0; // samples
  #lost = 0; // samples
  #notice: string | undefined = 'waiting for the microphone';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#screen = new LiveScreen(stream, (size, brush) => drawBlock(this.#state(), size, brush));
  }

  open(models: readonly ListenedModel[], frontEnds: number, sampleRate: number): void {
    this.#models = models;
    this.#sampleRate = sampleRate;
    this.#level = new LevelMeter(sampleRate);
    this.#columns = new DetectionColumns(models);
    this.#meters = metersOf(models);
    this.#stream.write(`${paint('dim', welcome(models, frontEnds), this.#stream)}\n`);
    this.#screen.open();
  }

  readonly frame = (model: number, posteriors: Float32Array): void => {
    for (const meter of this.#meters[model] ?? []) meter.hear(posteriors);
  };

  heard(samples: Int16Array, overruns: number): void {
    this.#heard += samples.length;
    this.#lost = overruns;
    this.#level.hear(samples);
  }

  status(status: MicrophoneStatus): void {
    const { state, message, attempt } = status;
    const isHearing = state === 'listening' || state === 'silent';
    if (isHearing) this.#notice = undefined;
    else if (state === 'reconnecting') this.#notice = `no microphone, try ${attempt}: ${printable(message)}`;
    const remark = this.#remarks.of(status);
    if (remark !== undefined) this.complain(remark);
  }

  detected(heard: HeardKeyword): void {
    const model = this.#models.indexOf(heard.model);
    this.#meters[model][heard.model.detector.keywords.indexOf(heard.keyword)].fire();
    this.#screen.above(() => process.stdout.write(`${this.#columns.line(heard)}\n`));
  }

  complain(message: string): void {
    this.#screen.above(() => complain(message));
  }

  makeWayFor(start: () => Promise<void> | undefined): void {
    this.#screen.hideFor(start, WAY);
  }

  stop(): void {
    this.#screen.close();
  }

  close({ detections, heard, lost, saved }: ListenSummary): void {
    this.#screen.close();
    if (heard === 0) return;
    const parts = [
      `${plural(detections, 'detection')} in ${clock(heard)}`,
      lost > 0 && `${lost.toFixed(1)} s lost: the machine was too busy`,
      saved > 0 && `${plural(saved, 'clip')} saved`,
    ];
    this.#stream.write(`${paint('dim', parts.filter(Boolean).join('; '), this.#stream)}\n`);
  }

  #state(): LiveState {
    return {
      heard: this.#heard / this.#sampleRate,
      lost: this.#lost / this.#sampleRate,
      ...(this.#notice !== undefined && { notice: this.#notice }),
      level: this.#level,
      keywords: this.#meters.flat(),
    };
  }
}

/** One a keyword; where two models have the same, the model's name is added. */
function metersOf(models: readonly ListenedModel[]): KeywordMeter[][] {
  const all = models.flatMap(({ detector }) => detector.keywords);
  return models.map(({ name, detector }) =>
    detector.keywords.map((keyword) => {
      const isShared = all.filter((other) => other === keyword).length > 1;
      return new KeywordMeter(printable(isShared ? `${keyword} (${name})` : keyword), keyword, detector);
    }),
  );
}

function welcome(models: readonly ListenedModel[], frontEnds: number): string {
  const keywords = [...new Set(models.flatMap(({ detector }) => detector.keywords))];
  const words = keywords.length <= MOST_NAMED ? keywords.join(', ') : plural(keywords.length, 'keyword');
  const of = models.length > 1 ? `: ${models.length} models, ${plural(frontEnds, 'front end')}` : '';
  return printable(`listening for ${words}${of}; Ctrl-C ends`);
}
