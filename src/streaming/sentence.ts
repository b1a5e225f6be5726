/** How a model runs on a stream, and why, in a sentence for its user. */
import type { Analysis } from './analyze.js';
import type { StreamingSettings } from './settings.js';

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export function streamingSentence(settings: StreamingSettings, analysis: Analysis): string {
  if (analysis.timeAxes.size === 0)
    return 'not at all: no input has a time axis; model.run takes whole tensors, and timeAxis says which axis it is';
  return settings.mode === 'stateful' ? stateful(analysis) : windowed(settings, analysis);
}

function stateful({ frames, fixedFrames, stepwise, carried }: Analysis): string {
  const states = stepwise ? `${plural(carried.size, 'state')} carried from frame to frame` : 'state carried on';
  const past = fixedFrames !== null && fixedFrames > 1 ? ` beyond the ${fixedFrames} frames that the file fixes` : '';
  const schedules = frames!.outputs.map(({ schedule }) => schedule);
  const from = Math.min(...schedules.map((schedule) => schedule.from));
  const every = Math.min(...schedules.map((schedule) => schedule.every));
  const answers = [
    ...(from > 0 ? [`from frame ${from + 1} on`] : []),
    ...(every > 1 ? [`once in ${every} frames`] : []),
  ];
  return `stateful: frame by frame, ${states}${past}${answers.length > 0 ? `; answers ${answers.join(', ')}` : ''}`;
}

function windowed(settings: StreamingSettings & { mode: 'windowed' }, analysis: Analysis): string {
  const { frames, because, fixedFrames, bakedFrames, refused, carried } = analysis;
  const { windowFrames, hopFrames } = settings;
  const hop = hopFrames === 1 ? 'at every frame' : `every ${hopFrames} frames`;
  const start =
    hopFrames === windowFrames && carried.size > 0 ? 'from where the last ones ended' : 'from the initial state';
  const window = `windowed: the newest ${plural(windowFrames, 'frame')} ${start}, ${hop}`;
  if (!frames) {
    const others = refused.length > 1 ? ` (${refused.length} operations need the whole sequence)` : '';
    const choice =
      fixedFrames === null && bakedFrames === null ? 'windowFrames and hopFrames choose' : 'hopFrames chooses';
    return `${window}, because ${because}${others}; ${choice} other windows`;
  }
  if (windowFrames !== fixedFrames) return `${window}, as was asked for; it could run frame by frame, mode "stateful"`;
  return `${window}, because the file fixes that number; mode "stateful" carries its state on instead`;
}
