/** `tympan quantize`: writes a model's weights as int8, in standard ONNX. */
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { InputError } from '../index.js';
import { quantize, type QuantizedModel } from '../quantize.js';
import { percent } from './figures.js';
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
Weights of GRU, LSTM, RNN, MatMul, Gemm and Conv become int8 with a scale a row, each
behind a DequantizeLinear; an opset below 13 becomes 13. All else in the file stays.
Tympan's int8 engine rounds weights the same way when it loads a model, so it hears the
same with both files.

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

function describe(target: string, model: QuantizedModel, width: number): string[] {
  const { bytes: file, bytesBefore, weights, kept, opset } = model;
  const raised = opset.before === opset.after ? '' : `; opset ${opset.before} is ${opset.after} now`;
  const rows = weights.map(({ name, dims, rows, maxError, readers }) => [
    keepEnd(name, Math.max(12, Math.floor(width / 3))),
    `[${dims.join(', ')}]`,
    String(rows),
    maxError.toPrecision(2),
    readers.length === 1 ? readers[0] : plural(readers.length, 'node'),
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
    ...kept.map(({ name, dims, reason }) => paint('dim', printable(`stays: ${name} [${dims.join(', ')}]: ${reason}`))),
  ];
}
