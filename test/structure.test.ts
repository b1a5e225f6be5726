import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';

/** What each room of src/ may import, besides itself and the three files that know of nothing. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  model: [],
  kernels: [],
  detection: [],
  onnx: ['model'],
  operators: ['model'],
  streaming: ['operators', 'kernels', 'model'],
  features: ['kernels'],
  audio: ['kernels'],
  inference: ['streaming', 'operators', 'kernels', 'model'],
  'arithmetic.ts': [],
  'errors.ts': [],
  'typed-arrays.ts': [],
  'source.ts': ['path.ts'],
  'path.ts': [],
  'front-end.ts': ['features', 'kernels'],
  hearing: ['inference', 'features', 'audio', 'detection', 'kernels'],
  worklet: ['hearing', 'inference', 'detection', 'kernels'],
  browser: ['worklet', 'hearing', 'detection', 'kernels', 'load.ts'],
  'contract.ts': ['inference', 'streaming', 'features', 'detection', 'model'],
  'summary.ts': ['features', 'inference', 'streaming', 'operators', 'kernels', 'model', 'contract.ts'],
  'quantize.ts': ['onnx', 'source.ts'],
  'annotate.ts': ['onnx', 'model', 'contract.ts', 'source.ts'],
  raising: ['operators', 'model'],
  'import.ts': ['onnx', 'raising', 'operators', 'streaming', 'kernels', 'model', 'source.ts'],
  'load.ts': [
    'import.ts',
    'inference',
    'streaming',
    'operators',
    'features',
    'kernels',
    'model',
    'detection',
    'contract.ts',
    'hearing',
    'source.ts',
    'summary.ts',
  ],
  'index.ts': [
    'inference',
    'streaming',
    'features',
    'kernels',
    'model',
    'detection',
    'annotate.ts',
    'contract.ts',
    'hearing',
    'front-end.ts',
    'load.ts',
    'source.ts',
    'summary.ts',
  ],
  difference: ['features', 'kernels'],
  verification: ['streaming', 'operators', 'features', 'model', 'index.ts'],
  evaluation: ['detection'],
  node: ['audio', 'detection', 'evaluation', 'index.ts'],
  report: ['evaluation'],
  cli: [
    'node',
    'difference',
    'verification',
    'evaluation',
    'report',
    'hearing',
    'detection',
    'index.ts',
    'quantize.ts',
  ],
};

/** Rooms that run everywhere: nothing of Node, no dependency. */
const NEUTRAL = Object.keys(MAY_IMPORT).filter((room) => !['node', 'report', 'cli'].includes(room));

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
);
const roomOf = (file: string): string => file.split('/')[0];
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join('src', file), 'utf8').matchAll(
      /^(?:import|export)\s(?:[^;]*?\sfrom\s)?'([^']+)'|\bimport\('(\.[^']+)'\)/gm,
    ),
  ].map(([, whole, lazy]) => whole ?? lazy);

test('every room is known, and imports are found', () => {
  assert.ok(importsOf('load.ts').includes('./hearing/index.js'));
  assert.ok(importsOf('operators/index.ts').includes('./others.js'), 'imports that wait are found too');
  assert.deepEqual(
    [...new Set(files.map(roomOf))].filter((room) => !(room in MAY_IMPORT)),
    [],
  );
});

for (const room of Object.keys(MAY_IMPORT)) {
  test(`src/${room} imports only what the house plan allows`, () => {
    const own = files.filter((file) => roomOf(file) === room);
    assert.ok(own.length > 0);
    for (const file of own) {
      for (const specifier of importsOf(file)) {
        if (!specifier.startsWith('.')) {
          assert.ok(!NEUTRAL.includes(room), `${file} imports ${specifier}`);
          continue;
        }
        const target = roomOf(relative('src', join('src', dirname(file), specifier)).replace(/\.js$/, '.ts'));
        assert.ok(
          target === room ||
            target === 'arithmetic.ts' ||
            target === 'errors.ts' ||
            target === 'typed-arrays.ts' ||
            MAY_IMPORT[room].includes(target),
          `${file} imports ${specifier}`,
        );
      }
    }
  });
}

test('files stay short: 250 lines', () => {
  const sources = [
    ...files.map((file) => join('src', file)),
    ...readdirSync('assembly')
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join('assembly', name)),
  ];
  for (const file of sources) assert.ok(readFileSync(file, 'utf8').split('\n').length <= 251, file);
});
