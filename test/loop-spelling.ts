/** Loops and scans that are a recurrent layer, spelled at random: operators and their order, where weights are, what is carried. */
import type { AttributeSpec, GraphSpec, NodeSpec, TensorSpec } from './onnx-builder.js';
import { uniform } from './support.js';

type Cell = 'gru' | 'lstm' | 'rnn';

/** A graph while nodes are added. */
class Graph {
  readonly nodes: NodeSpec[] = [];
  readonly initializers: Record<string, TensorSpec> = {};

  constructor(readonly prefix: string) {}

  add(op: string, inputs: readonly string[], attributes: Record<string, AttributeSpec> = {}): string {
    return this.addAll(op, inputs, 1, attributes)[0];
  }

  addAll(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Record<string, AttributeSpec> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, (_, i) => `${this.prefix}${op}${this.nodes.length}_${i}`);
    this.nodes.push([op, inputs, outputs, attributes]);
    return outputs;
  }

  constant(dims: readonly number[], values: readonly number[], type: 'float32' | 'int64' | 'bool' = 'float32'): string {
    const name = `${this.prefix}k${Object.keys(this.initializers).length}`;
    this.initializers[name] = [dims, values, type];
    return name;
  }

  scalar(value: number): string {
    return this.constant([], [value]);
  }

  integers(...values: number[]): string {
    return this.constant([values.length], values, 'int64');
  }
}

export interface Spelled {
  readonly graph: GraphSpec;
  /** What the loop is; null where something in it is changed, so that it may be nothing. */
  readonly cell: Cell | null;
  readonly choices: readonly string[];
}

/** @param isChanged whether one thing in it may be other than in a cell */
export function spell(seed: number, isChanged = false): Spelled {
  return new Speller(seed, isChanged).spelled();
}

class Speller {
  readonly choices: string[] = [];
  readonly #next: () => number;
  readonly #outer = new Graph('o_');
  readonly #body = new Graph('b_');
  readonly #isChanged: boolean;
  readonly #cell: Cell;
  readonly #inputs: number;
  readonly #hidden: number;

  constructor(seed: number, isChanged: boolean) {
    this.#next = uniform(Math.imul(seed, 0x9e3779b1));
    for (let i = 0; i < 8; i++) this.#next();
    this.#isChanged = isChanged;
    this.#cell = this.#choose('cell', ['gru', 'gru', 'lstm', 'rnn'] as const);
    this.#inputs = this.#choose('inputs', [1, 2, 3, 5]);
    this.#hidden = this.#choose('hidden', [1, 2, 4, 6]);
  }

  #choose<T>(what: string, from: readonly T[]): T {
    const chosen = from[Math.floor(((this.#next() + 1) / 2) * from.length)];
    this.choices.push(`${what} ${chosen}`);
    return chosen;
  }

  #shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((one) => [this.#next(), one] as const)
      .sort(([a], [b]) => a - b)
      .map(([, one]) => one);
  }

  #random(count: number): number[] {
    return Array.from({ length: count }, () => this.#next() * 0.8);
  }

  spelled(): Spelled {
    const states = this.#cell === 'lstm' ? ['h', 'c'] : ['h'];
    const isTimeFirst = this.#choose('time first', [true, false]);
    const x = isTimeFirst ? 'x' : this.#outer.add('Transpose', ['x'], { perm: [1, 0, 2] });
    const zeros = states.map(() => this.#zeros(isTimeFirst ? 1 : 0));
    const isScan = this.#choose('around', ['loop', 'loop', 'scan'] as const) === 'scan';
    const outputs = isScan ? this.#scan(x, zeros, states) : this.#loop(x, zeros, states);
    const y = this.#outer.add('Identity', [outputs.states]);
    const last = this.#outer.add('Identity', [outputs.last]);
    const graph: GraphSpec = {
      inputs: { x: [...(isTimeFirst ? ['time', 'batch'] : ['batch', 'time']), this.#inputs] },
      outputs: { [y]: ['time', 'batch', this.#hidden], [last]: ['batch', this.#hidden] },
      initializers: this.#outer.initializers,
      nodes: this.#outer.nodes,
    };
    return { graph, cell: this.#isChanged ? null : this.#cell, choices: this.choices };
  }

  /** [batch, hidden], of the batch that x has. */
  #zeros(axis: number): string {
    const { add } = bound(this.#outer);
    const size = add('Slice', [add('Shape', ['x']), ...[axis, axis + 1].map((at) => this.#outer.integers(at))]);
    const shape = add('Concat', [size, this.#outer.integers(this.#hidden)], { axis: 0 });
    if (this.#choose('zeros', [true, false])) return add('ConstantOfShape', [shape]);
    return add('Expand', [this.#outer.constant([1, this.#hidden], this.#random(this.#hidden)), shape]);
  }

  #scan(x: string, zeros: readonly string[], states: readonly string[]) {
    const after = this.#step('x_step', states);
    const outputs = [...after.map((_, i) => `end${i}`), 'states'];
    const seen = this.#body.add('Identity', [after[0]]);
    const width = ['batch', this.#hidden];
    const body: GraphSpec = {
      inputs: { ...Object.fromEntries(states.map((state) => [state, width])), x_step: ['batch', this.#inputs] },
      outputs: Object.fromEntries([...this.#distinct(after), seen].map((name) => [name, null])),
      initializers: this.#body.initializers,
      nodes: this.#body.nodes,
    };
    const way = this.#choose('backwards', [0, 0, 1]);
    this.#outer.nodes.push([
      'Scan',
      [...zeros, x],
      outputs,
      { body: { graph: typed(body) }, num_scan_inputs: 1, scan_input_directions: [way], scan_output_directions: [way] },
    ]);
    return { states: 'states', last: 'end0' };
  }

  /** What a body gives out has names of its own. */
  #distinct(names: readonly string[]): string[] {
    return names.map((name) => this.#body.add('Identity', [name]));
  }

  #loop(x: string, zeros: readonly string[], states: readonly string[]) {
    const [outer, body] = [this.#outer, this.#body];
    const steps = outer.add('Gather', [outer.add('Shape', [x]), outer.constant([], [0], 'int64')]);
    const isOwn = this.#choose('counter', [true, false]);
    const counter = isOwn ? 't' : 'i';
    const one = body.constant([], [1], 'int64');
    const isBackwards = this.#choose('backwards', [false, false, true]);
    const at = isBackwards ? body.add('Sub', [body.add('Sub', [steps, one]), counter]) : counter;
    const after = this.#step(this.#read(x, at), states);
    const following = body.add('Add', this.#shuffled([counter, one]));
    const ends = this.#choose('condition', ['less', 'not greater or equal', 'passed'] as const);
    const condition = {
      less: () => body.add('Less', [following, steps]),
      'not greater or equal': () => body.add('Not', [body.add('GreaterOrEqual', [following, steps])]),
      passed: () => body.add('Identity', ['go']),
    }[ends]();
    const trip = ends === 'passed' || this.#choose('trip', [true, false]) ? steps : '';
    const carried = this.#shuffled([
      ...states.map((name, i) => ({ name, outside: zeros[i], made: after[i], dims: ['batch', this.#hidden] })),
      ...(isOwn ? [{ name: 't', outside: outer.constant([], [0], 'int64'), made: following, dims: [] }] : []),
    ]);
    const made = this.#distinct(carried.map((one) => one.made));
    const seen = body.add('Identity', [after[0]]);
    const graph: GraphSpec = {
      inputs: { i: [], go: [], ...Object.fromEntries(carried.map(({ name, dims }) => [name, dims])) },
      outputs: Object.fromEntries([condition, ...made, seen].map((name) => [name, null])),
      initializers: body.initializers,
      nodes: body.nodes,
      types: { i: 'int64', t: 'int64', go: 'bool' },
    };
    const ended = carried.map(({ name }) => `${name}_end`);
    outer.nodes.push([
      'Loop',
      [trip, outer.constant([], [1], 'bool'), ...carried.map(({ outside }) => outside)],
      [...ended, 'states'],
      { body: { graph: typed(graph, condition, made[carried.findIndex(({ name }) => name === 't')]) } },
    ]);
    return { states: 'states', last: 'h_end' };
  }

  #read(x: string, at: string): string {
    const { add } = bound(this.#body);
    const way = this.#choose('read', ['gather', 'list', 'slice'] as const);
    if (way === 'gather') return add('Gather', [x, at]);
    const [axis, list] = [this.#body.integers(0), add('Unsqueeze', [at, this.#body.integers(0)])];
    if (way === 'list') return add('Squeeze', [add('Gather', [x, list]), axis]);
    return add('Squeeze', [add('Slice', [x, list, add('Add', [list, this.#body.integers(1)]), axis]), axis]);
  }

  #step(x: string, states: readonly string[]): string[] {
    if (this.#cell === 'gru') return [this.#gru(x, states[0])];
    return this.#cell === 'lstm' ? this.#lstm(x, states[0], states[1]) : [this.#rnn(x, states[0])];
  }

  /** v·W of `count` gates of the hidden size each, and a bias perhaps. */
  #products(v: string, size: number, count: number, hasBias: boolean): string[] {
    const H = this.#hidden;
    const way = this.#choose('products', ['apart', 'split', 'slices'] as const);
    if (way === 'apart') return Array.from({ length: count }, () => this.#product(v, size, H, hasBias));
    const all = this.#product(v, size, count * H, hasBias);
    const { add } = bound(this.#body);
    if (count === 1) return [all];
    if (way === 'split')
      return this.#body.addAll('Split', [all, this.#body.integers(...Array<number>(count).fill(H))], count, {
        axis: -1,
      });
    const axis = this.#body.integers(1);
    return Array.from({ length: count }, (_, gate) =>
      add('Slice', [all, this.#body.integers(gate * H), this.#body.integers((gate + 1) * H), axis]),
    );
  }

  #product(v: string, size: number, columns: number, hasBias: boolean): string {
    const { add } = bound(this.#body);
    const where = this.#choose('weights', [this.#outer, this.#body]);
    const way = this.#choose('product', ['matmul', 'gemm', 'transposed', 'left'] as const);
    const isPlain = way === 'matmul';
    const W = where.constant(isPlain ? [size, columns] : [columns, size], this.#random(size * columns));
    const b = hasBias ? where.constant([columns], this.#random(columns)) : null;
    if (way === 'gemm') return add('Gemm', [v, W, ...(b ? [b] : [])], { transB: 1 });
    const turned = (name: string) => add('Transpose', [name], { perm: [1, 0] });
    const left = () => turned(add('MatMul', [W, turned(v)]));
    const y = way === 'left' ? left() : add('MatMul', [v, isPlain ? W : turned(W)]);
    return b ? this.#add(y, b) : y;
  }

  #add(...terms: string[]): string {
    const [first, ...others] = this.#shuffled(terms);
    return others.reduce((total, term) => this.#body.add('Add', this.#shuffled([total, term])), first);
  }

  #mul(a: string, b: string): string {
    return this.#body.add('Mul', this.#shuffled([a, b]));
  }

  /** How all gates of the cell are spelled. */
  #gateFunction(): (x: string) => string {
    const { add } = bound(this.#body);
    const number = (value: number) => this.#body.scalar(value);
    const line = (x: string) => add('Add', this.#shuffled([this.#mul(x, number(0.2)), number(0.5)]));
    const spellings: Record<string, (x: string) => string> = {
      sigmoid: (x) => add('Sigmoid', [x]),
      'spelled sigmoid': (x) => add('Div', [number(1), this.#add(add('Exp', [add('Neg', [x])]), number(1))]),
      'hard sigmoid': (x) => add('HardSigmoid', [x], { alpha: { float: 0.25 } }),
      clip: (x) => add('Clip', [line(x), number(0), number(1)]),
      'min, max': (x) => add('Max', [add('Min', [line(x), number(1)]), number(0)]),
      'max, min': (x) => add('Min', [number(1), add('Max', [number(0), line(x)])]),
      'clip at 6': (x) => add('Div', [add('Clip', [add('Add', [x, number(3)]), number(0), number(6)]), number(6)]),
    };
    return spellings[this.#choose('gates', Object.keys(spellings))];
  }

  #function(): (x: string) => string {
    const { add } = bound(this.#body);
    const softsign = (x: string) => add('Div', [x, add('Add', [this.#body.scalar(1), add('Abs', [x])])]);
    const spellings: Record<string, (x: string) => string> = {
      Tanh: (x) => add('Tanh', [x]),
      Relu: (x) => add('Relu', [x]),
      none: (x) => x,
      Softsign: (x) => add('Softsign', [x]),
      'spelled Softsign': softsign,
      Elu: (x) => add('Elu', [x], { alpha: { float: 0.5 } }),
      'max with 0': (x) => add('Max', [x, this.#body.scalar(0)]),
    };
    return spellings[this.#choose('function', Object.keys(spellings))];
  }

  #rest(z: string): string {
    const one = this.#body.scalar(this.#changed('rest', 1, 0.9));
    if (this.#choose('1 − z', [true, false])) return this.#body.add('Sub', [one, z]);
    return this.#add(one, this.#body.add('Neg', [z]));
  }

  /** `usual`, or something else where one thing may be changed. */
  #changed<T>(what: string, usual: T, ...others: readonly T[]): T {
    return this.#isChanged ? this.#choose(`changed: ${what}`, [usual, usual, ...others]) : usual;
  }

  #rnn(x: string, h: string): string {
    const f = this.#function();
    const [I, H] = [this.#inputs, this.#hidden];
    const sum = this.#choose('concat', [true, false])
      ? this.#product(this.#body.add('Concat', [x, h], { axis: 1 }), I + H, H, true)
      : this.#add(this.#product(x, I, H, true), this.#product(h, H, H, this.#choose('two biases', [true, false])));
    const next = f(sum);
    return this.#changed('state', next, this.#add(next, h), this.#mul(next, h));
  }

  #gru(x: string, h: string): string {
    const [I, H] = [this.#inputs, this.#hidden];
    const [gate, g] = [this.#gateFunction(), this.#function()];
    const ofX = this.#products(x, I, 3, true);
    const isAfter = this.#choose('after', [true, false]);
    const ofH = this.#products(h, H, isAfter ? 3 : 2, isAfter && this.#choose('two biases', [true, false]));
    const [z, r] = [0, 1].map((at) => gate(this.#add(ofX[at], ofH[at])));
    const inner = isAfter ? this.#mul(r, ofH[2]) : this.#product(this.#mul(r, h), H, H, false);
    const candidate = g(this.#changed('reset', this.#add(ofX[2], inner), this.#add(ofX[2], inner, ofH[0])));
    const { add } = bound(this.#body);
    const ways = {
      plain: () => this.#add(this.#mul(z, h), this.#mul(this.#rest(z), candidate)),
      swapped: () => this.#add(this.#mul(this.#rest(z), h), this.#mul(z, candidate)),
      difference: () => this.#add(candidate, this.#mul(z, add('Sub', [h, candidate]))),
      lerp: () => this.#add(h, this.#mul(z, add('Sub', [candidate, h]))),
      less: () => add('Sub', [this.#add(candidate, this.#mul(z, h)), this.#mul(z, candidate)]),
    };
    return ways[this.#choose('update', Object.keys(ways) as (keyof typeof ways)[])]();
  }

  #lstm(x: string, h: string, c: string): string[] {
    const [I, H] = [this.#inputs, this.#hidden];
    const [gate, g, last] = [this.#gateFunction(), this.#function(), this.#function()];
    // onnxruntime-web fails on a body that computes a gate in vain.
    const names = this.#choose('coupled', [false, false, true]) ? 'igo' : 'igof';
    const sums = this.#choose('concat', [true, false])
      ? this.#products(this.#body.add('Concat', [x, h], { axis: 1 }), I + H, names.length, true)
      : this.#sums(this.#products(x, I, names.length, true), this.#products(h, H, names.length, false));
    const peeps = this.#choose('peepholes', [false, false, true]);
    const seen = (sum: string, cell: string) =>
      peeps ? this.#add(sum, this.#mul(this.#body.constant([H], this.#random(H)), cell)) : sum;
    const i = gate(seen(sums[0], c));
    const f = names.length === 3 ? this.#rest(i) : gate(seen(sums[3], c));
    const next = this.#add(this.#mul(f, c), this.#mul(i, g(sums[1])));
    const o = gate(seen(sums[2], this.#changed('peephole', next, c)));
    return [this.#mul(o, last(next)), next];
  }

  #sums(a: readonly string[], b: readonly string[]): string[] {
    return a.map((left, gate) => this.#add(left, b[gate]));
  }
}

const bound = (graph: Graph) => ({ add: graph.add.bind(graph) });

/** onnxruntime wants types of what a body gives out. */
function typed(graph: GraphSpec, condition?: string, counter?: string): GraphSpec {
  const others: GraphSpec['types'] = {
    ...(condition && { [condition]: 'bool' }),
    ...(counter && { [counter]: 'int64' }),
  };
  const rankOf = (name: string) => (name === condition || name === counter ? [] : ['batch', 'hidden']);
  return {
    ...graph,
    outputs: Object.fromEntries(Object.keys(graph.outputs).map((name) => [name, rankOf(name)])),
    types: { ...graph.types, ...others },
  };
}
