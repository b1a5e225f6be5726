/** Streams once more as sound, to cut clips from. */
import { soundOf, type Setting } from '../../evaluation/arrangement.js';
import type { StreamPlan } from '../../evaluation/heard.js';
import type { Sound } from '../../evaluation/sound.js';
import { Take } from '../../evaluation/take.js';
import { readAudio } from '../audio-file.js';
import { openModels, readNoise, type Listening } from './listening.js';

/** Models and noise are opened once for each listening. */
const settings = new WeakMap<Listening, Promise<Setting>>();

/**
 * The sound of a stream exactly as `hear` heard it.
 *
 * @param plan of what was heard: without the recordings that failed
 * @param snr the condition: dB, null for the recordings as they are
 * @throws TympanError for a file that can't be read any more
 */
export async function render(plan: StreamPlan, listening: Listening, snr: number | null): Promise<Sound> {
  const setting = await (settings.get(listening) ?? open(listening));
  const takes: Take[] = [];
  for (const recording of plan.recordings) {
    const { samples } = await readAudio(recording.file, { sampleRate: setting.sampleRate });
    takes.push(new Take(recording, samples, setting.sampleRate));
  }
  return soundOf(takes, setting, plan.index, snr);
}

function open(listening: Listening): Promise<Setting> {
  const setting = openModels(listening.models).then(async ({ demands }) => ({
    arrangement: listening.arrangement,
    ...demands,
    noise: await readNoise(listening.noise, demands.sampleRate),
  }));
  settings.set(listening, setting);
  return setting;
}
