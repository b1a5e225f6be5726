/** Random networks over [batch, time, features], from what wake-word models are made of: seeded, so that a failure comes again. */
import type { GraphSpec, NodeSpec, TensorSpec } from './onnx-builder.js';
import { uniform } from './support.js';

/** A tensor in the making. Sequences are [batch, time, features]. */
interface Sequence {
  readonly name: string;
  readonly features: number;
  /** Frames of the input per frame. */
  readonly every: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What `buildModel` takes. */
export interface RandomNetwork {
  readonly graph: GraphSpec;
  /** Names of the parts, for messages. */
  readonly parts: readonly string[];
}

export class NetworkGenerator {
  readonly #next: () => number;
  readonly #nodes: NodeSpec[] = [];
  readonly #initializers: Mutable<GraphSpec['initializers']> = {};
  readonly #parts: string[] = [];
  #names = 0;

  constructor(seed: number) {
    this.#next = uniform(seed * 7919 + 13);
    for (let i = 0; i < 5; i++) this.#next();
  }

  make(): RandomNetwork {
    const features = this.#int(2, 6);
    let x: Sequence = { name: 'x', features, every: 1 };
    const count = this.#int(2, 5);
    for (let i = 0; i < count; i++) x = this.#pick(this.#palette())(x);
    const output = this.#head(x);
    return {
      graph: {
        inputs: { x: ['batch', 'time', features] },
        outputs: { [output]: null },
        initializers: this.#initializers,
        nodes: this.#nodes,
      },
      parts: this.#parts,
    };
  }

  #palette(): ((x: Sequence) => Sequence)[] {
    return [
      (x) => this.#recurrent(x),
      (x) => this.#recurrent(x),
      (x) => this.#matmul(x),
      (x) => this.#gemm(x),
      (x) => this.#convolution(x),
      (x) => this.#convolution(x),
      (x) => this.#causalConvolution(x),
      (x) => this.#pool(x),
      (x) => this.#elementwise(x),
      (x) => this.#residual(x),
      (x) => this.#concat(x),
      (x) => this.#halves(x),
      (x) => this.#layerNorm(x),
      (x) => this.#batchNorm(x),
      (x) => this.#softmax(x),
      (x) => this.#detour(x),
      (x) => this.#chomp(x),
      (x) => this.#twoBranches(x),
      (x) => this.#image(x),
    ];
  }

  #int(low: number, high: number): number {
    return low + Math.min(high - low, Math.floor(((this.#next() + 1) / 2) * (high - low + 1)));
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#int(0, all.length - 1)];
  }

  #constant(spec: TensorSpec): string {
    const name = `c${this.#names++}`;
    const [dims, values, type] = spec;
    const count = dims.reduce((product, dim) => product * dim, 1);
    this.#initializers[name] = [dims, values ?? Array.from({ length: count }, () => 0.6 * this.#next()), type];
    return name;
  }

  #integers(...values: number[]): string {
    return this.#constant([[values.length], values, 'int64']);
  }

  #node(op: string, inputs: readonly string[], attributes: NodeSpec[3] = {}, outputs = 1): string[] {
    const names = Array.from({ length: outputs }, () => `t${this.#names++}`);
    this.#nodes.push([op, inputs, names, attributes]);
    return names;
  }

  /** A node of one output. */
  #one(op: string, inputs: readonly string[], attributes: NodeSpec[3] = {}): string {
    return this.#node(op, inputs, attributes)[0];
  }

  #note(part: string): void {
    this.#parts.push(part);
  }

  #channelsFirst(name: string): string {
    return this.#one('Transpose', [name], { perm: [0, 2, 1] });
  }

  #recurrent(x: Sequence): Sequence {
    const op = this.#pick(['GRU', 'GRU', 'LSTM', 'RNN']);
    const gates = { GRU: 3, LSTM: 4, RNN: 1 }[op]!;
    const hidden = this.#int(2, 9);
    this.#note(`${op} ${hidden}`);
    const W = this.#constant([[1, gates * hidden, x.features]]);
    const R = this.#constant([[1, gates * hidden, hidden]]);
    const B = this.#pick([this.#constant([[1, 2 * gates * hidden]]), '']);
    const timeFirst = this.#one('Transpose', [x.name], { perm: [1, 0, 2] });
    const linear: NodeSpec[3] = op === 'GRU' ? { linear_before_reset: this.#int(0, 1) } : {};
    const y = this.#one(op, [timeFirst, W, R, B], { hidden_size: hidden, ...linear });
    const name = this.#pick([
      () => this.#one('Transpose', [this.#one('Squeeze', [y, this.#integers(1)])], { perm: [1, 0, 2] }),
      () => this.#one('Reshape', [this.#one('Transpose', [y], { perm: [2, 0, 1, 3] }), this.#integers(0, 0, -1)]),
    ])();
    return { ...x, name, features: hidden };
  }

  #matmul(x: Sequence): Sequence {
    const features = this.#int(1, 8);
    this.#note(`MatMul ${features}`);
    const product = this.#one('MatMul', [x.name, this.#constant([[x.features, features]])]);
    const name = this.#one(
      'Add',
      this.#pick([true, false])
        ? [product, this.#constant([[features]])]
        : [this.#constant([[1, 1, features]]), product],
    );
    return { ...x, name, features };
  }

  /** On frames as rows. */
  #gemm(x: Sequence): Sequence {
    const features = this.#int(1, 20);
    this.#note(`Gemm ${features}`);
    const shape = this.#one('Shape', [x.name]);
    const rows = this.#one('Reshape', [x.name, this.#integers(-1, x.features)]);
    const gemm = this.#one('Gemm', [rows, this.#constant([[features, x.features]]), this.#constant([[features]])], {
      transB: 1,
      alpha: { float: 0.7 },
    });
    const front = this.#one('Slice', [shape, this.#integers(0), this.#integers(2)]);
    const target = this.#one('Concat', [front, this.#integers(features)], { axis: 0 });
    return { ...x, name: this.#one('Reshape', [gemm, target]), features };
  }

  #convolution(x: Sequence): Sequence {
    const size = this.#int(1, 4);
    const dilation = this.#int(1, 3);
    const stride = x.every === 1 ? this.#pick([1, 1, 1, 2, 3]) : 1;
    const extent = (size - 1) * dilation + 1;
    const [before, after] = this.#pick([
      [0, 0],
      [extent - 1, 0],
      [Math.floor((extent - 1) / 2), Math.ceil((extent - 1) / 2)],
      [0, extent - 1],
    ]);
    const depthwise = this.#int(0, 3) === 0;
    const features = depthwise ? x.features : this.#int(1, 8);
    this.#note(`Conv ${size}×${dilation} stride ${stride} pads ${before},${after}${depthwise ? ' depthwise' : ''}`);
    const weights = this.#constant([[features, depthwise ? 1 : x.features, size]]);
    const bias = this.#pick([[this.#constant([[features]])], []]);
    const name = this.#one('Conv', [this.#channelsFirst(x.name), weights, ...bias], {
      dilations: [dilation],
      strides: [stride],
      pads: [before, after],
      kernel_shape: [size],
      group: depthwise ? x.features : 1,
    });
    const every = x.every * stride;
    return { name: this.#channelsFirst(name), features, every };
  }

  /** Padding as an operator of its own, as exporters write causal convolutions. */
  #causalConvolution(x: Sequence): Sequence {
    const size = this.#int(2, 4);
    const dilation = this.#int(1, 2);
    const extra = this.#pick([0, 0, 0, 1, -1]);
    const before = (size - 1) * dilation + extra;
    const features = this.#int(1, 8);
    this.#note(`Pad ${before}, Conv ${size}×${dilation}`);
    const value = this.#pick([[], [this.#constant([[], [0]])]]);
    const padded = this.#one('Pad', [this.#channelsFirst(x.name), this.#integers(0, 0, before, 0, 0, 0), ...value]);
    const weights = this.#constant([[features, x.features, size]]);
    const name = this.#one('Conv', [padded, weights, this.#constant([[features]])], { dilations: [dilation] });
    return { ...x, name: this.#channelsFirst(name), features };
  }

  #pool(x: Sequence): Sequence {
    const size = this.#int(2, 3);
    const stride = x.every === 1 ? this.#pick([1, 1, 2]) : 1;
    const op = this.#pick(['MaxPool', 'AveragePool']);
    const before = this.#pick([0, size - 1]);
    const counted: NodeSpec[3] = op === 'AveragePool' ? { count_include_pad: this.#int(0, 3) === 0 ? 0 : 1 } : {};
    this.#note(`${op} ${size} stride ${stride} before ${before} ${JSON.stringify(counted)}`);
    const name = this.#one(op, [this.#channelsFirst(x.name)], {
      kernel_shape: [size],
      strides: [stride],
      pads: [before, 0],
      ...counted,
    });
    return { ...x, name: this.#channelsFirst(name), every: x.every * stride };
  }

  #elementwise(x: Sequence): Sequence {
    const op = this.#pick([
      'Relu',
      'Tanh',
      'Sigmoid',
      'LeakyRelu',
      'Abs',
      'Softplus',
      'Mul',
      'Sub',
      'Clip',
      'Max',
      'Where',
    ]);
    this.#note(op);
    const { name, features } = x;
    if (op === 'Mul' || op === 'Sub') return { ...x, name: this.#one(op, [this.#constant([[features]]), name]) };
    if (op === 'Max') return { ...x, name: this.#one(op, [name, this.#constant([[], [-0.1]])]) };
    if (op === 'Clip')
      return { ...x, name: this.#one(op, [name, this.#constant([[], [-0.3]]), this.#constant([[], [0.4]])]) };
    if (op === 'Where') {
      const condition = this.#one('Greater', [name, this.#constant([[features]])]);
      return { ...x, name: this.#one('Where', [condition, name, this.#one('Neg', [name])]) };
    }
    return { ...x, name: this.#one(op, [name]) };
  }

  /** x + f(x), where f keeps frames, and may look ahead. */
  #residual(x: Sequence): Sequence {
    const extent = this.#int(1, 5);
    const before = this.#int(0, extent - 1);
    this.#note(`residual Conv ${extent} pads ${before},${extent - 1 - before}`);
    const weights = this.#constant([[x.features, x.features, extent]]);
    const inner = this.#one('Conv', [this.#channelsFirst(x.name), weights], { pads: [before, extent - 1 - before] });
    const name = this.#one(
      'Add',
      this.#pick([true, false]) ? [x.name, this.#channelsFirst(inner)] : [this.#channelsFirst(inner), x.name],
    );
    return { ...x, name };
  }

  #concat(x: Sequence): Sequence {
    this.#note('Concat');
    const other = this.#one('Tanh', [x.name]);
    const name = this.#one('Concat', this.#pick([true, false]) ? [x.name, other] : [other, x.name, other], {
      axis: this.#pick([2, -1]),
    });
    const copies = this.#nodes.at(-1)![1].length;
    return { ...x, name, features: copies * x.features };
  }

  #halves(x: Sequence): Sequence {
    if (x.features < 2) return this.#elementwise(x);
    const start = this.#int(0, x.features - 2);
    const end = this.#int(start + 1, x.features);
    const step = this.#int(1, 2);
    this.#note(`Slice ${start}:${end}:${step}`);
    const name = this.#one('Slice', [
      x.name,
      this.#integers(start),
      this.#integers(end),
      this.#integers(2),
      this.#integers(step),
    ]);
    return { ...x, name, features: Math.ceil((end - start) / step) };
  }

  #layerNorm(x: Sequence): Sequence {
    this.#note('LayerNormalization');
    const name = this.#one(
      'LayerNormalization',
      [x.name, this.#constant([[x.features]]), this.#constant([[x.features]])],
      {
        axis: -1,
        epsilon: { float: 1e-2 },
      },
    );
    return { ...x, name };
  }

  #batchNorm(x: Sequence): Sequence {
    this.#note('BatchNormalization');
    const positive = Array.from({ length: x.features }, () => 0.5 + Math.abs(this.#next()));
    const own = () => this.#constant([[x.features]]);
    const name = this.#one('BatchNormalization', [
      this.#channelsFirst(x.name),
      own(),
      own(),
      own(),
      this.#constant([[x.features], positive]),
    ]);
    return { ...x, name: this.#channelsFirst(name) };
  }

  #softmax(x: Sequence): Sequence {
    this.#note('Softmax');
    return { ...x, name: this.#one(this.#pick(['Softmax', 'LogSoftmax']), [x.name], { axis: this.#pick([2, -1]) }) };
  }

  /** Layouts that come and go. */
  #detour(x: Sequence): Sequence {
    this.#note('detour');
    const axis = this.#integers(this.#int(1, 3));
    const four = this.#one('Unsqueeze', [x.name, axis]);
    return { ...x, name: this.#one('Squeeze', [this.#one('Relu', [four]), axis]) };
  }

  /** Padding on both sides, the end cut off again. */
  #chomp(x: Sequence): Sequence {
    const size = this.#int(2, 4);
    this.#note(`chomped Conv ${size}`);
    const weights = this.#constant([[x.features, x.features, size]]);
    const wide = this.#one('Conv', [this.#channelsFirst(x.name), weights], { pads: [size - 1, size - 1] });
    const name = this.#one('Slice', [wide, this.#integers(0), this.#integers(1 - size), this.#integers(2)]);
    return { ...x, name: this.#channelsFirst(name) };
  }

  /** Two branches of other lags, and other rates where the input's is not its own yet. */
  #twoBranches(x: Sequence): Sequence {
    this.#note('(');
    const a = this.#residual(x);
    const b = this.#pick([() => this.#recurrent(x), () => this.#residual(x), () => this.#pooled(x)])();
    this.#note(')');
    return { ...x, name: this.#one('Concat', [a.name, b.name], { axis: 2 }), features: a.features + b.features };
  }

  /** Convolution over time and features, channels and features put together again. */
  #image(x: Sequence): Sequence {
    const channels = this.#int(1, 3);
    const width = this.#int(1, Math.min(3, x.features));
    const size = this.#int(1, 3);
    const step = this.#int(1, 2);
    this.#note(`Conv2d ${size}×${width} by ${step} to ${channels}`);
    const image = this.#one('Unsqueeze', [x.name, this.#integers(1)]);
    const weights = this.#constant([[channels, 1, size, width]]);
    const y = this.#one('Conv', [image, weights, this.#constant([[channels]])], {
      pads: [size - 1, 0, 0, 0],
      strides: [1, step],
    });
    const features = channels * (Math.floor((x.features - width) / step) + 1);
    const name = this.#one('Reshape', [
      this.#one('Transpose', [y], { perm: [0, 2, 1, 3] }),
      this.#integers(0, 0, features),
    ]);
    return { ...x, name, features };
  }

  #pooled(x: Sequence): Sequence {
    this.#note('centred MaxPool');
    const name = this.#one('MaxPool', [this.#channelsFirst(x.name)], { kernel_shape: [3], pads: [1, 1] });
    return { ...x, name: this.#channelsFirst(name) };
  }

  #stateHead(x: Sequence): string {
    const hidden = this.#int(2, 6);
    this.#note('head: Y_h');
    const W = this.#constant([[1, 4 * hidden, x.features]]);
    const R = this.#constant([[1, 4 * hidden, hidden]]);
    const timeFirst = this.#one('Transpose', [x.name], { perm: [1, 0, 2] });
    const last = this.#node('LSTM', [timeFirst, W, R], { hidden_size: hidden }, 3)[this.#int(1, 2)];
    return this.#one('Sigmoid', [this.#one('Squeeze', [last, this.#integers(0)])]);
  }

  #head(x: Sequence): string {
    if (this.#int(0, 4) === 0) return this.#stateHead(x);
    const per = this.#matmul(x);
    const posterior = this.#one('Sigmoid', [per.name]);
    const kind = this.#pick(['frames', 'frames', 'gather', 'slice', 'mean']);
    this.#note(`head: ${kind}`);
    if (kind === 'frames') return posterior;
    if (kind === 'gather') return this.#one('Gather', [posterior, this.#constant([[], [-1], 'int64'])], { axis: 1 });
    if (kind === 'slice')
      return this.#one('Slice', [posterior, this.#integers(-1), this.#integers(2 ** 31), this.#integers(1)]);
    return this.#one('ReduceMean', [posterior], { axes: [1], keepdims: 0 });
  }
}
