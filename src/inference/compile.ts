import { UnsupportedModelError } from '../errors.js';
import { paddedRows, paddedSize, type Precision } from '../kernels/layout.js';
import type {
  BinaryLayer,
  ContextLayer,
  CopyLayer,
  DenseLayer,
  FrameLayer,
  FrameNetwork,
  HostLayer,
  SoftmaxLayer,
  UnaryLayer,
} from '../streaming/frame-network.js';
import { compileRecurrent, type CompileGates } from './compile-recurrent.js';
import type { Packer } from './packing.js';
import { ALWAYS, PlanBuilder } from './plan-builder.js';
import type { Plan } from './plan.js';

/** Rows from which a dense layer's weights are int8 too. A smaller one is a head: f32 costs it nothing, and keeps its logits. */
const INT8_DENSE_ROWS = 16;

/** Floats of all values of a frame. */
const MAX_FLOATS = 2 ** 22;

/**
 * Compiles a network for the kernels: quantizes and packs its weights, gives every value its place in memory and every
 * layer its kernel calls.
 *
 * @param packer where several networks are compiled, the same for all
 * @param gates what `gatesFor` says of the network
 */
export function compile(network: FrameNetwork, precision: Precision, packer: Packer, gates?: CompileGates): Plan {
  checkSize(network);
  const builder = new PlanBuilder(network, precision, packer);
  for (const { value } of network.inputs) builder.reserve(value);
  builder.schedule = null;
  for (const { value } of network.states) builder.reserve(value);
  for (const layer of network.prologue) compileLayer(builder, layer, gates);
  const layerBytes = network.layers.map(({ layer, schedule }) => {
    const before = builder.constants.size;
    builder.schedule = schedule;
    compileLayer(builder, layer, gates);
    return builder.constants.size - before;
  });
  builder.schedule = ALWAYS;
  for (const { from, to } of network.carried)
    builder.call('copy', builder.pointer(from), builder.pointer(to), 0, 0, 4 * builder.sizeOf(from));
  return builder.plan(layerBytes);
}

/**
 * Memory holds all values of a frame side by side.
 *
 * @throws UnsupportedModelError
 */
function checkSize({ values }: FrameNetwork): void {
  const floats = values.reduce((sum, { size }) => sum + size, 0);
  if (floats > MAX_FLOATS)
    throw new UnsupportedModelError(
      `its frames take ${floats} floats, at most ${MAX_FLOATS} are supported; use a smaller network`,
    );
}

function compileLayer(builder: PlanBuilder, layer: FrameLayer, gates?: CompileGates): void {
  switch (layer.kind) {
    case 'gru':
    case 'lstm':
    case 'rnn':
      return compileRecurrent(builder, layer, gates);
    case 'dense':
      return compileDense(builder, layer);
    case 'unary':
      return compileUnary(builder, layer);
    case 'binary':
      return compileBinary(builder, layer);
    case 'softmax':
      return compileSoftmax(builder, layer);
    case 'copy':
      return compileCopy(builder, layer);
    case 'context':
      return compileContext(builder, layer);
    case 'host':
      return compileHost(builder, layer);
  }
}

function compileDense(builder: PlanBuilder, { input, output, weights, bias, steps }: DenseLayer): void {
  const rows = bias.length;
  const columns = builder.sizeOf(input);
  const precision = builder.precision === 'int8' && rows >= INT8_DENSE_ROWS ? 'int8' : 'f32';
  const x = precision === 'int8' ? builder.quantizedForm(input) : builder.pointer(input);
  const matrix = builder.matrices(precision, { rows, columns, weights, bias, steps });
  const y = builder.reserve(output);
  const kernel = precision === 'int8' ? 'matvecInt8' : 'matvecF32';
  builder.call(kernel, matrix, x, y, paddedRows(rows), paddedSize(columns));
}

function compileUnary(builder: PlanBuilder, { input, output, function: name, alpha, beta }: UnaryLayer): void {
  builder.unary(builder.pointer(input), builder.reserve(output), builder.sizeOf(output), name, alpha, beta);
}

function compileBinary(builder: PlanBuilder, { a, b, output, function: name }: BinaryLayer): void {
  builder.binary(builder.source(a), builder.source(b), builder.reserve(output), builder.sizeOf(output), name);
}

function compileSoftmax(builder: PlanBuilder, { input, output, log }: SoftmaxLayer): void {
  const x = builder.pointer(input);
  const size = builder.sizeOf(output);
  const y = builder.reserve(output);
  if (log) builder.call('logSoftmax', x, y, builder.scratch.reserve(4 * paddedRows(size)), size);
  else builder.call('softmax', x, y, size);
}

function compileCopy(builder: PlanBuilder, { parts, output }: CopyLayer): void {
  const y = builder.reserve(output);
  let offset = 0;
  for (const { input, start, size } of parts) {
    builder.call('copy', builder.source(input), y, 4 * start, offset, 4 * size);
    offset += 4 * size;
  }
}

/** A shift register: frames move up by one, the newest comes last. */
function compileContext(builder: PlanBuilder, { input, output, frames, fill }: ContextLayer): void {
  const frameBytes = 4 * builder.sizeOf(input);
  const bytes = frameBytes * frames;
  const y = builder.state.reserve(4 * paddedRows(builder.sizeOf(output)));
  builder.place(output, y);
  if (fill !== 0)
    builder.atReset('copy', builder.floats(new Float32Array(builder.sizeOf(output)).fill(fill)), y, 0, 0, bytes);
  builder.call('copy', y, y, frameBytes, 0, bytes - frameBytes);
  builder.call('copy', builder.pointer(input), y, 0, bytes - frameBytes, frameBytes);
}

function compileHost(builder: PlanBuilder, layer: HostLayer): void {
  for (const output of layer.outputs) if (output !== null) builder.reserve(output);
  builder.host(layer);
}
