/** Cells spelled at random become layers that compute what onnxruntime computes of the loop; what only looks like one does too. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { loadModel } from 'tympan';
import { spell } from './loop-spelling.js';
import { buildModel } from './onnx-builder.js';
import { compareOutputs, randomInputs, openOnnxruntime, relativeDifference, SEED } from './support.js';

/** Linear states grow from step to step, and what float32 rounds grows with them. */
const DIFFERENCE = 1e-5;
const RUNS = 150;

const kindsOf = ({ network }: Awaited<ReturnType<typeof loadModel>>): string[] =>
  network.operations.map(({ kind }) => kind).filter((kind) => ['gru', 'lstm', 'rnn', 'loop', 'scan'].includes(kind));

async function check(seed: number, isChanged: boolean): Promise<boolean> {
  const { graph, cell, choices } = spell(seed, isChanged);
  const described = `spelling ${seed}: ${choices.join(', ')}`;
  const bytes = buildModel(graph);
  const model = await loadModel(bytes, { precision: 'f32' });
  if (cell) assert.deepEqual(kindsOf(model), [cell], described);
  const inputs = randomInputs(model.network, 2, 6, seed);
  // What it fuses of a sigmoid of one unit, it fails to run.
  const theirs = await openOnnxruntime(bytes, 'disabled');
  compareOutputs(model.run(inputs), await theirs.run(inputs), (output, actual, expected) => {
    const difference = relativeDifference(actual.data, expected.data);
    assert.ok(difference <= DIFFERENCE, `${described}: ${output}: ${difference}`);
  });
  await theirs.close();
  return ['loop', 'scan'].includes(kindsOf(model)[0]);
}

test('whichever way a cell is spelled, it is the layer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => void (await check(seed, false))),
    {
      seed: SEED,
      numRuns: RUNS,
    },
  );
});

test('what is changed in one thing is computed as it is', async () => {
  let left = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => void (left += Number(await check(seed, true)))),
    {
      seed: SEED,
      numRuns: RUNS,
    },
  );
  assert.ok(left > RUNS / 10, `${left} of ${RUNS} stay loops`);
});
