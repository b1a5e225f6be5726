/**
 * `node examples/node/several-words.mjs MODEL…`: several wake words on one microphone. Features are computed once for all models whose
 * front ends agree, and the microphone is resampled where their rates differ.
 */
import { loadModel } from 'tympan';
import { DetectorGroup } from 'tympan/group';
import { microphone } from 'tympan/node';

const files = process.argv.slice(2);
if (files.length === 0) throw new Error('got no models, expected paths of ONNX files');
const models = await Promise.all(files.map((file) => loadModel(file)));
const group = new DetectorGroup(models.map((model) => model.detector()));
console.error(`${models.length} models, ${group.frontEnds} front ends, ${group.sampleRate} Hz`);
for await (const { model, keyword, time } of group.listen(microphone({ sampleRate: group.sampleRate })))
  console.log(`${time.toFixed(2)} s: ${keyword} (${files[model]})`);
