/** `node examples/node/listen.mjs [MODEL]`: says when a word was heard, until Ctrl+C. */
import { loadModel } from 'tympan';
import { microphone } from 'tympan/node';

const file = process.argv[2] ?? new URL('../../models/happy.onnx', import.meta.url);
const detector = (await loadModel(file)).detector();
const sound = microphone({
  sampleRate: detector.sampleRate,
  reconnect: true, // a microphone that is unplugged may come back
  onStatus: ({ message }) => console.error(message),
});
console.error(`listening for ${detector.keywords.join(', ')}`);
for await (const { keyword, posterior, time } of detector.listen(sound))
  console.log(`${time.toFixed(2)} s: ${keyword}, ${Math.round(100 * posterior)} %`);
