/** Stateful streams of all fixtures that have one: what they say is what `run` says of the whole sequence. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { UnsupportedModelError, loadModel, type Model, type Tensor } from 'tympan';
import {
  answerTo,
  deviationOf,
  frameAt,
  layoutOf,
  listen,
  randomSequence,
  statesOf,
  type Layout,
} from './sequences.js';
import { IMPORTABLE, property, readFixture, relativeDifference } from './support.js';

/** The bar for f32, relative where numbers are beyond ±1. */
const F32_DIFFERENCE = 1e-6;
/**
 * Streams and runs quantize the same weights, but may have other scales of activations: a run's dense layers take matrices
 * by the batch.
 */
const INT8_DIFFERENCE = 1e-2;

interface Loaded {
  readonly name: string;
  readonly f32: Model;
  readonly int8: Model;
  readonly layout: Layout;
}

/** Stateful by default, or where it is asked for. */
async function loadStateful(name: string): Promise<Loaded | null> {
  const bytes = readFixture(name);
  const streaming = { mode: 'stateful' } as const;
  try {
    const f32 = await loadModel(bytes, { precision: 'f32', streaming });
    return { name, f32, int8: await loadModel(bytes, { streaming }), layout: await layoutOf(f32) };
  } catch (error) {
    if (error instanceof UnsupportedModelError) return null;
    throw error;
  }
}

const all = (await Promise.all(IMPORTABLE.map(loadStateful))).filter((one) => one !== null);
/** One frame a run, whose states its user carries. */
const stepwise = all.filter(({ layout }) => layout.analysis.carried.size > 0 && layout.analysis.stepwise);
const sequential = all.filter(({ layout }) => !layout.analysis.stepwise);

/** Frames of a random sequence: as many as the model has to have, else `frames`. */
const framesOf = ({ analysis }: Layout, frames: number): number =>
  analysis.fixedFrames ?? analysis.bakedFrames ?? frames;

for (const { name, f32, int8, layout } of sequential) {
  test(`${name}: stream equals run, f32 within ${F32_DIFFERENCE}, int8 within ${INT8_DIFFERENCE}`, () => {
    const frames = framesOf(layout, 23);
    const sequence = randomSequence(f32, layout, frames, 9);
    for (const [model, bound] of [
      [f32, F32_DIFFERENCE],
      [int8, INT8_DIFFERENCE],
    ] as const) {
      const stream = model.stream();
      const { largest, where } = deviationOf(model, layout, sequence, listen(stream, sequence, layout, frames));
      assert.ok(largest <= bound, `${model.precision}: ${where}: ${largest}`);
      stream.close();
    }
  });
}

/** One frame a run: every state is what the run before gave for it. */
function runSteps({ network, run }: { network: Model['network']; run: Model['run'] }, layout: Layout, frames: number) {
  const name = (ports: Model['network']['inputs'], id: number) => ports.find(({ value }) => value === id)!.name;
  const pairs = [...layout.analysis.carried].map(([to, from]) => [
    name(network.inputs, to),
    name(network.outputs, from),
  ]);
  return (sequences: readonly Record<string, Tensor>[]): Record<string, Tensor>[] => {
    const results: Record<string, Tensor>[] = [];
    for (let at = 0; at < frames; at++) {
      const before = at === 0 ? sequences[0] : results[at - 1];
      const states = pairs.map(([to, from]) => [to, { ...sequences[0][to], data: before[at === 0 ? to : from].data }]);
      results.push(run({ ...sequences[at], ...Object.fromEntries(states) }));
    }
    return results;
  };
}

for (const { name, f32, int8, layout } of stepwise) {
  test(`${name}: a model of one frame carries its states as a user of run would`, () => {
    const frames = 12;
    const sequences = Array.from({ length: frames }, (_, at) => randomSequence(f32, layout, 1, at));
    for (const [model, bound] of [
      [f32, F32_DIFFERENCE],
      [int8, INT8_DIFFERENCE],
    ] as const) {
      const expected = runSteps({ network: model.network, run: model.run.bind(model) }, layout, frames)(sequences);
      const stream = model.stream();
      stream.reset(statesOf(sequences[0], layout));
      sequences.forEach((sequence, at) => {
        const { fresh, outputs } = answerTo(stream, frameAt(sequence, layout, 0));
        assert.ok(fresh);
        for (const [output, { data }] of Object.entries(expected[at])) {
          const difference = relativeDifference(outputs[output], data);
          assert.ok(difference <= bound, `${model.precision}: ${output} at frame ${at}: ${difference}`);
        }
      });
      stream.close();
    }
  });
}

test('stream equals run for random fixtures, precisions, lengths and inputs', async () => {
  const open = sequential.filter(({ layout }) => framesOf(layout, 0) === 0);
  assert.ok(open.length > 100, `${open.length} fixtures`);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...open),
      fc.constantFrom('int8' as const, 'f32' as const),
      fc.integer({ min: 8, max: 60 }),
      fc.nat(),
      async ({ f32, int8, layout }, precision, frames, seed) => {
        const model = precision === 'f32' ? f32 : int8;
        const sequence = randomSequence(model, layout, frames, seed);
        const stream = model.stream();
        const { largest, where } = deviationOf(model, layout, sequence, listen(stream, sequence, layout, frames));
        stream.close();
        assert.ok(largest <= (precision === 'f32' ? F32_DIFFERENCE : INT8_DIFFERENCE), `${where}: ${largest}`);
      },
    ),
    { ...property, numRuns: 100 },
  );
});

test('reset begins anew, and streams of one model, taking turns at random, do not disturb each other', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.constantFrom('int8' as const, 'f32' as const),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 9, maxLength: 60 }),
      (loaded, precision, turns) => {
        const { layout } = loaded;
        const model = loaded[precision];
        const frames = framesOf(layout, 20);
        const sequences = [0, 1, 2].map((seed) => randomSequence(model, layout, frames, seed));
        const lone = model.stream();
        const alone = sequences.map((sequence) => listen(lone, sequence, layout, frames));
        const streams = sequences.map((sequence) => {
          const stream = model.stream();
          stream.reset(statesOf(sequence, layout));
          return { stream, at: 0 };
        });
        for (const turn of turns) {
          const one = streams[turn];
          if (one.at === frames) {
            one.stream.reset(statesOf(sequences[turn], layout));
            one.at = 0;
          }
          const answer = answerTo(one.stream, frameAt(sequences[turn], layout, one.at));
          assert.deepEqual(answer, alone[turn][one.at], `${loaded.name}, stream ${turn}, frame ${one.at}`);
          one.at++;
        }
        for (const { stream } of [...streams, { stream: lone }]) stream.close();
      },
    ),
    { ...property, numRuns: 150 },
  );
});

test('initial states decide what is said; one that is left out is zero', () => {
  const withStates = all.filter(({ f32 }) => f32.stream().stateSlots.length > 0);
  assert.ok(withStates.length >= 10, `${withStates.length} fixtures`);
  for (const { name, f32, layout } of withStates) {
    const stream = f32.stream();
    const frames = framesOf(layout, 6);
    const sequence = randomSequence(f32, layout, frames, 4);
    const given = listen(stream, sequence, layout, frames);
    stream.reset();
    const without = Array.from({ length: frames }, (_, at) => answerTo(stream, frameAt(sequence, layout, at)));
    assert.notDeepEqual(given, without, name);
    stream.reset(Object.fromEntries(stream.stateSlots.map((slot) => [slot.name, new Float32Array(slot.size)])));
    const zeros = Array.from({ length: frames }, (_, at) => answerTo(stream, frameAt(sequence, layout, at)));
    assert.deepEqual(zeros, without, name);
    stream.close();
  }
});
