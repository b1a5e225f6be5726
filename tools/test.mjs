/**
 * `npm test`: as-pect specs of the kernels, then the tests of what is built. Ends in a line `N passed, N failed[, N skipped]`
 * and exits 1 when anything failed. Names of test files, without `.test.ts`, run only those.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const only = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };

function runSpecs() {
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/@as-pect/cli/bin/asp.js'), '--no-logo', '--summary'],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const plain = stdout.replace(/\u001b\[[0-9;]*m/g, '');
  process.stdout.write(plain);
  const [, passed, all] = /\[Tests\]:\s*(\d+)\s*\/\s*(\d+)/.exec(plain) ?? [null, 0, 1];
  total.passed += Number(passed);
  total.failed += Math.max(Number(all) - Number(passed), status === 0 ? 0 : 1);
}

async function runTests() {
  const out = join(root, 'build', 'test');
  rmSync(out, { recursive: true, force: true });
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test/tsconfig.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  const files = readdirSync(out)
    .filter((name) => name.endsWith('.test.js'))
    .filter((name) => only.length === 0 || only.includes(name.replace('.test.js', '')));
  const stream = run({ files: files.map((name) => join(out, name)), concurrency: 1 });
  const isSuite = (data) => data.details?.type === 'suite' || files.some((file) => data.name.endsWith(file));
  stream.on('test:pass', (data) => {
    if (!isSuite(data)) total[data.skip === undefined ? 'passed' : 'skipped']++;
  });
  stream.on('test:fail', (data) => {
    if (!isSuite(data) || data.details?.error?.failureType === 'testCodeFailure') total.failed++;
  });
  stream.compose(new spec()).pipe(process.stdout);
  await new Promise((resolve) => stream.on('end', resolve));
}

if (only.length === 0) runSpecs();
await runTests();
process.on('exit', () => {
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
});
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
