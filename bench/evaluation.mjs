import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadModel } from 'tympan';
import { readAudio } from 'tympan/node';
import { plansOf } from '../dist/evaluation/arrangement.js';
import { hear } from '../dist/node/evaluation/hear.js';
import { findRecordings } from '../dist/node/evaluation/recordings.js';
import { render } from '../dist/node/evaluation/render.js';

const AUDIO = resolve('../shared/audio');
const MODEL = 'models/happy.onnx';
const SAMPLE_RATE = 16000; // Hz
const HOP = 160; // samples
const DECODING = 'decoding the files once';
/** Every file is heard so many times, so that the start of threads counts as in an evaluation of an hour. */
const REPEATS = 3;

/** The validation list's clips of the word, a quarter of an hour of other speech, and noise of one fold. */
async function recordings() {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-bench-'));
  try {
    const clips = readFileSync(join(AUDIO, 'speech-commands/validation_list.txt'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('happy/'))
      .map((line) => join(AUDIO, 'speech-commands', line.replace(/\.wav$/, '.flac')));
    writeFileSync(join(folder, 'happy.txt'), clips.join('\n'));
    const keywords = ['happy'];
    const positives = await findRecordings([join(folder, 'happy.txt')], { kind: 'positives', keywords });
    const negatives = ['ljspeech', 'arabic-commands/val'].map((name) => join(AUDIO, name));
    const speech = await findRecordings(negatives, { kind: 'negatives', keywords });
    const [noise] = await findRecordings([join(AUDIO, 'esc10')], { kind: 'negatives', keywords });
    const fold = noise.recordings.map(({ file }) => file).filter((file) => /[\\/]2-[^\\/]*$/.test(file));
    return { sets: [...positives, ...speech], noise: fold };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Microseconds for each frame that `run` says it has heard: of a clock, and of the processor time of all threads. */
async function timed(run) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const frames = await run();
  const { user, system } = process.cpuUsage(before);
  return { wall: ((performance.now() - start) * 1000) / frames, cpu: (user + system) / frames };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/**
 * Microseconds a frame: of a detector on samples in memory, of decoding alone, and of an evaluation that decodes, mixes and
 * hears files; the last column leaves decoding out.
 */
export async function benchEvaluation(rounds) {
  if (!existsSync(AUDIO)) {
    console.log(`\nEvaluation: not measured, no recordings at ${AUDIO}`);
    return;
  }
  const { sets, noise } = await recordings();
  const once = plansOf(sets, 'files');
  const plans = Array.from({ length: REPEATS }, () => once).flat();
  const listening = { models: [{ file: MODEL, precision: 'int8' }], arrangement: 'files', noise, snrs: [10] };
  const detector = (await loadModel(MODEL)).detector();
  const sounds = [];
  for (const plan of once) sounds.push((await render(plan, listening, null)).samples);

  const contenders = {
    'detector, samples in memory': () => {
      for (const samples of sounds) {
        detector.reset();
        detector.push(samples);
      }
      return sounds.reduce((sum, { length }) => sum + length / HOP, 0);
    },
  };
  let heardFrames = 1; // of an evaluation, under all conditions
  contenders[DECODING] = async () => {
    for (const { recordings } of plans) for (const { file } of recordings) await readAudio(file);
    return heardFrames;
  };
  for (const threads of new Set([1, availableParallelism()])) {
    contenders[`evaluation, threads: ${threads}`] = async () => {
      const { heard } = await hear(plans, listening, { threads });
      const traces = heard.flatMap(({ answers }) => answers.flatMap((one) => one.traces));
      const seconds = traces.reduce((sum, { posteriors, period }) => sum + posteriors.happy.length * period, 0);
      heardFrames = (seconds * SAMPLE_RATE) / HOP;
      return heardFrames;
    };
  }
  const results = Object.entries(contenders).map(([name, run]) => ({ name, run, wall: [], cpu: [] }));
  await results.at(-1).run(); // says how many frames there are
  for (let round = 0; round < rounds; round++) {
    for (const { run, wall, cpu } of results) {
      const times = await timed(run);
      wall.push(times.wall);
      cpu.push(times.cpu);
    }
  }
  const [bare, decoding] = results.map(({ cpu }) => median(cpu));
  console.log(`\nA frame of an evaluation: ${plans.length} FLAC files of ${sets.length} sets, noise over positives`);
  const titles = ['wall µs', 'CPU µs', 'CPU ratio', 'but decoding'];
  console.log(`  ${''.padEnd(30)}${titles.map((title) => title.padStart(13)).join('')}`);
  for (const { name, wall, cpu } of results) {
    const own = median(cpu);
    const figures = [median(wall), own, own / bare];
    if (name.startsWith('evaluation')) figures.push((own - decoding) / bare);
    console.log(`  ${name.padEnd(30)}${figures.map((figure) => figure.toFixed(2).padStart(13)).join('')}`);
  }
}
