import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { newArena } from '#dist/kernels/embedded.js';
import { matrixBytes, quantizedBytes } from '#dist/kernels/layout.js';
import type { KernelExports } from '#dist/kernels/module.js';
import { pointerTo, printProgram, ProgramBuilder, verifyProgram } from '#dist/kernels/program.js';
import { BINARY_FUNCTIONS, execute, KERNELS, MEL_LOGS, UNARY_FUNCTIONS } from '#dist/kernels/table.js';
import { uniform } from './support.js';

/** A kernel's index in a program. */
const code = (name: string): number => KERNELS.findIndex((kernel) => kernel.name === name);

test('the embedded kernels are the ones that were built, and at most 24 KB', () => {
  const built = readFileSync('build/kernels.wasm');
  assert.ok(readFileSync('dist/kernels/binary.js', 'utf8').includes(built.toString('hex')));
  assert.ok(built.byteLength <= 24 * 1024, `${built.byteLength} bytes`);
  assert.equal(WebAssembly.Module.imports(new WebAssembly.Module(built)).length, 0);
  assert.equal(typeof newArena().kernels.gruInt8, 'function');
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
    (program) => program.call('softmax', scratch, pointerTo('scratch', 112), 8),
    /softmax: y: bytes 112 to 144 of region scratch, which has 128/,
  );
  refused((program) => program.call('softmax', scratch, pointerTo('state', -16), 4), /y: bytes -16/);
  refused((program) => program.call('softmax', scratch, 7, 4), /region 7/);
  refused((program) => program.call('softmax', scratch, scratch, -4), /n is -4/);
  refused((program) => program.call('copy', scratch, scratch, 0, 0x7ffffff0, 0x7ffffff0), /copy: from/);
  refused(
    (program) => program.call('matvecF32', pointerTo('constants', 0), scratch, scratch, 1, 8),
    /rows is 1, expected a multiple of 16/,
  );
  refused(
    (program) => program.call('powerSpectrum', scratch, scratch, scratch, scratch, 192),
    /powerSpectrum: samples/,
  );
  refused((program) => program.call('softmax', scratch, scratch, 0x7fffffff), /softmax: x/);
  refused(
    (program) => program.call('softmax', scratch, pointerTo('constants', 0), 4),
    /y is written, and is among the constants/,
  );
  refused((program) => program.call('logSoftmax', scratch, pointerTo('constants', 0), scratch, 4), /y is written/);
  for (const size of [0, 1])
    refused(
      (program) => program.call('dftPowerSpectrum', scratch, scratch, scratch, scratch, size),
      /dftPowerSpectrum: samples/,
    );
  refused((program) => program.call('logMel', scratch, pointerTo('constants', 0), scratch, 9, 1), /logMel: filters/);
  refused(
    (program) => program.call('logMel', scratch, pointerTo('constants', 0), scratch, 1, MEL_LOGS.length),
    /logMel: log is 2, expected 0 to 1/,
  );
  for (const code of [-1, UNARY_FUNCTIONS.length, 2 ** 31 - 1]) {
    refused(
      (program) => program.call('unary', scratch, scratch, scratch, 4, code),
      new RegExp(`unary: function is ${code}, expected 0 to 17`),
    );
  }
  refused(
    (program) => program.call('binary', scratch, scratch, scratch, 4, BINARY_FUNCTIONS.length),
    /binary: function is 6, expected 0 to 5/,
  );
  refused(
    (program) => program.call('unary', scratch, pointerTo('scratch', 128), scratch, 4, 0),
    /unary: parameters: bytes 128 to 144/,
  );
  assert.throws(() => verifyProgram(Int32Array.of(99), new Uint8Array(0), [0, 0, 0]), /got code 99/);
  assert.throws(
    () => verifyProgram(Int32Array.of(code('quantize'), 0), new Uint8Array(0), [0, 0, 0]),
    /arguments of quantize are cut off/,
  );
});

test('a filterbank whose table points outside the power spectrum is refused', () => {
  const table = new Uint8Array(96);
  const view = new DataView(table.buffer);
  view.setUint32(16, 1, true);
  const builder = new ProgramBuilder();
  builder.call('logMel', pointerTo('scratch', 0), pointerTo('constants', 0), pointerTo('scratch', 64), 1, 1);
  verifyProgram(builder.finish(), table, [96, 80, 0]);
  view.setUint32(8, 1 << 20, true);
  assert.throws(() => verifyProgram(builder.finish(), table, [96, 80, 0]), /logMel: power/);
});

test('a filterbank whose table a program could write is refused, whatever the constants have in its place', () => {
  const table = new Uint8Array(96);
  new DataView(table.buffer).setUint32(16, 1, true);
  for (const region of ['scratch', 'state'] as const) {
    const builder = new ProgramBuilder();
    builder.call('logMel', pointerTo('scratch', 0), pointerTo(region, 0), pointerTo('scratch', 64), 1, 1);
    assert.throws(() => verifyProgram(builder.finish(), table, [96, 96, 96]), /logMel: (power|filters)/, region);
  }
});

test('a frame of no samples, of which `prepare` would read the first, is refused', () => {
  const prepare = (length: number): Int32Array => {
    const builder = new ProgramBuilder();
    const [samples, frame, energy] = [0, 16, 32].map((offset) => pointerTo('scratch', offset));
    builder.call('prepare', samples, pointerTo('constants', 0), frame, energy, length);
    return builder.finish();
  };
  verifyProgram(prepare(1), new Uint8Array(16), [16, 48, 0]);
  assert.throws(() => verifyProgram(prepare(0), new Uint8Array(16), [16, 48, 0]), /prepare: samples/);
});

test('the arena hands out zeros, also where others have written before', () => {
  const arena = newArena();
  const first = arena.place(new Uint8Array(100).fill(7));
  arena.release(first, 100);
  const second = arena.allocate(100);
  assert.equal(second, first);
  assert.ok(new Uint8Array(arena.kernels.memory.buffer, second, 112).every((byte) => byte === 0));
  assert.throws(() => arena.allocate(2 ** 33), {
    name: 'UnsupportedModelError',
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
  const mel = program((p) => p.call('logMel', scratch, pointerTo('constants', 0), pointerTo('scratch', 96), 1, 1));
  const table = new Uint8Array(32 + 64);
  const view = new DataView(table.buffer);
  view.setUint32(0, 84, true); // its only vector would end at byte 100
  view.setUint32(16, 1, true);
  verifyProgram(mel, table, [96, 112, 0]);
  view.setUint32(0, 100, true);
  assert.throws(() => verifyProgram(mel, table, [96, 112, 0]), /logMel: power/);
  view.setUint32(16, 2, true);
  assert.throws(() => verifyProgram(mel, table, [96, 4096, 0]), /logMel: filters/);
  assert.ok(newArena().allocate(16) > 0, 'address 0 is no buffer');
});

test('quantized activations of more than 1,536 columns have a longer header, in the kernels too', () => {
  assert.equal(quantizedBytes(1536), 16 + 2 * 1536);
  assert.equal(quantizedBytes(1544), 32 + 2 * 1544);
  const [rows, columns] = [16, 1600];
  const next = uniform(8);
  const arena = newArena();
  const k = arena.kernels;
  const weights = Array.from({ length: rows * columns }, next);
  const bias = Array.from({ length: rows }, next);
  const x = Array.from({ length: columns }, next);
  const [scales, zeroPoints] = [1 / 127, 0].map((value) => new Array<number>(rows).fill(value));
  const source = arena.place(new Uint8Array(Float32Array.of(...weights, ...scales, ...zeroPoints, ...bias).buffer));
  const activations = arena.place(new Uint8Array(Float32Array.from(x).buffer));
  const [packed, quantized, y] = [matrixBytes('int8', rows, columns), quantizedBytes(columns), 4 * rows].map((bytes) =>
    arena.allocate(bytes),
  );
  k.packInt8(source, packed, rows, columns);
  k.quantize(activations, quantized, columns);
  k.matvecInt8(packed, quantized, y, rows, columns);
  for (let row = 0; row < rows; row++) {
    const expected = x.reduce((sum, xk, column) => sum + weights[row * columns + column] * xk, bias[row]);
    const step = 1 / 254; // half a step of a weight in ±1; over 1,600 products of size ½ the errors add up as a random walk
    assert.ok(Math.abs(arena.f32[y / 4 + row] - expected) < 6 * step * Math.sqrt(columns / 9));
  }
});

/** By the definitions in ONNX, with α = 0.3 and β = 0.7. */
const UNARY_REFERENCE: Record<(typeof UNARY_FUNCTIONS)[number], (x: number) => number> = {
  affine: (x) => 0.3 * x + 0.7,
  elu: (x) => (x < 0 ? 0.3 * Math.expm1(x) : x),
  hardSigmoid: (x) => Math.max(0, Math.min(1, 0.3 * x + 0.7)),
  leakyRelu: (x) => (x < 0 ? 0.3 * x : x),
  relu: (x) => Math.max(0, x),
  scaledTanh: (x) => 0.3 * Math.tanh(0.7 * x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  thresholdedRelu: (x) => (x > 0.3 ? x : 0),
  clip: (x) => Math.min(Math.max(x, 0.3), 0.7),
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  neg: (x) => -x,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
};

const BINARY_REFERENCE: Record<(typeof BINARY_FUNCTIONS)[number], (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
};

test('every name of a function has the code of what the kernel computes', () => {
  const arena = newArena();
  const values = [-2.5, -0.4, 0.5, 3];
  const others = [1.5, -2, 0.25, 3.5];
  const [x, b, parameters] = [values, others, [0.3, 0.7, 0, 0]].map((list) =>
    arena.place(new Uint8Array(Float32Array.from(list).buffer)),
  );
  const y = arena.allocate(16);
  const agree = (name: string, expected: number[]): void => {
    const got = arena.f32.subarray(y / 4, y / 4 + 4);
    expected.forEach((value, i) => {
      const near = Math.abs(got[i] - value) <= 1e-6 * Math.max(1, Math.abs(value));
      assert.ok(Number.isNaN(value) ? Number.isNaN(got[i]) : near, `${name}(${values[i]}) = ${got[i]}, not ${value}`);
    });
  };
  UNARY_FUNCTIONS.forEach((name, f) => {
    arena.kernels.unary(x, parameters, y, 4, f);
    agree(name, values.map(UNARY_REFERENCE[name]));
  });
  BINARY_FUNCTIONS.forEach((name, f) => {
    arena.kernels.binary(x, b, y, 4, f);
    agree(
      name,
      values.map((value, i) => BINARY_REFERENCE[name](value, others[i])),
    );
  });
  const filters = arena.place(new Uint8Array(96)); // a group of four filters without weights: what comes out is its addend
  arena.f32[filters / 4 + 5] = 0.5;
  arena.f32[filters / 4 + 6] = 2;
  MEL_LOGS.forEach((name, log) => {
    arena.kernels.logMel(x, filters, y, 1, log);
    agree(name, new Array<number>(4).fill({ none: 2, ln: Math.LN2 }[name]));
  });
});

test('a printed program names regions and functions', () => {
  const builder = new ProgramBuilder();
  const [constants, scratch] = [pointerTo('constants', 16), pointerTo('scratch', 32)];
  builder.call('unary', scratch, constants, scratch, 5, UNARY_FUNCTIONS.indexOf('softsign'));
  builder.call('binary', scratch, constants, scratch, 5, BINARY_FUNCTIONS.indexOf('mul'));
  assert.equal(
    printProgram(builder.finish()),
    'unary(x=scratch+32, parameters=constants+16, y=scratch+32, n=5, function=softsign)\n' +
      'binary(a=scratch+32, b=constants+16, y=scratch+32, n=5, function=mul)',
  );
});
