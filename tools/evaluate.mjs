/**
 * Misses and false alarms of a model on real recordings, with exact 95 % intervals:
 *
 *   node tools/evaluate.mjs --split validation [--audio ../shared/audio] [--model models/happy.onnx] [--precision int8]
 *     [--threshold 0.9] [--mixed 10] [--json]
 *
 * The testing list is for the figure that is reported; thresholds are chosen on the validation list.
 */
import { parseArgs } from 'node:util';
import { loadModel } from 'tympan';
import { proportionInterval, rateInterval } from '#dist/evaluation/intervals.js';
import { evaluate, readSplit } from './protocol.mjs';

const { values } = parseArgs({
  options: {
    split: { type: 'string', default: 'validation' },
    audio: { type: 'string', default: '../shared/audio' },
    model: { type: 'string', default: 'models/happy.onnx' },
    precision: { type: 'string', default: 'int8' },
    threshold: { type: 'string' },
    smoothing: { type: 'string' },
    mixed: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** An option as a number; undefined where it was not given. */
function number(name) {
  const value = values[name] === undefined ? undefined : Number(values[name]);
  if (Number.isNaN(value)) throw new Error(`--${name}: got ${values[name]}, expected a number`);
  return value;
}

const model = await loadModel(values.model, { precision: values.precision });
const [word] = model.detector().keywords;
const recordings = await readSplit(values.audio, values.split, word);
const result = await evaluate(model, recordings, {
  mixed: number('mixed'),
  threshold: number('threshold'),
  smoothing: number('smoothing'),
});
const alarms = Object.values(result.sets).reduce((sum, set) => sum + set.alarms, 0);
const hours = Object.values(result.sets).reduce((sum, set) => sum + set.hours, 0);
const missRate = proportionInterval(result.missed, result.clips);
const alarmRate = rateInterval(alarms, hours);

if (values.json) {
  console.log(JSON.stringify({ ...result, missRate, alarms, hours, alarmRate }));
} else {
  const percent = (rate) => `${(100 * rate).toFixed(1)} %`;
  console.log(
    `${values.model}, ${values.precision}, ${values.split} list${values.mixed ? `, noise at ${values.mixed} dB` : ''}`,
  );
  console.log(
    `missed ${result.missed} of ${result.clips}: ${percent(result.missed / result.clips)} (${percent(missRate[0])} to ${percent(missRate[1])})`,
  );
  for (const [name, set] of Object.entries(result.sets)) {
    console.log(`  ${name.padEnd(20)}${String(set.alarms).padStart(4)} alarms in ${set.hours.toFixed(3)} h`);
  }
  console.log(
    `in all ${alarms} alarms in ${hours.toFixed(3)} h: ${(alarms / hours).toFixed(2)} an hour (${alarmRate.map((rate) => rate.toFixed(2)).join(' to ')})`,
  );
}
