/** The `tympan` program: its commands, and what is the same for all of them: exit codes, errors, closed pipes. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAnnotate } from './annotate.js';
import { addCalibrate } from './calibrate.js';
import { addDetect } from './detect.js';
import { addEval } from './eval.js';
import { complain, fail } from './failure.js';
import { addFeatures } from './features.js';
import { addInspect } from './inspect.js';
import { addListen } from './listen.js';
import { addQuantize } from './quantize.js';
import { addRecord } from './record.js';
import { addVerify } from './verify.js';

const EXIT_CODES = `
Exit codes: 0 done, 1 no setting meets the aim of calibrate, features --compare
finds a difference or verify one above its limit, 2 bad usage or input.
With TYMPAN_DEBUG=1 in the environment, an error shows where it comes from.`;

export async function run(argv: readonly string[]): Promise<void> {
  // `tympan … | head`: whoever read has had enough. What failed until then stays failed.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    complain(`can't write the output: ${error.message}`);
    process.exit(2);
  });
  process.stderr.on('error', () => {}); // nobody reads complaints: the work goes on, and the exit code tells

  const program = new Command('tympan')
    .description('Wake words from ONNX models, run as int8 WebAssembly SIMD.')
    .version(version(), '-V, --version')
    .configureOutput({ outputError: () => {} }) // fail() says it, in one line
    .exitOverride()
    .helpCommand(false) // it answers an unknown command with all of the program's help on stderr
    .addHelpText('after', EXIT_CODES);
  for (const add of [
    addDetect,
    addListen,
    addRecord,
    addEval,
    addCalibrate,
    addInspect,
    addVerify,
    addAnnotate,
    addQuantize,
    addFeatures,
    addHelp,
  ])
    add(program);

  if (argv.length <= 2) {
    program.outputHelp();
    process.exitCode = 2;
    return;
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help, --version
    const command = program.commands.find((each) => each.name() === argv[2] && argv[2] !== 'help');
    fail(error, `tympan ${command ? `${command.name()} ` : ''}--help`);
  }
}

function addHelp(program: Command): void {
  program
    .command('help')
    .description('Show the help of a command.')
    .argument('[command]')
    .action((name?: string) => {
      const command = name === undefined ? program : program.commands.find((each) => each.name() === name);
      if (!command) program.error(`unknown command '${name}'`);
      command.outputHelp();
    });
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
