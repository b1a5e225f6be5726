/** What `tympan listen` does: models hear the microphone, and everybody who is to know is told. */
import type { Clip } from '../hearing/clips.js';
import { DetectorGroup, type GroupDetection } from '../hearing/group.js';
import { AudioError } from '../index.js';
import { microphone, type Microphone } from '../node/index.js';
import { ShellCommand } from './listen-exec.js';
import { JsonView, PlainView } from './listen-lines.js';
import { openModels, type ListenedModel } from './listen-models.js';
import { ClipFolder } from './listen-save.js';
import type { View } from './listen-view.js';
import { LiveView } from './live-view.js';
import { onSignals } from './signals.js';
import type { ListenFlags } from './listen.js';

/** Seconds of a clip after the detection. */
const AFTER = 0.5;

export async function runListen(flags: ListenFlags): Promise<void> {
  const view = viewFor(flags);
  const { frame } = view;
  const models = await openModels(flags, frame && ((model, posteriors) => frame(model, posteriors)));
  const folder =
    flags.save === undefined ? undefined : await ClipFolder.open(flags.save, (text) => view.complain(text));
  const group = new DetectorGroup(models.map(({ detector }) => detector));
  const source = openMicrophone(flags, group.sampleRate, view);
  let isAsked = false; // to end
  const dismiss = onSignals(() => {
    isAsked = true;
    view.stop();
    void source.stop();
  });
  let heard = 0; // samples
  const sound = watch(source, (samples) => {
    heard += samples.length;
    view.heard(samples, source.overruns);
  });
  view.open(models, group.frontEnds, group.sampleRate);
  const tell = teller(flags, models, view, folder);
  let detections = 0;
  try {
    const audio = folder && { before: flags.saveSeconds, after: AFTER };
    for await (const wake of group.listen(sound, { audio })) {
      detections++;
      tell(wake);
    }
    if (heard === 0 && !isAsked) throw new AudioError(`${source.recorder} has ended before any sound came`);
  } finally {
    await folder?.settle();
    const perSecond = group.sampleRate;
    const lost = source.overruns / perSecond;
    view.close({ detections, heard: heard / perSecond, lost, saved: folder?.saved ?? 0 });
    dismiss();
  }
}

/** Tells the view, the command and the folder of a detection. */
function teller(flags: ListenFlags, models: readonly ListenedModel[], view: View, folder: ClipFolder | undefined) {
  const command =
    flags.exec === undefined ? undefined : new ShellCommand(flags.exec, (message) => view.complain(message));
  return ({ model, audio, ...wake }: GroupDetection & { readonly audio?: Promise<Clip> }): void => {
    const clock = new Date();
    const file = folder?.fileFor(wake.keyword, wake.posterior, clock);
    const event = { ...wake, model: models[model], clock, ...(file !== undefined && { clip: file }) };
    view.detected(event);
    if (command) view.makeWayFor(() => command.run(event));
    if (file !== undefined && audio) folder?.keep(file, audio);
  };
}

function viewFor({ json }: ListenFlags): View {
  if (json) return new JsonView();
  const isTerminal = process.stdout.isTTY && process.stderr.isTTY && process.env.TERM !== 'dumb';
  return isTerminal ? new LiveView(process.stderr) : new PlainView();
}

function openMicrophone({ recorder, device, reconnect }: ListenFlags, sampleRate: number, view: View): Microphone {
  return microphone({
    recorder,
    device,
    sampleRate,
    reconnect: reconnect ?? { from: 'first-sound' },
    onStatus: (status) => view.status(status),
  });
}

async function* watch(source: Microphone, hear: (samples: Int16Array) => void): AsyncGenerator<Int16Array> {
  for await (const samples of source) {
    hear(samples);
    yield samples;
  }
}
