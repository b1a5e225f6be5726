/** What `tympan listen` does: models hear the microphone, and everybody who is to know is told. */
import { DetectorGroup } from '../hearing/group.js';
import { AudioError } from '../index.js';
import { microphone, type Microphone } from '../node/index.js';
import { ShellCommand } from './listen-exec.js';
import { JsonView, PlainView } from './listen-lines.js';
import { openModels } from './listen-models.js';
import { ClipFolder } from './listen-save.js';
import type { View } from './listen-view.js';
import { LiveView } from './live-view.js';
import type { ListenFlags } from './listen.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Seconds of a clip after the detection. */
const AFTER = 0.5;

export async function runListen(flags: ListenFlags): Promise<void> {
  const view = viewFor(flags);
  const { frame } = view;
  const models = await openModels(flags, frame && ((model, posteriors) => frame(model, posteriors)));
  const complain = (message: string) => view.complain(message);
  const folder = flags.save === undefined ? undefined : await ClipFolder.open(flags.save, complain);
  const command = flags.exec === undefined ? undefined : new ShellCommand(flags.exec, complain);
  const group = new DetectorGroup(models.map(({ detector }) => detector));
  const source = openMicrophone(flags, group.sampleRate, view);
  const stop = () => {
    view.stop();
    void source.stop();
  };
  for (const signal of SIGNALS) process.once(signal, stop); // a second Ctrl-C ends the process at once
  let detections = 0;
  let heard = 0; // samples
  const sound = watch(source, (samples) => {
    heard += samples.length;
    view.heard(samples, source.overruns);
  });
  view.open(models, group.frontEnds, group.sampleRate);
  try {
    const audio = folder && { before: flags.saveSeconds, after: AFTER };
    for await (const { model, audio: clip, ...wake } of group.listen(sound, { audio })) {
      detections++;
      const clock = new Date();
      const file = folder?.fileFor(wake.keyword, wake.posterior, clock);
      const event = { ...wake, model: models[model], clock, ...(file !== undefined && { clip: file }) };
      view.detected(event);
      if (command) view.makeWayFor(() => command.run(event));
      if (file !== undefined && clip) folder?.keep(file, clip);
    }
  } finally {
    await folder?.settle();
    const perSecond = group.sampleRate;
    view.close({
      detections,
      heard: heard / perSecond,
      lost: source.overruns / perSecond,
      saved: folder?.saved ?? 0,
    });
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

function viewFor({ json }: ListenFlags): View {
  if (json) return new JsonView();
  const isTerminal = process.stdout.isTTY && process.stderr.isTTY && process.env.TERM !== 'dumb';
  return isTerminal ? new LiveView(process.stderr) : new PlainView();
}

/**
 * The microphone, which comes back by itself once it was heard. One that can't be opened at the start is more likely a wrong
 * name than a cable: unless told to wait for it, that is an error.
 */
function openMicrophone({ recorder, device, reconnect }: ListenFlags, sampleRate: number, view: View): Microphone {
  let mayReconnect = reconnect ?? false;
  return microphone({
    recorder,
    device,
    sampleRate,
    reconnect: reconnect ?? true,
    onStatus(status) {
      const { state, message, delay = 0 } = status;
      if (state === 'listening') mayReconnect = true;
      if (state === 'reconnecting' && !mayReconnect) {
        const why = message.replace(`; another try in ${delay / 1000} s`, '');
        throw new AudioError(why);
      }
      view.status(status);
    },
  });
}

async function* watch(source: Microphone, hear: (samples: Int16Array) => void): AsyncGenerator<Int16Array> {
  for await (const samples of source) {
    hear(samples);
    yield samples;
  }
}
