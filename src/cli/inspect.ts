/** `tympan inspect`: what a model is made of, costs and expects. */
import type { Command } from 'commander';
import type { ModelSummary } from '../index.js';
import { loadModelOf, nonEmpty, precisionOption } from './options.js';
import { paint, printable, table, toJson } from './terminal.js';

interface Flags {
  precision?: 'int8' | 'f32';
  json?: boolean;
}

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description("Show a model's layers, shapes, sizes, costs, front end, labels and thresholds.")
    .argument('<model>', 'an ONNX model', nonEmpty)
    .addOption(precisionOption())
    .option('--json', 'print the summary as JSON')
    .action(inspect);
}

async function inspect(file: string, { precision, json }: Flags): Promise<void> {
  const summary = await loadModelOf({ model: file, precision }, (model) => model.summary());
  const text = json ? toJson(summary, 2) : describe(file, summary).join('\n');
  process.stdout.write(`${text}\n`);
}

function describe(file: string, summary: ModelSummary): string[] {
  const { producer, opset, precision, inputs, outputs, frontend, labels, detection, warnings } = summary;
  const shape = (dims: readonly (number | string)[]) => `[${dims.join(', ')}]`;
  return [
    `${paint('bold', printable(file))}  ${printable([producer, `opset ${opset}`, precision].filter(Boolean).join(', '))}`,
    '',
    ...table(
      [{ title: 'tensor' }, { title: 'shape' }, { title: 'role' }],
      [
        ...inputs.map(({ name, dims, role }) => [name, shape(dims), role === 'state' ? 'input, state' : 'input']),
        ...outputs.map(({ name, dims, role }) => [name, shape(dims), `output, ${role}`]),
      ],
    ),
    '',
    ...layers(summary),
    '',
    ...entry('streaming', summary.streaming),
    ...entry('memory', memory(summary)),
    ...section('front end', frontend, 'none in the file; detect, listen and features need one'),
    ...entry('labels', labels ?? 'none in the file; detect and listen need some'),
    ...keywords(detection?.keywords),
    ...section('detection', without(detection, 'keywords'), 'defaults'),
    ...warnings.flatMap((warning) => entry('warning', warning, 'yellow')),
  ];
}

function layers({ layers, parameters, multiplyAddsPerFrame, weightBytes }: ModelSummary): string[] {
  const count = (value: number) => value.toLocaleString('en-US');
  const rows = layers.map((layer) => [
    layer.name,
    layer.kind,
    `[${layer.dims.join(', ')}]`,
    layer.timing,
    layer.runs,
    count(layer.parameters),
    count(layer.multiplyAdds),
    count(layer.bytes),
  ]);
  return table(
    [
      { title: 'layer' },
      { title: 'kind' },
      { title: 'output' },
      { title: 'per' },
      { title: 'runs on' },
      { title: 'parameters', align: 'right' },
      { title: 'multiply-adds', align: 'right' },
      { title: 'bytes', align: 'right' },
    ],
    [...rows, ['total', '', '', '', '', count(parameters), count(multiplyAddsPerFrame ?? 0), count(weightBytes ?? 0)]],
  );
}

function memory({ weightBytes, arenaBytes, streamBytes }: ModelSummary): string {
  return `packed weights ${bytes(weightBytes ?? 0)}, a stream ${bytes(streamBytes)}, in all ${bytes(arenaBytes)}`;
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
  const thresholds = Object.entries(json as Record<string, { threshold?: number }>);
  return entry(
    'keywords',
    thresholds.map(([name, { threshold }]) => `${name} from ${threshold ?? 'the default'}`),
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

function bytes(count: number): string {
  return count < 10000 ? `${count.toLocaleString('en-US')} B` : `${(count / 1024).toFixed(1)} KiB`;
}
