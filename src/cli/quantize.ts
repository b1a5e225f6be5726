/** `tympan quantize`: writes a model's weights as int8, in standard ONNX. */
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { InputError } from '../index.js';
import { quantize, type QuantizedModel } from '../quantize.js';
import { percent, wrap } from './figures.js';
import { about, nonEmpty } from './options.js';
import { checkReplaceable, replaceFile } from './replace-file.js';
import { bytes, keepEnd, paint, plural, printable, table, terminalWidth, toJson } from './terminal.js';

interface Flags {
  output?: string;
  inPlace?: boolean;
  json?: boolean;
}

export function addQuantize(program: Command): void {
  program
    .command('quantize')
    .description('Write a model with its weights as int8, a quarter of the size, which any ONNX runtime reads.')
    .argument('<model>', 'an ONNX model with float32 weights', nonEmpty)
    .option('-o, --output <file>', 'the file to write', nonEmpty)
    .option('--in-place', 'write into the model itself')
    .option('--json', 'print sizes, and what was done with each tensor of weights')
    .addHelpText(
      'after',
      `
Weights of GRU, LSTM, RNN, MatMul, Gemm and Conv, also within loops, become int8
with a scale a row, each behind a DequantizeLinear; an opset below 13 is raised.
All else in the file stays. Tympan's int8 engine rounds weights the same way
when it loads a model, so it hears the same with both files. "error" is the
largest difference of a weight from what it was.

Example:
  tympan quantize hey.onnx -o hey-int8.onnx`,
    )
    .action(write);
}

async function write(file: string, { output, inPlace, json }: Flags, command: Command): Promise<void> {
  if ((output === undefined) === !inPlace)
    command.error('expected either --output <file>, or --in-place to write into the model itself');
  const target = output ?? file;
  if (inPlace && !(await stat(file).catch(() => undefined))?.isFile())
    throw new InputError(`${file}: no file to write into; --output says where to write`);
  await checkReplaceable(target);
  const model = await about(file, () => quantize(file));
  await replaceFile(target, model.bytes);
  const { bytes: written, bytesBefore, ...others } = model;
  const text = json
    ? toJson({ file: target, bytesBefore, bytes: written.length, ...others }, 2)
    : describe(target, model, terminalWidth()).join('\n');
  process.stdout.write(`${text}\n`);
}

/** Columns of rows and errors, and the spaces between all. */
const FIGURES = 5 + 7 + 4 * 2;

function describe(target: string, model: QuantizedModel, width: number): string[] {
  const { bytes: file, bytesBefore, weights, kept, opset } = model;
  const raised = opset.before === opset.after ? '' : `; opset ${opset.before} is ${opset.after} now`;
  const widest = (cells: readonly string[]) => Math.max(...cells.map(({ length }) => length));
  const shapes = weights.map(({ dims }) => `[${dims.join(', ')}]`);
  const names = weights.map(({ name }) => keepEnd(name, Math.max(12, Math.floor(width / 3))));
  const room = width - widest([...names, 'int8']) - widest([...shapes, 'shape']) - FIGURES;
  const rows = weights.map(({ rows, maxError, readers }, i) => [
    names[i],
    shapes[i],
    String(rows),
    maxError.toPrecision(2),
    readers.length === 1 ? readerOf(readers[0], Math.max(room, 12)) : plural(readers.length, 'node'),
  ]);
  const worst = weights.reduce((most, each) => (each.maxError > most.maxError ? each : most));
  return [
    `${paint('bold', printable(target))}  ${bytes(file.length)}, ${percent(file.length / bytesBefore)} of ${bytes(bytesBefore)}${raised}`,
    '',
    ...table(
      [
        { title: 'int8' },
        { title: 'shape' },
        { title: 'rows', align: 'right' },
        { title: 'error', align: 'right' },
        { title: 'read by' },
      ],
      rows,
    ),
    '',
    `no weight is off by more than ${worst.maxError.toPrecision(2)}`,
    ...kept.flatMap(({ name, dims, reason }) =>
      wrap(printable(`stays: ${name} [${dims.join(', ')}]: ${reason}`), width).map((line) => paint('dim', line)),
    ),
  ];
}

/** An operator and the end of its node's name, of `GRU node "gru_1"`. */
function readerOf(where: string, width: number): string {
  const [, op, name] = /^(\S+) node "(.*)"$/s.exec(where) ?? ['', '', where];
  return `${op} ${keepEnd(name, width - op.length - 1)}`.trim();
}
