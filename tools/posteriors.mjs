/**
 * `node tools/posteriors.mjs MODEL PRECISION SKIP STREAM.s16 …`: hears raw int16 streams with a stateful model of one output, without
 * their first SKIP samples; writes its posteriors beside each as STREAM.f32, and prints what the model costs as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadModel } from 'tympan';

const [file, precision, skip, ...streams] = process.argv.slice(2);
const model = await loadModel(file, { precision });
for (const path of streams) {
  const bytes = readFileSync(path);
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1).subarray(Number(skip));
  const { data, coefficients: size } = model.features(samples);
  const stream = model.stream();
  const { name } = stream.outputSlots[0];
  const posteriors = [];
  for (let at = 0; at + size <= data.length; at += size) {
    const posterior = stream.step(data.subarray(at, at + size))[name][0];
    if (stream.fresh) posteriors.push(posterior);
  }
  stream.close();
  writeFileSync(path.replace(/\.s16$/, '.f32'), Float32Array.from(posteriors));
}
const { parameters, multiplyAddsPerFrame, weightBytes } = model.summary();
console.log(JSON.stringify({ parameters, multiplyAddsPerFrame, weightBytes }));
