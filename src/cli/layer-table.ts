/** The graph as it was understood: a line an operation, numbered, so that others say short what they read. */
import type { LayerSummary, ModelSummary } from '../index.js';
import { keepEnd, paint, printable, table, type Column } from './terminal.js';

/** Characters: where names would become shorter, columns give way. */
const LEAST_NAME = 12;
const LONGEST_READS = 14;
const LONGEST_SHAPE = 24;

interface Part extends Column {
  cell: (layer: LayerSummary) => string;
  /** The higher, the sooner it gives way. */
  givesWay?: number;
}

/** The operations that are shown, by number, and what makes each tensor: their numbers, or names of inputs. */
export class Flow {
  readonly layers: readonly LayerSummary[];
  readonly #sources = new Map<string, readonly string[]>();

  /** @param all with the operations that compute nothing */
  constructor({ inputs, layers }: ModelSummary, all: boolean) {
    this.layers = layers.filter(({ runs }) => all || runs !== 'nothing');
    const numbers = new Map(this.layers.map((layer, i) => [layer, String(i + 1)]));
    for (const { name } of inputs) this.#sources.set(name, [name]);
    for (const layer of layers) {
      const number = numbers.get(layer);
      const through = layer.timing === 'constant' ? [] : this.read(layer);
      for (const name of layer.outputs) this.#sources.set(name, number === undefined ? through : [number]);
    }
  }

  sourcesOf(tensor: string): readonly string[] {
    return this.#sources.get(tensor) ?? [];
  }

  read({ inputs }: LayerSummary): readonly string[] {
    return [...new Set(inputs.flatMap((name) => this.sourcesOf(name)))];
  }
}

/** @param width of the terminal */
export function layerTable(summary: ModelSummary, flow: Flow, width: number): string[] {
  const { layers } = flow;
  if (layers.length === 0) return ['nothing to compute'];
  const names = layers.map(({ name }) => printable(name));
  const wanted = Math.min(Math.max(...names.map((name) => name.length)), LEAST_NAME);
  let parts = columns(summary, flow);
  const roomLeft = () => width - parts.reduce((sum, part) => sum + widthOf(part, layers) + 2, 0);
  while (roomLeft() < wanted && parts.some(({ givesWay }) => givesWay)) {
    const next = Math.max(...parts.map(({ givesWay }) => givesWay ?? 0));
    parts = parts.filter(({ givesWay }) => givesWay !== next);
  }
  const room = Math.max(roomLeft(), 8);
  const rows = layers.map((layer, i) => [...parts.map(({ cell }) => cell(layer)), keepEnd(names[i], room)]);
  const hidden = summary.layers.length - layers.length;
  const rest = `${hidden} more ${hidden === 1 ? 'costs' : 'cost'} nothing: constants, and tensors named anew; --all shows them`;
  return [...table([...parts, { title: 'name' }], rows), ...(hidden > 0 ? [paint('dim', rest)] : [])];
}

function columns({ mode }: ModelSummary, flow: Flow): Part[] {
  const { layers } = flow;
  const count = (value: number) => (value === 0 ? '' : value.toLocaleString('en-US'));
  const all: (Part & { isTold?: boolean })[] = [
    { title: '', align: 'right', cell: (layer) => String(layers.indexOf(layer) + 1) },
    { title: 'operation', cell: ({ kind }) => kind },
    { title: 'reads', cell: (layer) => shortList(flow.read(layer)) },
    { title: 'makes', cell: ({ dims }) => shortShape(dims) },
    { title: 'per', cell: ({ timing }) => timing, isTold: differs(layers, ({ timing }) => timing) },
    { title: 'runs', cell: ({ runs }) => runs, isTold: differs(layers, ({ runs }) => runs) },
    { title: 'params', align: 'right', cell: ({ parameters }) => count(parameters), givesWay: 2 },
    { title: 'mult-adds', align: 'right', cell: ({ multiplyAdds }) => count(multiplyAdds), givesWay: 1 },
    { title: 'bytes', align: 'right', cell: ({ bytes }) => count(bytes), givesWay: 3, isTold: mode === 'stateful' },
  ];
  return all.filter(({ isTold }) => isTold !== false);
}

const differs = (layers: readonly LayerSummary[], of: (layer: LayerSummary) => string): boolean =>
  new Set(layers.map(of)).size > 1;

const widthOf = ({ title, cell }: Part, layers: readonly LayerSummary[]): number =>
  Math.max(title.length, ...layers.map((layer) => printable(cell(layer)).length));

/** Numbers first: names of inputs are longer, and give way. */
function shortList(sources: readonly string[]): string {
  const sorted = [...sources].sort((a, b) => Number(/\D/.test(a)) - Number(/\D/.test(b)));
  const kept: string[] = [];
  for (const source of sorted) {
    const used = kept.join(', ').length;
    const short = keepEnd(source, Math.max(LONGEST_READS - used - (used > 0 ? 2 : 0), 0));
    if (short.length < Math.min(source.length, 3)) return `${kept.join(', ')}, …`;
    kept.push(short);
  }
  return kept.join(', ');
}

function shortShape(dims: readonly (number | string)[]): string {
  const text = `[${dims.join(', ')}]`;
  return text.length <= LONGEST_SHAPE ? text : `[… ${dims.slice(-2).join(', ')}]`;
}
