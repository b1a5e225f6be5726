/** Plans of models: plain data that crosses to another thread, and is checked there before anything runs. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Hearing } from '#dist/hearing/hearing.js';
import { openPlans } from '#dist/hearing/open-plans.js';
import type { DetectorPlan } from '#dist/hearing/plan.js';
import { openKernelNetwork } from '#dist/inference/open-network.js';
import type { Plan } from '#dist/inference/plan.js';
import { newArena } from '#dist/kernels/embedded.js';
import { loadModel, type Detection, type Model, type RecipeOptions } from 'tympan';
import { readAudio } from 'tympan/node';
import { bursts, loudnessModel } from './loudness-model.js';
import { chunks } from './support.js';

const happy = await loadModel('models/happy.onnx');
const { samples: speech } = await readAudio('models/samples/happy.wav');
const sound = bursts(2, 16000);

interface Said {
  readonly events: Detection[];
  readonly posteriors: number[];
}

function byDetector(model: Model, samples: Int16Array | Float32Array): Said {
  const posteriors: number[] = [];
  const detector = model.detector({ onFrame: (values) => void posteriors.push(...values) });
  const events = [...detector.push(samples), ...detector.flush()];
  detector.close();
  return { events, posteriors };
}

function byPlan(plan: DetectorPlan, samples: Int16Array | Float32Array): Said {
  const said: Said = { events: [], posteriors: [] };
  const arena = newArena();
  const parts = openPlans([plan], arena, openKernelNetwork, () => ({
    onPosteriors: (values) => void said.posteriors.push(...values),
    onDetection: (keyword, posterior, time) => void said.events.push({ keyword, posterior, time }),
  }));
  const hearing = new Hearing(plan.recipe.sampleRate, parts, () => arena);
  for (const piece of chunks(samples, [128])) hearing.hear(piece);
  hearing.flush(0.5);
  return said;
}

const FRONT_ENDS: readonly RecipeOptions[] = [
  {},
  { framing: 'centred', padding: 'reflect', preEmphasis: 0.97 },
  { framing: 'rounded', padding: 'zeros', hopLength: 500 },
  { numMels: 5, numCoefficients: 5, deltas: 1 },
  { numMels: 5, numCoefficients: 5, stack: 2, stackStride: 3, dct: 'ortho' },
];

test('a plan that was cloned says the same, to the last bit', async () => {
  const loads = FRONT_ENDS.map((recipe) => loudnessModel({ recipe, middle: -4 }));
  for (const model of await Promise.all(loads)) {
    const said = byPlan(structuredClone(model.plan()), sound);
    assert.deepEqual(said, byDetector(model, sound));
    assert.ok(said.events.length > 0);
  }
  for (const precision of ['int8', 'f32'] as const) {
    const model = await loadModel('models/happy.onnx', { precision });
    assert.deepEqual(byPlan(structuredClone(model.plan()), speech), byDetector(model, speech));
  }
});

test('the presets that hear streams can all be planned', async () => {
  for (const preset of ['librosa', 'kaldi', 'tensorflow', 'microfrontend', 'precise', 'sherpa'] as const) {
    const frontend = { preset, numMels: 20, ...(preset === 'microfrontend' ? {} : { numCoefficients: 20 }) };
    const model = await loadModel('models/happy.onnx', { frontend });
    assert.deepEqual(byPlan(structuredClone(model.plan()), speech), byDetector(model, speech), preset);
  }
});

test('options go into a plan; wrong ones are refused', () => {
  const { answer } = happy.plan({ threshold: 0.25, smoothing: { happy: 0 } });
  assert.deepEqual({ ...answer.settings.keywords.happy }, { threshold: 0.25, smoothing: 0, refractory: 1000 });
  assert.throws(() => happy.plan({ threshold: 2 }), RangeError);
  assert.throws(() => happy.plan({ onFrame: () => {} } as never), { name: 'TypeError', message: /no option/ });
});

type Change = (plan: Changed) => void;
/** A plan that can be spoiled. */
interface Changed {
  frontEnd: { -readonly [Key in keyof DetectorPlan['frontEnd']]: DetectorPlan['frontEnd'][Key] } & {
    framing: Record<string, unknown>;
    context: Record<string, unknown>;
  };
  network: { plan: { -readonly [Key in keyof Plan]: Plan[Key] } };
  answer: { output: unknown; labels: readonly string[]; settings: { keywords: Record<string, unknown> } };
}

/** A pointer among the constants, the scratch and the state: see kernels/program.ts. */
const [CONSTANTS, SCRATCH, STATE] = [0, 1, 2];
const FAR = 2 ** 24;

function framing(field: string, value: unknown): Change {
  return ({ frontEnd }) => (frontEnd.framing[field] = value);
}

function context(fields: Record<string, unknown>): Change {
  return ({ frontEnd }) => Object.assign(frontEnd.context, fields);
}

function port(index: number, fields: object): Change {
  return ({ network: { plan } }) =>
    (plan.ports = plan.ports.map((one, i) => (i === plan.inputs[0].value + index ? { ...one, ...fields } : one)));
}

const HOSTILE: Readonly<Record<string, Change>> = {
  'samples among the constants': ({ frontEnd }) => (frontEnd.samples = CONSTANTS),
  'samples in the scratch': ({ frontEnd }) => (frontEnd.samples = SCRATCH),
  'samples far away': ({ frontEnd }) => (frontEnd.samples = FAR | STATE),
  'samples below': ({ frontEnd }) => (frontEnd.samples = -16 | STATE),
  'features far away': ({ frontEnd }) => (frontEnd.features = FAR | SCRATCH),
  'more features than there is room for': ({ frontEnd }) => (frontEnd.numFeatures = 2 ** 19),
  'no features': ({ frontEnd }) => (frontEnd.numFeatures = 0),
  'energies far away': ({ frontEnd }) => (frontEnd.energies = FAR | SCRATCH),
  'fewer features than the network takes': ({ frontEnd }) => (frontEnd.numFeatures = 9),
  'no rate': ({ frontEnd }) => (frontEnd.sampleRate = NaN),
  'less state': ({ frontEnd }) => (frontEnd.stateBytes -= 64),
  'less than no scratch': ({ frontEnd }) => (frontEnd.scratchBytes = -64),
  'a part of a byte': ({ frontEnd }) => (frontEnd.stateBytes += 0.5),
  'scratch that is no number': ({ frontEnd }) => (frontEnd.scratchBytes = NaN),
  'an unknown kernel': ({ frontEnd }) => (frontEnd.analysis = frontEnd.analysis.map((word, i) => (i ? word : 99))),
  'a call that is cut off': ({ frontEnd }) => (frontEnd.analysis = frontEnd.analysis.slice(0, -1)),
  'no hop': framing('hopLength', 0),
  'a hop of less': framing('hopLength', -160),
  'a hop that is no number': framing('hopLength', NaN),
  'a hop between samples': framing('hopLength', 160.5),
  'a hop as text': framing('hopLength', '160'),
  'frames longer than their room': framing('frameLength', 4000),
  'more room than there is': (plan) => {
    framing('first', 100_000)(plan);
    framing('room', 100_000)(plan);
  },
  'less room than none': (plan) => {
    framing('before', -4000)(plan);
    framing('room', -3600)(plan);
  },
  'a history that is none': framing('history', -4),
  'a history between vectors': framing('history', 2),
  'a longer history than there is room for': framing('history', 40_000),
  'a third order of slopes': context({ deltas: 3, deltaWindow: 2 }),
  'slopes over nothing': context({ deltas: 1, deltaWindow: 0 }),
  'slopes over all memory': context({ deltas: 1, deltaWindow: 2 ** 30 }),
  'an empty stack': context({ stack: 0 }),
  'a stack of all memory': context({ stack: 2 ** 30 }),
  'no stride': context({ stackStride: 0 }),
  'a mean of less': context({ mean: new Float32Array(3) }),
  'a scale of more': context({ scale: new Float32Array(11) }),
  'an input far away': port(0, { pointer: FAR | SCRATCH }),
  'an input among the constants': port(0, { pointer: CONSTANTS }),
  'an input of another size': port(0, { size: 9 }),
  'an input of less than nothing': port(0, { size: -1 }),
  'an input of no size': port(0, { size: NaN }),
  'an input without a place': ({ network: { plan } }) => (plan.inputs = [{ name: 'x', value: 99 }]),
  'an output without a place': ({ network: { plan } }) =>
    (plan.outputs = [{ name: 'p', value: -1, schedule: { from: 0, every: 1 } }]),
  'an output that never comes': ({ network: { plan } }) =>
    (plan.outputs = plan.outputs.map((one) => ({ ...one, schedule: { from: 0, every: 0 } }))),
  'steps that never come': ({ network: { plan } }) =>
    (plan.step = plan.step.map((one) => ({ ...one, schedule: { from: NaN, every: 1 } }))),
  'two inputs': ({ network: { plan } }) => (plan.inputs = [...plan.inputs, ...plan.inputs]),
  'no input': ({ network: { plan } }) => (plan.inputs = []),
  'weights that are cut': ({ network: { plan } }) => (plan.constants = plan.constants.slice(0, 32)),
  'state of less than nothing': ({ network: { plan } }) => (plan.stateBytes = -16),
  'another posterior': ({ answer }) => (answer.output = 'q'),
  'fewer labels': ({ answer }) => (answer.labels = ['loud']),
  'more labels': ({ answer }) => (answer.labels = ['loud', 'quiet', 'third']),
  'a keyword that is no label': ({ answer }) => (answer.settings.keywords = { other: {} }),
  'a threshold that is none': ({ answer }) => (answer.settings.keywords = { loud: { threshold: 7 } }),
  'smoothing for ever': ({ answer }) =>
    (answer.settings.keywords = { loud: { threshold: 0.5, smoothing: Infinity, refractory: 0 } }),
};

const model = await loudnessModel();

function spoiled(change: Change): DetectorPlan {
  const plan = structuredClone(model.plan());
  change(plan as unknown as Changed);
  return plan;
}

for (const [what, change] of Object.entries(HOSTILE)) {
  test(`${what}: refused before anything runs`, () => {
    const open = (): unknown =>
      openPlans([spoiled(change)], newArena(), openKernelNetwork, () => {
        throw new Error('something ran');
      });
    assert.throws(open, (error) => error instanceof RangeError && !/call stack/.test(error.message));
  });
}

test('settings without a number are refused by their type', () => {
  const plan = spoiled(({ answer }) => (answer.settings.keywords = { loud: { threshold: 0.5, smoothing: 0 } }));
  const open = (): unknown => openPlans([plan], newArena(), openKernelNetwork, () => ({}) as never);
  assert.throws(open, { name: 'TypeError', message: /refractory of "loud": got null/ });
});

test('a plan that is refused leaves what others hear in that memory alone', () => {
  const arena = newArena();
  const posteriors: number[] = [];
  const parts = openPlans([model.plan()], arena, openKernelNetwork, () => ({
    onPosteriors: (values) => void posteriors.push(...values),
    onDetection: () => {},
  }));
  const hearing = new Hearing(16000, parts, () => arena);
  hearing.hear(sound.subarray(0, 10_000));
  for (const change of Object.values(HOSTILE))
    assert.throws(() => openPlans([spoiled(change)], arena, openKernelNetwork, () => ({}) as never), RangeError);
  assert.doesNotThrow(() => openPlans([model.plan()], arena, openKernelNetwork, () => ({}) as never));
  hearing.hear(sound.subarray(10_000));
  hearing.flush(0.5);
  assert.deepEqual(posteriors, byDetector(model, sound).posteriors);
});
