/** `tympan inspect`: what a model is made of, costs and expects. */
import type { Command } from 'commander';
import {
  completeRecipe,
  featureSize,
  type KeywordSettings,
  type ModelSummary,
  type Recipe,
  type RecipeOptions,
  type TensorSummary,
} from '../index.js';
import { Flow, layerTable } from './layer-table.js';
import { loadModelOf, nonEmpty, precisionOption } from './options.js';
import { withStreaming, type StreamingFlags } from './streaming-flags.js';
import { bytes, keepEnd, paint, plural, printable, table, terminalWidth, toJson } from './terminal.js';

interface Flags extends StreamingFlags {
  precision?: 'int8' | 'f32';
  all?: boolean;
  json?: boolean;
}

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description(
      "Show a model's graph as it is understood, its costs, how it streams, front end, labels and thresholds.",
    )
    .argument('<model>', 'an ONNX model', nonEmpty)
    .addOption(precisionOption());
  withStreaming(command)
    .option('--all', 'show the operations that cost nothing, too')
    .option('--json', 'print the summary as JSON')
    .action(inspect);
}

async function inspect(file: string, { json, all = false, ...flags }: Flags): Promise<void> {
  const summary = await loadModelOf({ ...flags, model: file }, (model) => model.summary());
  const text = json ? toJson(summary, 2) : (await describe(file, summary, all)).join('\n');
  process.stdout.write(`${text}\n`);
}

async function describe(file: string, summary: ModelSummary, all: boolean): Promise<string[]> {
  const { producer, opset, precision, frontend, labels, detection, warnings } = summary;
  const width = terminalWidth();
  const flow = new Flow(summary, all);
  return [
    `${paint('bold', printable(file))}  ${printable([producer, `opset ${opset}`, precision].filter(Boolean).join(', '))}`,
    '',
    ...tensorTable(summary, flow, width),
    '',
    ...layerTable(summary, flow, width),
    '',
    ...entry('streaming', summary.streaming),
    ...entry('costs', costs(summary)),
    ...stored(summary),
    ...entry('memory', memory(summary)),
    ...(await frontEndOf(frontend)),
    ...entry('labels', labels ?? 'none in the file; detect and listen need some'),
    ...keywords(detection?.keywords),
    ...section('detection', without(detection, 'keywords'), 'defaults'),
    ...warnings.flatMap((warning) => entry('warning', warning, 'yellow')),
  ];
}

function tensorTable(summary: ModelSummary, flow: Flow, width: number): string[] {
  const rows = [
    ...summary.inputs.map((tensor) => [tensor.name, shapeOf(tensor), inputRole(tensor, summary)]),
    ...summary.outputs.map((tensor) => [tensor.name, shapeOf(tensor), outputRole(tensor, summary, flow)]),
  ].map((row) => row.map(printable));
  const widest = (column: number) => Math.max(...rows.map((row) => row[column].length));
  const room = Math.max(width - widest(1) - widest(2) - 4, 12);
  return table(
    [{ title: 'tensor' }, { title: 'shape' }, { title: 'role' }],
    rows.map(([name, ...others]) => [keepEnd(name, room), ...others]),
  );
}

/** As the file has it, with the axis that is time called so. */
function shapeOf({ dims, timeAxis }: TensorSummary): string {
  const isNamed = (dim: number | string) => typeof dim === 'string' && /time|seq|frame/i.test(dim);
  return `[${dims.map((dim, axis) => (axis === timeAxis && !isNamed(dim) ? `time ${dim}` : dim)).join(', ')}]`;
}

function inputRole({ role, carries }: TensorSummary, { mode }: ModelSummary): string {
  if (mode === null) return 'input';
  if (role === 'sequence') return 'input';
  return carries === undefined ? 'input, once a sequence' : `state, next ${keepEnd(carries, 20)}`;
}

function outputRole({ name, role, carries }: TensorSummary, { mode }: ModelSummary, flow: Flow): string {
  const sources = flow.sourcesOf(name);
  const by = sources.length > 0 ? `, made by ${sources.map((source) => keepEnd(source, 20)).join(', ')}` : '';
  if (carries !== undefined) return `next ${keepEnd(carries, 20)}${by}`;
  if (mode === null) return `output${by}`;
  return `output, ${role === 'every frame' ? 'along time' : 'newest frame'}${by}`;
}

function costs({ layers, parameters, multiplyAddsPerFrame, mode }: ModelSummary): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const window = layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  const parts = [`${count(parameters)} parameters`];
  if (mode === 'windowed') parts.push(`${count(window)} multiply-adds a window`);
  if (multiplyAddsPerFrame !== null) parts.push(`${count(multiplyAddsPerFrame)} multiply-adds a frame`);
  if (layers.every(({ runs }) => runs !== 'host')) parts.push('all in kernels');
  return parts.join(', ');
}

/** Of a file that is quantized already. */
function stored({ layers }: ModelSummary): string[] {
  const kept = layers.reduce((sum, layer) => sum + layer.parametersOf8Bits, 0);
  return kept === 0 ? [] : entry('8 bits', `${kept.toLocaleString('en-US')} parameters, which keep the file's scales`);
}

function memory({ mode, weightBytes, arenaBytes, streamBytes }: ModelSummary): string {
  if (mode !== 'stateful' || weightBytes === null) return 'weights are packed when it first runs';
  return `packed weights ${bytes(weightBytes)}, a stream ${bytes(streamBytes)}, in all ${bytes(arenaBytes)}`;
}

/** The preset and its frames; then what differs from the preset. */
async function frontEndOf(recipe: Recipe | undefined): Promise<string[]> {
  if (!recipe) return entry('front end', 'none in the file; detect, listen and features need one');
  const { preset, sampleRate, windowLength, hopLength } = recipe;
  const usual: Readonly<Record<string, unknown>> =
    preset === 'custom' ? { preset } : await completeRecipe({ preset } as RecipeOptions);
  const others = Object.entries(recipe).filter(([name, value]) => usual[name] !== value);
  const features = plural(featureSize(recipe), 'feature');
  return [
    ...entry('front end', `${preset}, ${features} of ${windowLength} samples every ${hopLength}, at ${sampleRate} Hz`),
    ...(others.length === 0 ? [] : section('', Object.fromEntries(others), '')),
  ];
}

/** Nested values as compact JSON; a long list, such as a mean for every coefficient, is only counted. */
function section(title: string, values: Record<string, unknown> | undefined, otherwise: string): string[] {
  if (!values) return entry(title, otherwise);
  const compact = (value: unknown) => {
    if (Array.isArray(value) && value.length > 8) return `[${value.length} values]`;
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const fields = Object.entries(values).filter(([key]) => key !== 'version');
  return entry(
    title,
    fields.map(([key, value]) => `${key} ${compact(value)}`),
  );
}

function keywords(json: unknown): string[] {
  if (!json) return [];
  const settings = Object.entries(json as Record<string, Partial<KeywordSettings>>);
  return entry(
    'keywords',
    settings.map(([name, { threshold = 'the default', ...own }]) => {
      const others = Object.entries(own).map(([field, value]) => `${field} ${value}`);
      return `${name} from ${threshold}${others.length > 0 ? ` (${others.join(', ')})` : ''}`;
    }),
  );
}

function without<T extends object>(values: T | undefined, key: string): Record<string, unknown> | undefined {
  return values && Object.fromEntries(Object.entries(values).filter(([each]) => each !== key));
}

/** A list or a sentence under its title, in lines of at most 78 characters where its parts or words allow. */
function entry(title: string, text: string | readonly string[], style: 'dim' | 'yellow' = 'dim'): string[] {
  const [parts, between] = typeof text === 'string' ? [text.split(' '), ' '] : [text, ', '];
  const lines: string[] = [];
  for (const part of parts) {
    const joined = `${lines.at(-1)}${between}${part}`;
    if (lines.length > 0 && joined.length <= 66) lines[lines.length - 1] = joined;
    else {
      if (lines.length > 0) lines[lines.length - 1] += between.trimEnd();
      lines.push(part);
    }
  }
  return lines.map((line, i) => `${paint(style, (i === 0 ? title : '').padEnd(9))}  ${printable(line)}`);
}
