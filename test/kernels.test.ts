import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { compile } from '#dist/inference/compile.js';
import { verifyPlan, type Plan } from '#dist/inference/plan.js';
import { Session } from '#dist/inference/session.js';
import { Arena } from '#dist/kernels/arena.js';
import { quantizedBytes } from '#dist/kernels/layout.js';
import { instantiateKernels, type KernelExports } from '#dist/kernels/module.js';
import {
  bindPointer,
  bindProgram,
  pointerTo,
  printProgram,
  ProgramBuilder,
  verifyProgram,
} from '#dist/kernels/program.js';
import { execute, KERNELS } from '#dist/kernels/table.js';
import { loadModel } from 'tympan';
import { buildModel, gruWeights } from './onnx-builder.js';
import { runReference } from './reference/network.js';
import { IMPORTABLE, maxDifference, randomInputs, readFixture, uniform } from './support.js';

test('the embedded kernels are the ones that were built, and at most 16 KB', () => {
  const built = readFileSync('build/kernels.wasm');
  assert.ok(readFileSync('dist/kernels/binary.js', 'utf8').includes(built.toString('base64')));
  assert.ok(built.byteLength <= 16 * 1024, `${built.byteLength} bytes`);
  assert.equal(WebAssembly.Module.imports(new WebAssembly.Module(built)).length, 0);
  assert.equal(typeof instantiateKernels().gruInt8, 'function');
});

test('every code of a program calls the kernel of that name with its own arguments', () => {
  const called: [string, number[]][] = [];
  const recorder = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: number[]) =>
          called.push([String(name), args]),
    },
  );
  const builder = new ProgramBuilder();
  const expected = KERNELS.map(({ name, pointers, counts }, code): [string, number[]] => {
    const args = [...pointers, ...counts].map((_, i) => 16 * (100 * code + i));
    builder.call(name, ...args);
    return [name, args];
  });
  execute(builder.finish(), recorder as KernelExports);
  assert.deepEqual(called, expected);
});

test('a program that reaches outside its regions is refused', () => {
  const refused = (build: (program: ProgramBuilder) => void, message: RegExp): void => {
    const builder = new ProgramBuilder();
    build(builder);
    assert.throws(
      () => verifyProgram(builder.finish(), new Uint8Array(64), [64, 128, 32]),
      (error: Error) => error instanceof RangeError && message.test(error.message),
    );
  };
  const scratch = pointerTo('scratch', 0);
  refused(
    (program) => program.call('sigmoid', scratch, pointerTo('scratch', 112), 8),
    /sigmoid: y: bytes 112 to 144 of region scratch, which has 128/,
  );
  refused((program) => program.call('sigmoid', scratch, pointerTo('state', -16), 4), /y: bytes -16/);
  refused((program) => program.call('sigmoid', scratch, 7, 4), /region 7/);
  refused((program) => program.call('sigmoid', scratch, scratch, -4), /n is -4/);
  refused((program) => program.call('copy', scratch, scratch, 0, 0x7ffffff0, 0x7ffffff0), /copy: from/);
  refused(
    (program) => program.call('matvecF32', pointerTo('constants', 0), scratch, scratch, 1, 8),
    /rows is 1, expected a multiple of 16/,
  );
  refused(
    (program) => program.call('powerSpectrum', scratch, scratch, scratch, scratch, 192),
    /powerSpectrum: samples/,
  );
  refused((program) => program.call('sigmoid', scratch, scratch, 0x7fffffff), /sigmoid: x/);
  refused(
    (program) => program.call('sigmoid', scratch, pointerTo('constants', 0), 4),
    /y is written, and is among the constants/,
  );
  refused((program) => program.call('logSoftmax', scratch, pointerTo('constants', 0), scratch, 4), /y is written/);
  refused((program) => program.call('logMel', scratch, pointerTo('constants', 0), scratch, 9), /logMel: filters/);
  assert.throws(() => verifyProgram(Int32Array.of(99), new Uint8Array(0), [0, 0, 0]), /got code 99/);
  assert.throws(
    () => verifyProgram(Int32Array.of(5, 0), new Uint8Array(0), [0, 0, 0]),
    /arguments of quantize are cut off/,
  );
});

test('a filterbank whose table points outside the power spectrum is refused', () => {
  const table = new Uint8Array(96);
  const view = new DataView(table.buffer);
  view.setUint32(16, 1, true);
  const builder = new ProgramBuilder();
  builder.call('logMel', pointerTo('scratch', 0), pointerTo('constants', 0), pointerTo('scratch', 64), 1);
  verifyProgram(builder.finish(), table, [96, 80, 0]);
  view.setUint32(8, 1 << 20, true);
  assert.throws(() => verifyProgram(builder.finish(), table, [96, 80, 0]), /logMel: power/);
});

test('kernels write nowhere but into scratch and state: what lies around them stays as it was', async () => {
  const next = uniform(8);
  for (const [name, precision] of IMPORTABLE.flatMap(
    (file) =>
      [
        [file, 'int8'],
        [file, 'f32'],
      ] as const,
  )) {
    const { network } = await loadModel(readFixture(name));
    const plan = compile(network, precision);
    const arena = new Arena();
    const guard = (): number => arena.place(new Uint8Array(256).fill(0xa5));
    const guards = [guard()];
    const constants = arena.place(plan.constants);
    guards.push(guard());
    const scratch = arena.allocate(plan.scratchBytes);
    guards.push(guard());
    const state = arena.allocate(plan.stateBytes);
    guards.push(guard());
    const bases = [constants, scratch, state] as const;
    execute(bindProgram(plan.reset, bases), arena.kernels);
    for (let i = 0; i < 3; i++) {
      for (const { values } of network.inputs) {
        const { pointer, size } = plan.ports[values[0]];
        for (let at = 0; at < size; at++) arena.f32[(bindPointer(pointer, bases) >> 2) + at] = next();
      }
      execute(bindProgram(plan.step, bases), arena.kernels);
    }
    const memory = new Uint8Array(arena.kernels.memory.buffer);
    for (const at of guards) assert.ok(memory.subarray(at, at + 256).every((byte) => byte === 0xa5));
    assert.deepEqual(memory.slice(constants, constants + plan.constants.byteLength), plan.constants);
  }
});

test('a plan is plain data: cloned, it verifies and prints the same', async () => {
  const { network } = await loadModel(readFixture('torchscript-frames-two-layers.onnx'));
  const plan = compile(network, 'int8');
  const clone: Plan = structuredClone(plan);
  verifyPlan(clone);
  assert.deepEqual(clone, plan);
  assert.match(
    printProgram(clone.step),
    /^quantize\(x=scratch\+0, .*\)\ngruInt8\(.*hidden=\d+, linearBeforeReset=1\)\n/,
  );
  const sized = { scratchBytes: clone.scratchBytes, stateBytes: clone.stateBytes };
  const broken: Partial<Plan>[] = [
    { stateBytes: sized.stateBytes - 16 },
    { scratchBytes: sized.scratchBytes - 64 },
    { constants: clone.constants.slice(16) },
    { step: clone.step.map((word, i) => (i === 1 ? word + 2 ** 20 : word)) },
    { reset: clone.reset.map((word, i) => (i === 1 ? word + 2 ** 20 : word)) },
    { ports: clone.ports.map((port, i) => (i === 0 ? { ...port, pointer: 2 ** 20 + 1 } : port)) },
  ];
  for (const part of broken) {
    assert.throws(() => verifyPlan({ ...clone, ...part }), RangeError);
    assert.throws(() => new Session(network, { ...clone, ...part }), RangeError);
  }
});

test('the arena hands out zeros, also where others have written before', () => {
  const arena = new Arena();
  const first = arena.place(new Uint8Array(100).fill(7));
  arena.release(first, 100);
  const second = arena.allocate(100);
  assert.equal(second, first);
  assert.ok(new Uint8Array(arena.kernels.memory.buffer, second, 112).every((byte) => byte === 0));
  assert.throws(() => arena.allocate(2 ** 33), {
    name: 'RangeError',
    message: /exceed WebAssembly memory; use a smaller model/,
  });
});

test('verification knows offsets, table ends and what the kernels take at a time', () => {
  const program = (build: (builder: ProgramBuilder) => void): Int32Array => {
    const builder = new ProgramBuilder();
    build(builder);
    return builder.finish();
  };
  const scratch = pointerTo('scratch', 0);
  const copied = program((p) => p.call('copy', scratch, scratch, 0, 128, 4));
  assert.throws(() => verifyProgram(copied, new Uint8Array(0), [0, 128, 0]), /copy: to/);
  const from = program((p) => p.call('copy', scratch, scratch, 128, 0, 4));
  assert.throws(() => verifyProgram(from, new Uint8Array(0), [0, 128, 0]), /copy: from/);
  const spectrum = program((p) => p.call('powerSpectrum', scratch, pointerTo('constants', 0), scratch, scratch, 192));
  assert.throws(
    () => verifyProgram(spectrum, new Uint8Array(2 ** 16), [2 ** 16, 2 ** 16, 0]),
    /powerSpectrum: samples/,
  );
  const mel = program((p) => p.call('logMel', scratch, pointerTo('constants', 0), pointerTo('scratch', 96), 1));
  const table = new Uint8Array(32 + 64);
  const view = new DataView(table.buffer);
  view.setUint32(0, 84, true); // its only vector would end at byte 100
  view.setUint32(16, 1, true);
  verifyProgram(mel, table, [96, 112, 0]);
  view.setUint32(0, 100, true);
  assert.throws(() => verifyProgram(mel, table, [96, 112, 0]), /logMel: power/);
  view.setUint32(16, 2, true);
  assert.throws(() => verifyProgram(mel, table, [96, 4096, 0]), /logMel: filters/);
  assert.ok(new Arena().allocate(16) > 0, 'address 0 is no buffer');
});

test('quantized activations of more than 1,536 columns have a longer header, in the kernel too', async () => {
  assert.equal(quantizedBytes(1536), 16 + 2 * 1536);
  assert.equal(quantizedBytes(1544), 32 + 2 * 1544);
  const bytes = buildModel({
    inputs: { x: ['time', 1, 1600] },
    outputs: { y: ['time', 1, 16], Y: ['time', 1, 1, 8] },
    initializers: { ...gruWeights(1600, 8), weights: [[1600, 16]] },
    nodes: [
      ['GRU', ['x', 'W', 'R', 'B'], ['Y'], { hidden_size: 8 }],
      ['MatMul', ['x', 'weights'], ['y']],
    ],
  });
  const model = await loadModel(bytes);
  const inputs = randomInputs(model.network, 1, 2, 3);
  const expected = runReference(model.network, inputs).y.data;
  assert.ok(
    maxDifference(model.run(inputs).y.data, expected) < 0.2,
    'sums of 1,600 products of size ½, weights of 8 bits',
  );
});
