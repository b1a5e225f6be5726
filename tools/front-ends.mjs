/**
 * Writes what follows from src/features/fields.ts and presets.ts: docs/front-end.schema.json and the tables of
 * docs/front-ends.md, that of the errors against the original programs among them. `--bench` measures the table of costs anew,
 * too, which is otherwise left as it is.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import './build.mjs';
import { withParts } from './front-ends/document.mjs';

// Tests compare with the originals, and so does the table of errors: test/golden.ts.
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'], { stdio: 'inherit' });
const { documentParts, DOCUMENT, SCHEMA, schemaText } = await import('./front-ends/outputs.mjs');

async function costs() {
  const { costTable } = await import('./front-ends/costs.mjs');
  return { costs: await costTable() };
}

const parts = { ...(await documentParts()), ...(process.argv.includes('--bench') ? await costs() : {}) };
writeFileSync(DOCUMENT, withParts(readFileSync(DOCUMENT, 'utf8'), parts));
writeFileSync(SCHEMA, await schemaText());
