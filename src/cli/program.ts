/** The `tympan` program: its commands, and what is the same for all of them: exit codes, errors, closed pipes. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addDetect } from './detect.js';
import { complain, fail } from './failure.js';
import { addFeatures } from './features.js';
import { addInspect } from './inspect.js';
import { addListen } from './listen.js';

const EXIT_CODES = `
Exit codes: 0 done, 1 a check failed, 2 bad usage or input.
With TYMPAN_DEBUG=1 in the environment, an error shows where it comes from.`;

export async function run(argv: readonly string[]): Promise<void> {
  // `tympan … | head`: whoever read has had enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    complain(`can't write the output: ${error.message}`);
    process.exit(2);
  });

  const program = new Command('tympan')
    .description('Wake words from ONNX models, run as int8 WebAssembly SIMD.')
    .version(version(), '-V, --version')
    .configureOutput({ outputError: () => {} }) // fail() says it, in one line
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  for (const add of [addDetect, addListen, addInspect, addFeatures]) add(program);

  if (argv.length <= 2) {
    program.outputHelp();
    process.exitCode = 2;
    return;
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help, --version
    const command = program.commands.find((each) => each.name() === argv[2]);
    fail(error, `tympan ${command ? `${command.name()} ` : ''}--help`);
  }
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
