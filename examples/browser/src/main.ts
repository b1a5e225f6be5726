import type { HearingCallbacks } from 'tympan/browser';
import happyUrl from 'tympan/models/happy.onnx?url';
import sampleUrl from '../../../models/samples/happy.wav?url';
import { Detections } from './detections.js';
import { element } from './dom.js';
import { onFiles } from './drop.js';
import { AROUND, Listening } from './listening.js';
import { showModel } from './model-card.js';
import { openModel, type OpenModel } from './model.js';
import { Notice } from './notice.js';
import { Settings } from './settings.js';
import { decode, hear } from './sound-file.js';
import { Timeline } from './timeline.js';
import { clock, messageOf, wordsFor } from './words.js';

/** A file that was chosen, dropped or fetched. */
interface Source {
  readonly name: string;
  bytes(): Promise<ArrayBuffer>;
}

const timeline = new Timeline();
const detections = new Detections();
const notice = new Notice();
const settings = new Settings((isSettled) => void thresholdsChanged(isSettled));
const callbacks: HearingCallbacks = {
  onLevel: (level) => timeline.addLevel(level),
  onFeatures: (features, time) => timeline.addFeatures(features, time),
  onPosteriors: (posteriors, time) => timeline.addPosteriors(posteriors, time),
  onWake: (wake) => {
    timeline.addWake(wake);
    detections.add(wake);
  },
};
const listening = new Listening({ begin: beginListening, callbacks });
const progress = element('#progress', HTMLProgressElement);

let model: OpenModel | undefined;
/** The recording that is shown; undefined for the microphone. */
let recording: Source | undefined;
/** Ends the hearing of a recording. */
let hearing = new AbortController();

/** What was asked for before ends here, also what is still being decoded. */
function supersede(): AbortSignal {
  hearing.abort();
  hearing = new AbortController();
  progress.hidden = true;
  return hearing.signal;
}

function begin(source: string, duration: number | null): void {
  element('#source', HTMLElement).textContent = source;
  detections.clear();
  timeline.begin(model!, duration);
}

function beginListening(): { model: OpenModel; threshold: Readonly<Record<string, number>> } {
  supersede();
  recording = undefined;
  begin('the microphone', null);
  return { model: model!, threshold: settings.thresholds };
}

async function hearRecording(source: Source): Promise<void> {
  if (!model) return;
  const signal = supersede();
  await listening.stop();
  const decoded = await decode(source.name, await source.bytes(), model);
  if (signal.aborted) return;
  const { duration } = decoded.sound;
  recording = source;
  begin(`${source.name}, ${clock(duration)}`, duration);
  progress.value = 0;
  progress.hidden = false;
  try {
    await hear(decoded, model, {
      ...callbacks,
      onLevel: (level) => {
        progress.value = level.time / duration;
        callbacks.onLevel!(level);
      },
      threshold: settings.thresholds,
      audio: AROUND,
      signal,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (!signal.aborted) progress.hidden = true;
  }
}

async function useModel(source: Source): Promise<void> {
  const opened = await openModel(source.name, await source.bytes()).catch((error: unknown) => {
    throw new Error(`${source.name}: ${messageOf(error)}`, { cause: error });
  });
  const wasOn = listening.isOn;
  await listening.stop();
  model = opened;
  settings.show(opened.keywords);
  timeline.thresholds = settings.thresholds;
  listening.isPossible = true;
  listening.say({
    tone: 'idle',
    headline: 'Not listening',
    hint: `Start, allow the microphone, and say ${wordsFor(opened.keywords)}.`,
  });
  if (wasOn) listening.start();
  else if (recording) await hearRecording(recording);
  else begin('nothing yet', null);
  await showModel(opened);
}

async function thresholdsChanged(isSettled: boolean): Promise<void> {
  timeline.thresholds = settings.thresholds;
  listening.configure(settings.thresholds);
  if (isSettled && recording) await attempt(() => hearRecording(recording!));
}

/** Does what a user has asked for; what goes wrong is told in words. */
async function attempt(work: () => Promise<void>): Promise<void> {
  notice.clear();
  try {
    await work();
  } catch (error) {
    notice.show(messageOf(error));
  }
}

function fetched(name: string, url: string): Source {
  return {
    name,
    bytes: async () => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${name}: the server answered ${response.status}`);
      return response.arrayBuffer();
    },
  };
}

onFiles((files) =>
  attempt(async () => {
    // A model first: recordings are then heard with it.
    const isModel = ({ name }: File): boolean => name.toLowerCase().endsWith('.onnx');
    const sources = [...files.filter(isModel), ...files.filter((file) => !isModel(file)).slice(0, 1)];
    for (const file of sources) {
      const source = { name: file.name, bytes: () => file.arrayBuffer() };
      await (isModel(file) ? useModel(source) : hearRecording(source));
    }
  }),
);
element('#sample', HTMLButtonElement).onclick = () =>
  void attempt(() => hearRecording(fetched('happy.wav', sampleUrl)));
listening.isPossible = false;
void attempt(() => useModel(fetched('happy.onnx', happyUrl)));
