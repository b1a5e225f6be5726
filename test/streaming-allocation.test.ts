/** A step allocates nothing: audio worklets can't wait for a garbage collector. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadModel } from 'tympan';
import { readFixture } from './support.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const STEPS = 20_000;
/** What the engine itself may take, of everything: a step that made one view of an array would take 2 MB. */
const BYTES = 200_000;

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
      const measure = (): number => {
        collect();
        const before = process.memoryUsage().heapUsed;
        for (let i = 0; i < STEPS; i++) stream.step(frame);
        return process.memoryUsage().heapUsed - before;
      };
      measure();
      // The least of several: what else runs in the process allocates too.
      const taken = Math.min(measure(), measure(), measure());
      assert.ok(taken < BYTES, `${taken} bytes`);
    });
  }
}
