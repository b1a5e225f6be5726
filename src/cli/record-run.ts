/** What `tympan record` does: the microphone's sound is searched for utterances, and they are written until there are enough. */
import { AudioError } from '../index.js';
import { microphone } from '../node/index.js';
import { RecordFolder } from './record-folder.js';
import { JsonRecordView, PlainRecordView, type RecordView } from './record-lines.js';
import { UtteranceFinder } from './record-utterance.js';
import { LiveRecordView } from './record-view.js';
import type { RecordFlags } from './record.js';
import { onSignals } from './signals.js';

/** Hz; what training reads. */
const SAMPLE_RATE = 16000;

export async function runRecord(word: string, flags: RecordFlags): Promise<void> {
  const folder = await RecordFolder.open(flags.output, word);
  const finder = new UtteranceFinder(SAMPLE_RATE);
  const view = viewFor(flags);
  const source = microphone({
    recorder: flags.recorder,
    device: flags.device,
    sampleRate: SAMPLE_RATE,
    reconnect: { from: 'first-sound' },
    onStatus: (status) => {
      // What comes after a gap does not join what was heard before it.
      if (status.state === 'starting' || status.reason === 'overrun') finder.reset();
      view.status(status);
    },
  });
  let isAsked = false; // to end
  const dismiss = onSignals(() => {
    isAsked = true;
    void source.stop();
  });
  view.open(word, flags.count, finder);
  let heard = 0; // samples
  let kept = 0;
  try {
    sound: for await (const samples of source) {
      heard += samples.length;
      view.heard(samples);
      for (const found of finder.push(samples)) {
        if (typeof found === 'string') {
          view.refused(found);
          continue;
        }
        view.kept(await folder.keep(found.clip, SAMPLE_RATE), found);
        if (++kept === flags.count) break sound;
      }
    }
    if (heard === 0 && !isAsked) throw new AudioError(`${source.recorder} has ended before any sound came`);
  } finally {
    view.close(flags.output);
    dismiss();
  }
}

function viewFor({ json }: RecordFlags): RecordView {
  if (json) return new JsonRecordView();
  const isTerminal = process.stdout.isTTY && process.stderr.isTTY && process.env.TERM !== 'dumb';
  return isTerminal ? new LiveRecordView(process.stderr, SAMPLE_RATE) : new PlainRecordView();
}
