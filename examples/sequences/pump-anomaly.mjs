/**
 * `node examples/sequences/pump-anomaly.mjs [FILE]`: when a pump's sensors are not what they should be. A line a second, from a file
 * or, with "-", from standard input: the speed that the pump is told, and its sensors.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadModel } from 'tympan';

const SENSORS = ['speed', 'pressure', 'current', 'vibration', 'temperature'];
const SMOOTHING = 0.05; // of errors: a mean over some 20 seconds
const WARM_UP = 60; //    seconds until the model's state is the pump's
const MARGIN = 2; //      over the largest error of a healthy pump

const beside = (name) => new URL(name, import.meta.url);
const model = await loadModel(beside('pump-predictor.onnx'));

async function* samplesOf(input) {
  for await (const line of createInterface({ input })) {
    const sample = Float32Array.from(line.split(',').slice(0, 1 + SENSORS.length), Number);
    if (!sample.includes(NaN)) yield sample; // a header is no sample
  }
}

/** How far each sensor has been from its prediction of late, second by second. */
async function* driftsOf(samples) {
  const stream = model.stream();
  const drifts = new Float32Array(SENSORS.length);
  let second = 0;
  for await (const sample of samples) {
    const { predicted } = stream.outputs; // one second ago, of this sample
    if (second++ >= WARM_UP)
      drifts.forEach((drift, i) => (drifts[i] += SMOOTHING * (sample[1 + i] - predicted[i] - drift)));
    yield drifts.map(Math.abs);
    stream.step(sample);
  }
  stream.close();
}

const limits = SENSORS.map(() => 0);
for await (const drifts of driftsOf(samplesOf(createReadStream(beside('pump-normal.csv')))))
  drifts.forEach((drift, i) => (limits[i] = Math.max(limits[i], MARGIN * drift)));

const [file = beside('pump.csv')] = process.argv.slice(2);
const alarms = SENSORS.map(() => false);
let second = 0;
for await (const drifts of driftsOf(samplesOf(file === '-' ? process.stdin : createReadStream(file)))) {
  drifts.forEach((drift, i) => {
    const score = drift / limits[i];
    if (score > 1 && !alarms[i]) console.log(`${second} s: ${SENSORS[i]}, score ${score.toFixed(2)}`);
    alarms[i] = score > (alarms[i] ? 0.5 : 1); // one alarm until it is over
  });
  second++;
}
