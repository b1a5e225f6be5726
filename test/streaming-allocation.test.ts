/** A step allocates nothing: audio worklets can't wait for a garbage collector. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadModel } from 'tympan';
import { FrontEnd } from '#dist/features/front-end.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { RecipeOptions } from '#dist/features/recipe.js';
import { readFixture } from './support.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const STEPS = 20_000;
/** What the engine itself may take, of everything: a step that made one view of an array would take 2 MB. */
const BYTES = 200_000;

function bytesTaken(step: () => void): number {
  const measure = (): number => {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < STEPS; i++) step();
    return process.memoryUsage().heapUsed - before;
  };
  // The least of several: what else runs in the process allocates too, and so does code that is not optimized yet.
  return Math.min(...Array.from({ length: 8 }, measure));
}

/** A GRU, an LSTM, both by fused kernels; gates one by one; a convolution; in steps. */
for (const name of [
  'torchscript-frames-two-layers',
  'torchscript-last-lstm',
  'forged-lstm-peepholes',
  'torchscript-conv-causal',
  'torchscript-conv-stride',
]) {
  for (const precision of ['int8', 'f32'] as const) {
    test(`${name}, ${precision}: ${STEPS} steps take less than ${BYTES} bytes`, async () => {
      const model = await loadModel(readFixture(`${name}.onnx`), { precision });
      assert.equal(model.streaming.mode, 'stateful');
      const stream = model.stream();
      const frame = new Float32Array(stream.inputSlots[0].size).fill(0.3);
      const taken = bytesTaken(() => stream.step(frame));
      assert.ok(taken < BYTES, `${taken} bytes`);
    });
  }
}

const FRONT_ENDS: Readonly<Record<string, RecipeOptions>> = {
  mfcc: {},
  'centred, emphasized, with deltas and a stack': {
    framing: 'centred',
    padding: 'reflect',
    preEmphasis: 0.97,
    deltas: 2,
    stack: 3,
    stackStride: 2,
  },
  sherpa: { preset: 'sherpa' },
};

for (const [name, recipe] of Object.entries(FRONT_ENDS)) {
  for (const chunk of [new Int16Array(128), new Float32Array(128), new Float32Array(300)]) {
    test(`${name}: ${STEPS} chunks of ${chunk.length} as ${chunk.constructor.name} take less than ${BYTES} bytes`, () => {
      const stream = new FrontEnd(parseRecipe(recipe)).open();
      const taken = bytesTaken(() => {
        for (let at = stream.fill(chunk, 0); stream.ready; at = stream.fill(chunk, at)) stream.next();
      });
      assert.ok(taken < BYTES, `${taken} bytes`);
    });
  }
}
