import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { MetadataError } from '#dist/errors.js';
import { MICROFRONTEND_FIELDS, SPECTRAL_FIELDS, type Field } from '#dist/features/fields.js';
import { parseRecipe, PRESET_NAMES } from '#dist/features/parse-recipe.js';

type Json = Record<string, unknown>;

const tool = (name: string): string => pathToFileURL(join(process.cwd(), 'tools/front-ends', name)).href;
const { schemaText, documentParts, SCHEMA, DOCUMENT } = await import(tool('outputs.mjs'));
const { readPart } = await import(tool('document.mjs'));
const REMEDY = 'run node tools/front-ends.mjs';

const manifest = JSON.parse(readFileSync('test/fixtures/front-ends/manifest.json', 'utf8')) as { recipe: Json }[];
const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Json;
// Strict about required properties would want them to be defined again beside each `required`.
const ajv = new Ajv2020({ strict: true, strictRequired: false });
const validate = ajv.compile(schema);

/** What parseRecipe says against a recipe; undefined where it takes it. */
function refusal(recipe: Json): string | undefined {
  try {
    parseRecipe(recipe);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof MetadataError, String(error));
    return error.message;
  }
}

test('the schema is what the fields say', async () => {
  assert.equal(readFileSync(SCHEMA, 'utf8'), await schemaText(), REMEDY);
});

test('the tables are what fields, presets and golden vectors say', async () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  for (const [name, part] of Object.entries(await documentParts()))
    assert.equal(readPart(document, name), part, `${name}: ${REMEDY}`);
});

test('every preset has a row in the table of costs', () => {
  const costs: string = readPart(readFileSync(DOCUMENT, 'utf8'), 'costs');
  const rows = [...costs.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  assert.deepEqual(
    rows,
    PRESET_NAMES.filter((name) => name !== 'custom'),
    `${REMEDY} --bench`,
  );
});

test('every preset and every recipe of the golden vectors is valid', () => {
  const presets = PRESET_NAMES.filter((name) => name !== 'custom').map((preset) => ({ preset }));
  for (const recipe of [{}, ...presets, ...manifest.map((entry) => entry.recipe)]) {
    assert.ok(validate(recipe), `${JSON.stringify(recipe)}: ${ajv.errorsText(validate.errors)}`);
    assert.equal(refusal(recipe), undefined);
    const complete = JSON.parse(JSON.stringify(parseRecipe(recipe))) as Json;
    assert.ok(validate(complete), `${JSON.stringify(complete)}: ${ajv.errorsText(validate.errors)}`);
  }
});

test('a custom recipe gives every field that nothing else says', () => {
  const complete: Json = { ...parseRecipe({ preset: 'mfcc' }), preset: 'custom' };
  const isAbsent = (name: string): boolean =>
    ('absent' in SPECTRAL_FIELDS[name as 'lifter'] && SPECTRAL_FIELDS[name as 'lifter'].absent !== undefined) ||
    'perFeature' in SPECTRAL_FIELDS[name as 'lifter'];
  assert.ok(validate(complete) && refusal(complete) === undefined);
  for (const name of Object.keys(complete).filter((name) => name !== 'preset')) {
    const { [name]: left, ...others } = complete;
    assert.equal(validate(others), isAbsent(name), name);
    assert.equal(refusal(others) === undefined, isAbsent(name), name);
  }
  const { numCoefficients, ...bands }: Json = { ...complete, dct: 'none' };
  assert.equal(numCoefficients, 13);
  assert.ok(validate(bands) && refusal(bands) === undefined);
});

/** What one field asks of another, which the schema leaves to parseRecipe; docs/front-ends.md has the list. */
const TOGETHER: readonly (readonly [recipe: Json, says: RegExp])[] = [
  [{ lowFrequency: 4000, highFrequency: 4000 }, /highFrequency: .*above lowFrequency/],
  [{ highFrequency: 8001 }, /highFrequency: .*at most half of sampleRate/],
  [{ preset: 'precise', highFrequency: 16001 }, /highFrequency: .*at most sampleRate/],
  [{ preset: 'librosa', fftSize: 1024 }, /windowLength: .*at most fftSize/],
  [{ padding: 'reflect' }, /padding: .*"zeros" with framing/],
  [{ preset: 'librosa', padding: 'reflect', hopLength: 2049 }, /hopLength: .*at most windowLength/],
  [{ preset: 'librosa', log: 'none' }, /topDb: .*0 with log "none"/],
  [{ energy: 'samples', log: 'none' }, /energy: .*"none" with log "none"/],
  [{ numCoefficients: 41 }, /numCoefficients: .*at most numMels/],
  [{ dct: 'none', numCoefficients: 13 }, /numCoefficients: .*numMels, 40, with dct "none"/],
  [{ dct: 'none', lifter: 22 }, /lifter: .*0 with dct "none"/],
  [{ dct: 'none', energy: 'spectrum' }, /energy: .*"none" with dct "none"/],
  [{ mean: [1, 2, 3] }, /mean: .*13 numbers, one a feature of a frame/],
  [{ outputScale: 1e6, scale: Array.from({ length: 13 }, () => 1e13) }, /scale\[0\]: .*at most 1e\+18/],
  [
    { mean: Array.from({ length: 13 }, () => 3e38), scale: Array.from({ length: 13 }, () => 2) },
    /mean\[0\]: .*product with scale/,
  ],
  [{ deltas: 1, scale: Array.from({ length: 13 }, () => 1) }, /scale: .*26 numbers, one a feature of a frame/],
];

test('what one field asks of another is left to parseRecipe', () => {
  for (const [recipe, says] of TOGETHER) {
    assert.ok(validate(recipe), `${JSON.stringify(recipe)}: ${ajv.errorsText(validate.errors)}`);
    assert.match(refusal(recipe) ?? '', says);
  }
});

test('lists of numbers hold numbers that f32 can hold', () => {
  const thirteen = (value: unknown): unknown[] => Array.from({ length: 13 }, () => value);
  for (const mean of [null, 0, '1', {}, [], thirteen('1'), thirteen(null), thirteen(3.4028235677973366e38)]) {
    assert.equal(validate({ mean }), false, JSON.stringify(mean));
    assert.notEqual(refusal({ mean: mean as never }), undefined);
  }
  const mean = thirteen(-3.4028235e38);
  assert.ok(validate({ mean }) && refusal({ mean }) === undefined);
});

/** Values on both sides of what a field may hold. */
function valuesOf(field: Field): fc.Arbitrary<unknown> {
  const wrong = fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    '0',
    'hann',
    true,
    false,
    0,
    1,
    0.5,
    -1,
    1e300,
    [],
    [1],
    {},
  );
  if ('choices' in field) return fc.oneof(fc.constantFrom<unknown>(...field.choices), wrong);
  if ('flag' in field) return fc.oneof(fc.boolean(), wrong);
  if ('perFeature' in field) return fc.oneof(fc.array(fc.integer(), { maxLength: 50 }), wrong);
  const { least, greatest, whole } = field;
  const inside = whole
    ? fc.integer({ min: least, max: greatest })
    : fc.double({ min: least, max: greatest, noNaN: true });
  const edges = fc.constantFrom(least, greatest, least - 1, greatest + 1, least + 0.5, -least);
  return fc.oneof(inside, edges, wrong);
}

test('schema and parseRecipe agree on recipes at random', (t) => {
  const fields: Record<string, Field> = { ...MICROFRONTEND_FIELDS, ...SPECTRAL_FIELDS };
  const change = fc.oneof(
    ...Object.entries(fields).map(([name, field]) => fc.tuple(fc.constant(name), valuesOf(field))),
    fc.tuple(fc.constantFrom('hopSize', 'windowlength', '', 'toString', '__proto__'), fc.constant<unknown>(1)),
  );
  const begin = fc.constantFrom<Json>(
    ...PRESET_NAMES.map((preset) => ({ preset })),
    { ...parseRecipe({}), preset: 'custom' },
    ...manifest.map((one) => one.recipe),
  );
  const seen = { taken: 0, refused: 0, together: 0 };
  fc.assert(
    fc.property(begin, fc.array(change, { minLength: 1, maxLength: 3 }), (recipe, changes) => {
      const json = JSON.parse(JSON.stringify({ ...recipe, ...Object.fromEntries(changes) })) as Json;
      const message = refusal(json);
      if (!validate(json)) {
        assert.notEqual(message, undefined, `only the schema refuses: ${ajv.errorsText(validate.errors)}`);
        seen.refused++;
      } else if (message === undefined) seen.taken++;
      else {
        assert.ok(
          TOGETHER.some(([, says]) => generally(says).test(message)),
          `only parseRecipe refuses: ${message}`,
        );
        seen.together++;
      }
    }),
    { seed: 5, numRuns: 5000 },
  );
  t.diagnostic(JSON.stringify(seen));
  assert.ok(Math.min(...Object.values(seen)) > 100, JSON.stringify(seen));
});

/** The same sentence about other numbers. */
function generally(says: RegExp): RegExp {
  return new RegExp(says.source.replace(/\d{2,}/g, '\\d+'));
}
