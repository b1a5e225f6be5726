/**
 * `node examples/sequences/spell-number.mjs [--precision f32] NUMBER…`: numbers in words, by an encoder, which reads the digits, and
 * a decoder, which says a word and is then told it.
 */
import { parseArgs } from 'node:util';
import { loadModel } from 'tympan';

// By the decoder's tokens. The empty word begins a number, and ends it.
const WORDS = [
  ...' zero one two three four five six seven eight nine ten eleven twelve'.split(' '),
  ...'thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' '),
  ...'twenty thirty forty fifty sixty seventy eighty ninety hundred thousand and'.split(' '),
];
const END = 0;
const MOST_WORDS = 20; // a number of six digits has at most 12

const { values, positionals } = parseArgs({ options: { precision: { type: 'string' } }, allowPositionals: true });
const wrong = positionals.find((number) => !/^(0|[1-9]\d{0,5})$/.test(number));
if (wrong !== undefined) throw new Error(`got "${wrong}", expected numbers of up to six digits`);

const open = async (file) => (await loadModel(new URL(file, import.meta.url), values)).stream();
const encoder = await open('number-encoder.onnx');
const decoder = await open('word-decoder.onnx');

function* spell(digits) {
  encoder.reset();
  for (const digit of digits) encoder.step(Float32Array.of(digit));
  // What the encoder knows at the last digit is what the decoder begins with.
  decoder.reset({ state: encoder.outputs.state });
  let word = END;
  for (let count = 0; count < MOST_WORDS; count++) {
    const { logits } = decoder.step(Float32Array.of(word)); // "next_state" becomes "state" by itself
    word = logits.indexOf(Math.max(...logits));
    if (word === END) return;
    yield WORDS[word];
  }
}

for (const number of positionals) console.log([...spell(number)].join(' '));
