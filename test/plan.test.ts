/** Plans: kernels write nowhere but where a plan says, and a plan is data, which is checked before it runs. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Packer } from '#dist/inference/packing.js';
import { compile } from '#dist/inference/compile.js';
import { compileGates } from '#dist/inference/gates.js';
import { Machine } from '#dist/inference/machine.js';
import { verifyPlan, type Plan, type Section } from '#dist/inference/plan.js';
import { Session } from '#dist/inference/session.js';
import { newArena } from '#dist/kernels/embedded.js';
import { printProgram } from '#dist/kernels/program.js';
import { simplify } from '#dist/operators/index.js';
import type { Operators } from '#dist/operators/operator.js';
import { prepare } from '#dist/operators/specialization.js';
import type { FrameNetwork, HostLayer } from '#dist/streaming/frame-network.js';
import { loadModel } from 'tympan';
import { layoutOf } from './sequences.js';
import { IMPORTABLE, readFixture, uniform } from './support.js';

const packer = new Packer(newArena());
interface Lowered {
  readonly name: string;
  readonly frames: FrameNetwork;
  readonly operators: Operators;
}

async function lowered(name: string): Promise<Lowered | null> {
  const model = await loadModel(readFixture(name));
  const { frames } = (await layoutOf(model)).analysis;
  return frames && { name, frames, operators: (await simplify(model.network)).operators };
}

const all = (await Promise.all(IMPORTABLE.map(lowered))).filter((one) => one !== null);
assert.ok(all.length > 150, `${all.length} fixtures run frame by frame`);

const hostLayers = ({ reset, step }: Plan): HostLayer[] =>
  [...reset, ...step].flatMap((section) => (section.kind === 'host' ? [section.layer] : []));

const GUARD = new Uint8Array(256).fill(0xa5);

/** Runs a sequence between guards. */
function runGuarded({ frames, operators }: Lowered, plan: Plan, what: string): void {
  const next = uniform(8);
  const arena = newArena();
  const guards = [arena.place(GUARD)];
  const constants = arena.place(plan.constants);
  guards.push(arena.place(GUARD));
  const scratch = arena.allocate(plan.scratchBytes);
  guards.push(arena.place(GUARD));
  const layers = hostLayers(plan).map((layer) => [layer, prepare(operators, layer.operation, layer.operands)] as const);
  const machine = new Machine(plan, arena, constants, scratch, new Map(layers));
  guards.push(arena.place(GUARD));
  machine.clear();
  for (const { value } of frames.states) machine.floats(value).forEach((_, i, floats) => (floats[i] = next()));
  machine.begin();
  for (let i = 0; i < 7; i++) {
    for (const { value } of frames.inputs) machine.floats(value).forEach((_, j, floats) => (floats[j] = next()));
    machine.step();
  }
  const memory = Buffer.from(arena.kernels.memory.buffer);
  for (const at of guards) assert.ok(memory.subarray(at, at + GUARD.length).equals(GUARD), what);
  assert.ok(memory.subarray(constants, constants + plan.constants.byteLength).equals(plan.constants), what);
}

for (const lowered of all) {
  test(`${lowered.name}: a plan writes nowhere but into its scratch and state`, () => {
    for (const precision of ['int8', 'f32'] as const)
      runGuarded(lowered, compile(lowered.frames, precision, packer, compileGates), precision);
  });
}

const find = (name: string): Lowered => all.find((one) => one.name === name)!;

test('a plan is plain data: cloned, it verifies, prints and runs the same', () => {
  for (const { frames, operators } of all) {
    const plan = compile(frames, 'int8', packer, compileGates);
    const clone = structuredClone(plan);
    verifyPlan(clone);
    assert.deepEqual(clone, plan);
    const outputs = [plan, clone].map((one) => {
      const machine = new Session(one, newArena(), operators).open();
      machine.clear();
      machine.begin();
      for (const { value } of frames.inputs) machine.floats(value).fill(1);
      for (let i = 0; i < 3; i++) machine.step();
      return frames.outputs.map(({ value }) => machine.floats(value).slice());
    });
    assert.deepEqual(outputs[0], outputs[1]);
  }
  const { step } = structuredClone(
    compile(find('torchscript-frames-two-layers.onnx').frames, 'int8', packer, compileGates),
  );
  assert.equal(step.length, 1);
  assert.ok(step[0].kind === 'kernels');
  assert.match(
    printProgram(step[0].program),
    /^quantize\(x=scratch\+0, .*\)\ngruInt8\(.*hidden=\d+, linearBeforeReset=1\)\n/,
  );
});

test('what runs at other frames is in sections of its own', () => {
  const { step } = compile(find('torchscript-conv-stride.onnx').frames, 'f32', packer, compileGates);
  const schedules = step.map(({ schedule: { every } }) => every);
  assert.ok(schedules.includes(1) && schedules.includes(2), `${schedules}`);
});

/** The first kernel section's program with its word `at` changed. */
const corrupted = (sections: readonly Section[], at: number, by: number): Section[] => {
  const index = sections.findIndex(({ kind }) => kind === 'kernels');
  return sections.map((section, i) =>
    i === index && section.kind === 'kernels'
      ? { ...section, program: section.program.map((word, j) => (j === at ? word + by : word)) }
      : section,
  );
};

test('a plan that reaches outside its regions is refused before it runs', () => {
  const { frames, operators } = find('torchscript-hidden-three-layers-states.onnx');
  const plan = compile(frames, 'int8', packer, compileGates);
  assert.ok(plan.reset.length > 0);
  const broken: Readonly<Record<string, Partial<Plan>>> = {
    'less state': { stateBytes: plan.stateBytes - 16 },
    'less scratch': { scratchBytes: plan.scratchBytes - 64 },
    'less constants': { constants: plan.constants.slice(16) },
    'a pointer of the step': { step: corrupted(plan.step, 1, 2 ** 20) },
    'a kernel that there is not': { step: corrupted(plan.step, 0, 2 ** 20) },
    'a pointer of the reset': { reset: corrupted(plan.reset, 1, 2 ** 20) },
    'a port': { ports: plan.ports.map((port, i) => (i === 0 ? { ...port, pointer: 2 ** 20 + 1 } : port)) },
    'a larger port': { ports: plan.ports.map((port, i) => (i === 0 ? { ...port, size: 2 ** 24 } : port)) },
  };
  for (const [what, part] of Object.entries(broken)) {
    assert.throws(() => verifyPlan({ ...plan, ...part }), RangeError, what);
    assert.throws(() => new Session({ ...plan, ...part }, newArena(), operators), RangeError, what);
  }
});

test('whatever word of a program is changed, it is refused, or writes nowhere else', () => {
  const lowered = find('torchscript-hidden-three-layers-states.onnx');
  const plan = compile(lowered.frames, 'int8', packer, compileGates);
  const words = plan.step.find((section) => section.kind === 'kernels')!.program.length;
  let refused = 0;
  for (let at = 0; at < words; at++) {
    for (const by of [-1, 1, 16, 64, 2 ** 24, -(2 ** 24)]) {
      const changed = { ...plan, step: corrupted(plan.step, at, by) };
      try {
        verifyPlan(changed);
      } catch (error) {
        assert.ok(error instanceof RangeError, `word ${at} and ${by}: ${error}`);
        refused++;
        continue;
      }
      runGuarded(lowered, changed, `word ${at} and ${by}`);
    }
  }
  assert.ok(refused > words, `${refused} of ${6 * words} refused`);
});

test('a plan whose host layers read or write what there is not is refused', () => {
  const { frames } = find('torchscript-layer-norm.onnx');
  const plan = compile(frames, 'f32', packer, compileGates);
  const change = (part: (layer: HostLayer) => Partial<HostLayer>): Plan => ({
    ...plan,
    step: plan.step.map((section) =>
      section.kind === 'host' ? { ...section, layer: { ...section.layer, ...part(section.layer) } } : section,
    ),
  });
  assert.ok(hostLayers(plan).length > 0);
  verifyPlan(plan);
  const beyond = plan.ports.length;
  // An output's own view ends where it ends, whatever the operation writes.
  const small = plan.ports.findIndex(({ size }) => size < 3);
  for (const bad of [beyond, -1, 0.5, small]) {
    assert.throws(
      () => verifyPlan(change(({ inputs }) => ({ inputs: inputs.map(() => bad) }))),
      RangeError,
      `input ${bad}`,
    );
    if (bad === small) continue;
    assert.throws(
      () => verifyPlan(change(({ outputs }) => ({ outputs: outputs.map(() => bad) }))),
      RangeError,
      `output ${bad}`,
    );
  }
});
