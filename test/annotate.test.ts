import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import onnxProto from 'onnx-proto';
import { annotate, InputError, loadModel, MetadataError, ModelFormatError, TympanError } from '#dist/index.js';
import { buildModel, gruWeights } from './onnx-builder.js';
import { FIXTURES, property, readFixture, uniform } from './support.js';

const { ModelProto } = onnxProto.onnx;
const HAPPY = 'models/happy.onnx';
const CLIP = 'models/samples/happy.wav';
const NONE = { frontend: null, labels: null, detection: null };

const happy = new Uint8Array(readFileSync(HAPPY));
const bare = await annotate(happy, NONE);
const { frontend, labels, detection } = (await loadModel(happy)).metadata;

/** As protobufjs, somebody else's reader, sees them. */
const propertiesOf = (bytes: Uint8Array) =>
  ModelProto.decode(bytes).metadataProps.map(({ key, value }) => [key, value] as [string, string]);

/** A field of protobuf's wire type 2. */
function field(number: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content as Uint8Array);
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
}
const entry = (key: string, value: string) => field(14, Buffer.concat([field(1, key), field(2, value)]));

/** Two labels, with a front end's 13 features as input. */
const two = buildModel({
  inputs: { x: ['time', 1, 13] },
  outputs: { p: ['time', 1, 1, 2] },
  initializers: gruWeights(13, 2),
  nodes: [
    ['GRU', ['x', 'W', 'R', 'B'], ['y'], { hidden_size: 2 }],
    ['Sigmoid', ['y'], ['p']],
  ],
});

describe('annotate', () => {
  it('makes a detector of a model that came without a contract', async () => {
    assert.deepEqual((await loadModel(bare)).metadata, {});
    const model = await loadModel(await annotate(bare, { frontend, labels, detection }));
    assert.deepEqual(model.metadata, (await loadModel(happy)).metadata);
    assert.deepEqual(model.detector().settings, (await loadModel(happy)).detector().settings);
  });

  it('leaves every other byte where it was', async () => {
    // Fields of no ONNX version, of every wire type, and an entry with a field of its own, around the contract and the graph.
    const unknown = [
      Buffer.from([0xf8, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), // 1023: −1
      Buffer.from([0xf9, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8]), // 1023: 8 bytes
      Buffer.from([0xfd, 0x3f, 1, 2, 3, 4]), // 1023: 4 bytes
      field(1023, 'a text'),
      field(14, Buffer.concat([field(2, 'value first'), field(1, 'tympan.label'), field(9, 'more')])),
    ];
    const parts = [unknown[0], two, unknown[1], unknown[4], unknown[2], unknown[3]];
    const old = entry('tympan.labels', 'broken');
    const clean = Buffer.concat(parts);
    for (let at = 0; at <= parts.length; at++) {
      const model = Buffer.concat([...parts.slice(0, at), old, ...parts.slice(at)]);
      assert.deepEqual(Buffer.from(await annotate(model, { labels: null })), clean);
      const text = '{"version":1,"names":["noise","hey"]}';
      const written = await annotate(model, { labels: { names: ['noise', 'hey'] } });
      assert.deepEqual(Buffer.from(written), Buffer.concat([clean, entry('tympan.labels', text)]));
    }
  });

  it('does not look into what a model is made of', async () => {
    for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith('.onnx'))) {
      const model = readFixture(name);
      const clean = await annotate(model, NONE);
      if (propertiesOf(model).every(([key]) => !key.startsWith('tympan.')))
        assert.deepEqual(clean, new Uint8Array(model), name);
      const added = entry('tympan.labels', '{"version":1,"names":["hey"]}');
      const written = await annotate(model, { ...NONE, labels: { names: ['hey'] } });
      assert.deepEqual(Buffer.from(written), Buffer.concat([clean, added]), name);
    }
  });

  it('says the same when it says it again', async () => {
    const parts = {
      frontend: { numCoefficients: 13, mean: Array<number>(13).fill(0.1) },
      labels: { names: ['no', 'yes'] },
    };
    const once = await annotate(two, parts);
    assert.deepEqual(await annotate(once, parts), once);
    assert.deepEqual(await annotate(await annotate(once, NONE), parts), once);
    assert.deepEqual(await annotate(once, NONE), new Uint8Array(two));
    assert.deepEqual(await annotate(once, {}), once);
    assert.deepEqual(await annotate(once, { labels: undefined }), once);
  });

  it('replaces a part and leaves the others', async () => {
    const other = await annotate(happy, { labels: { names: ['glad'] }, detection: { keywords: { glad: {} } } });
    const before = new Map(propertiesOf(happy));
    assert.deepEqual(propertiesOf(other), [
      ['tympan.frontend', before.get('tympan.frontend')],
      ['tympan.labels', '{"version":1,"names":["glad"]}'],
      ['tympan.detection', '{"version":1,"keywords":{"glad":{}}}'],
    ]);
    assert.deepEqual((await loadModel(other)).detector().keywords, ['glad']);
  });

  it('writes recipes out in full, and names in any script', async () => {
    const names = ['喜', '__proto__', '"\u2028\\'];
    const written = new Map(propertiesOf(await annotate(bare, { frontend: { numMels: 32 }, labels: { names } })));
    const recipe = JSON.parse(written.get('tympan.frontend')!);
    assert.deepEqual([recipe.version, recipe.numMels, recipe.fftSize], [1, 32, 512]);
    assert.deepEqual(JSON.parse(written.get('tympan.labels')!), { version: 1, names });
  });

  it('refuses a contract that would not be read', async () => {
    const wrong: [Parameters<typeof annotate>[1], RegExp][] = [
      [{ frontend: { fftSize: 5000 } }, /front end: fftSize: got 5000/],
      [{ frontend: [] as object }, /tympan\.frontend: got \[\], expected a JSON object/],
      [{ frontend: { version: 2 as 1 } }, /tympan\.frontend: version: got 2/],
      [{ labels: { names: [] } }, /labels: names: got \[\]/],
      [{ labels: { names: ['a'], nmaes: 1 } as { names: string[] } }, /"nmaes" is no field/],
      [{ labels: { names: ['glad'] } }, /keyword "happy" is no label; labels are glad/],
      [{ detection: { smoothing: -1 } }, /detection: smoothing: got -1/],
      [{ detection: { keywords: { glad: {} } } }, /keyword "glad" is no label/],
    ];
    for (const [parts, message] of wrong) {
      await assert.rejects(
        annotate(happy, parts),
        (error) => error instanceof MetadataError && message.test(error.message),
      );
    }
    await assert.rejects(annotate(happy, { label: { names: ['a'] } } as object), {
      name: 'TypeError',
      message: '"label" is no part of a contract; parts are frontend, labels, detection, streaming',
    });
    await assert.rejects(annotate('nowhere.onnx', {}), InputError);
  });

  it('refuses a broken contract that stays, and replaces one', async () => {
    const broken = Buffer.concat([bare, entry('tympan.labels', 'x'), entry('tympan.labels', 'y')]);
    await assert.rejects(annotate(broken, { detection: {} }), /"tympan\.labels" is given twice/);
    assert.deepEqual(propertiesOf(await annotate(broken, { labels })), [
      ['tympan.labels', JSON.stringify({ version: 1, ...labels })],
    ]);
  });
});

describe('annotate with bytes that are no model', () => {
  const refused: [what: string, bytes: Uint8Array, message: RegExp][] = [
    ['nothing', new Uint8Array(0), /it has no graph/],
    ['text', Buffer.from('This is no model.'), /at byte 1: no protobuf field/],
    ['a number without end', Buffer.alloc(20, 0xff), /at byte 10: a number without end/],
    ['a field numbered 0', Buffer.from([0x02, 0]), /at byte 1: no protobuf field/],
    ['a group', Buffer.from([0x0b, 0x0c]), /no protobuf field/],
    [
      'a length beyond the file',
      Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]),
      /at byte 6: field 7 has 34359738367 bytes, 1 are left/,
    ],
    ['a number cut', Buffer.from([0x3d, 1, 2]), /field 7 is of wire type 5, expected 2/],
    ['eight bytes cut', Buffer.from([0x09, 1, 2]), /field 1 has 8 bytes, 2 are left/],
    [
      'an entry that is a number',
      Buffer.concat([two, Buffer.from([0x70, 0])]),
      /field 14 is of wire type 0, expected 2/,
    ],
    [
      'an entry that is cut',
      Buffer.concat([two, field(14, Buffer.from([0x0a, 9, 0x74]))]),
      /field 1 has 9 bytes, 1 are left/,
    ],
  ];
  for (const [what, bytes, message] of refused) {
    it(what, () =>
      assert.rejects(
        annotate(bytes, { labels: { names: ['a'] } }),
        (error) => error instanceof ModelFormatError && message.test(error.message),
      ),
    );
  }

  it('more fields than any model has', async () => {
    const fields = (count: number) => Buffer.concat([field(7, ''), Buffer.alloc(2 * count, Uint8Array.of(0x08, 0))]);
    await assert.rejects(annotate(fields(1e6), NONE), /more than a million fields/);
    assert.equal((await annotate(fields(1e6 - 1), NONE)).length, 2e6);
  });

  it('refuses or keeps what was cut or changed anywhere', async () => {
    const whole = await annotate(two, {
      frontend: {},
      labels: { names: ['a', 'b'] },
      detection: { keywords: { a: {} } },
    });
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    const outcome = { written: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(changes, fc.option(fc.nat(whole.length)), async (list, end) => {
        const bytes = whole.slice(0, end ?? whole.length);
        for (const [at, byte] of list) if (at < bytes.length) bytes[at] = byte;
        try {
          const written = await annotate(bytes, { labels: { names: ['a', 'b'] }, detection: null });
          assert.deepEqual(await annotate(written, { labels: { names: ['a', 'b'] } }), written);
          outcome.written++;
        } catch (error) {
          if (!(error instanceof TympanError)) throw error;
          outcome.refused++;
        }
      }),
      { ...property, numRuns: 1000 },
    );
    assert.ok(outcome.written > 50 && outcome.refused > 50, JSON.stringify(outcome));
  });

  it('reads any bytes without anything but a TympanError', async () => {
    const next = uniform(20);
    for (let run = 0; run < 300; run++) {
      const bytes = Uint8Array.from({ length: 1 + (run % 40) }, () => Math.floor((next() + 1) * 128));
      await assert.rejects(annotate(bytes, NONE), TympanError);
    }
  });
});

describe('tympan annotate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-annotate-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  const write = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(at(name), bytes);
    return at(name);
  };
  const tympan = (...args: string[]) =>
    spawnSync(process.execPath, ['dist/cli/index.js', ...args], { encoding: 'utf8', timeout: 60000 });
  const done = (...args: string[]): string => {
    const { status, stdout, stderr } = tympan('annotate', ...args);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    return stdout;
  };
  const model = write('bare.onnx', bare);
  const pair = write('two.onnx', two);
  const recipe = write('recipe.json', JSON.stringify(frontend));
  const out = at('out.onnx');
  const detectionOf = (file: string) => JSON.parse(new Map(propertiesOf(readFileSync(file))).get('tympan.detection')!);

  it('makes a detector that hears what the shipped one hears', () => {
    const stdout = done(model, '--frontend', recipe, '--labels', 'happy', '--threshold', '0.88', '--output', out);
    assert.equal(
      stdout,
      `${out}  tympan.frontend, tympan.labels, tympan.detection\n` +
        'fires for happy from 0.88, smoothed over 100 ms, then not for 1000 ms\n',
    );
    const heard = tympan('detect', '--json', CLIP, '--model', out);
    assert.equal(heard.status, 0);
    assert.equal(JSON.parse(heard.stdout).detections.length, 2);
    assert.equal(heard.stdout, tympan('detect', '--json', CLIP, '--model', HAPPY).stdout);
    assert.deepEqual(readFileSync(model), Buffer.from(bare));
  });

  it('takes the contract from flags, inline or not, and tells machines what it wrote', () => {
    const flags = ['--labels', 'noise, hey', '--keywords', 'hey', '--threshold', 'hey=0.9', '--output-name', 'p'];
    const json = JSON.parse(
      done(
        pair,
        '--frontend',
        '{"hopLength": 200}',
        ...flags,
        '--smoothing',
        '50',
        '--refractory',
        '0',
        '-o',
        out,
        '--json',
      ),
    );
    assert.equal(json.file, out);
    assert.equal(json.frontend.hopLength, 200);
    assert.deepEqual(json.labels, { names: ['noise', 'hey'], output: 'p' });
    assert.deepEqual(json.detection, {
      version: 1,
      smoothing: 50,
      refractory: 0,
      keywords: { hey: { threshold: 0.9 } },
    });
    assert.deepEqual(detectionOf(out), json.detection);
  });

  it('changes what is given, and leaves the rest of the contract', () => {
    const file = write('mine.onnx', happy);
    done(file, '--smoothing', '0', '--in-place');
    assert.deepEqual(detectionOf(file), { ...detection, smoothing: 0 });
    done(file, '--threshold', '0.7', '--in-place');
    assert.deepEqual(detectionOf(file), { ...detection, smoothing: 0, keywords: { happy: { threshold: 0.7 } } });
    done(file, '--labels', 'glad', '--keywords', 'glad', '--in-place');
    assert.deepEqual(detectionOf(file).keywords, { glad: {} });
    done(file, '--remove', 'labels,detection', '--labels', 'happy', '--in-place');
    assert.deepEqual(
      propertiesOf(readFileSync(file)).map(([key]) => key),
      ['tympan.frontend', 'tympan.labels'],
    );
    assert.equal(
      done(file, '--remove', 'frontend', '--in-place'),
      `${file}  tympan.labels\ndetect and listen still need tympan.frontend\n`,
    );
  });

  it('writes what one keyword has for itself, and what all have once', () => {
    const file = write('keywords.onnx', two);
    const labelled = ['--frontend', '{}', '--labels', 'hey,stop', '--keywords', 'hey,stop', '--threshold', '0.9'];
    assert.match(
      done(file, ...labelled, '--refractory', '300', '--in-place'),
      /^fires for hey from 0\.9, stop from 0\.9, smoothed over 100 ms, then not for 300 ms$/m,
    );
    const both = { hey: { threshold: 0.9 }, stop: { threshold: 0.9 } };
    assert.deepEqual(detectionOf(file), { version: 1, refractory: 300, keywords: both });
    assert.match(
      done(file, '--smoothing', 'hey=50', '--refractory', 'stop=0', '--threshold', 'stop=0.6', '--in-place'),
      new RegExp(
        '^fires for hey from 0\\.9, smoothed over 50 ms, then not for 300 ms; ' +
          'for stop from 0\\.6, smoothed over 100 ms, then not for 0 ms$',
        'm',
      ),
    );
    const own = { hey: { threshold: 0.9, smoothing: 50 }, stop: { threshold: 0.6, refractory: 0 } };
    assert.deepEqual(detectionOf(file), { version: 1, refractory: 300, keywords: own });
    const { status, stdout } = tympan('inspect', file);
    assert.equal(status, 0);
    assert.match(stdout, /^keywords +hey from 0\.9 \(smoothing 50\), stop from 0\.6 \(refractory 0\)$/m);
    assert.match(stdout, /^detection +refractory 300$/m);
    done(file, '--smoothing', '0', '--in-place'); // of all: hey has no longer its own
    const left = { hey: { threshold: 0.9 }, stop: { threshold: 0.6, refractory: 0 } };
    assert.deepEqual(detectionOf(file), { version: 1, smoothing: 0, refractory: 300, keywords: left });
    done(file, '--remove', 'detection', '--smoothing', '20', '--in-place');
    assert.deepEqual(detectionOf(file), { version: 1, smoothing: 20 });
    done(file, '--keywords', 'hey', '--smoothing', 'hey=40', '--in-place');
    assert.deepEqual(detectionOf(file), { version: 1, smoothing: 20, keywords: { hey: { smoothing: 40 } } });
    done(file, '--keywords', 'hey,stop', '--in-place');
    assert.deepEqual(detectionOf(file).keywords, { hey: { smoothing: 40 }, stop: {} });
  });

  it('says how the model streams', () => {
    const file = write('streamed.onnx', two);
    const streamingOf = () => JSON.parse(new Map(propertiesOf(readFileSync(file))).get('tympan.streaming') ?? 'null');
    const window = done(file, '--window-frames', '20', '--hop-frames', '2', '--in-place');
    assert.match(window, /streams windowed: the newest 20 frames from the initial state, every 2 frames/);
    assert.deepEqual(streamingOf(), { version: 1, mode: 'windowed', windowFrames: 20, hopFrames: 2 });
    done(file, '--hop-frames', '4', '--time-axis', '0', '--in-place');
    assert.deepEqual(streamingOf(), { version: 1, mode: 'windowed', windowFrames: 20, hopFrames: 4, timeAxis: 0 });
    assert.match(done(file, '--mode', 'stateful', '--in-place'), /streams stateful: /);
    assert.deepEqual(streamingOf(), { version: 1, mode: 'stateful', timeAxis: 0 });
    done(file, '--remove', 'streaming', '--in-place');
    assert.deepEqual(readFileSync(file), Buffer.from(two));
  });

  it('replaces the file that a link shows, with its permissions, and leaves nothing else', () => {
    const file = write('target.onnx', two);
    chmodSync(file, 0o640);
    symlinkSync('target.onnx', at('link.onnx'));
    done(at('link.onnx'), '--labels', 'a,b', '--in-place');
    assert.equal(propertiesOf(readFileSync(file)).length, 1);
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  const broken = write('broken.onnx', Buffer.concat([two, entry('tympan.detection', 'x')]));
  const refusals: [args: string[], message: RegExp][] = [
    [[], /missing required argument 'model'; see tympan annotate --help/],
    [[pair], /nothing to write: expected --frontend, .*; see tympan annotate --help/],
    [[pair, '--output', out], /nothing to write/],
    [[pair, '--labels', 'a,b'], /expected either --output <file>, or --in-place/],
    [[pair, '--labels', 'a,b', '--in-place', '-o', out], /expected either --output/],
    [[pair, '--labels', 'a,,b', '-o', out], /argument 'a,,b' is invalid. Expected a name/],
    [
      [pair, '--remove', 'label', '-o', out],
      /argument 'label' is invalid. Expected some of frontend,labels,detection,streaming/,
    ],
    [[pair, '--threshold', '2', '-o', out], /Expected a number from 0 to 1/],
    [[pair, '--frontend', '{', '-o', out], /--frontend: not JSON: /],
    [[pair, '--frontend', 'mfcc', '-o', out], /--frontend mfcc: no such file, expected JSON \(.*\) or a file of JSON/],
    [[pair, '--frontend', folder, '-o', out], /expected a file of JSON/],
    [[pair, '--frontend', CLIP, '-o', out], /--frontend models\/samples\/happy\.wav: not JSON/],
    [[pair, '--frontend', '{"numMel": 40}', '-o', out], /two\.onnx: front end: "numMel" is no field/],
    [
      [pair, '--frontend', '{"numCoefficients": 20}', '-o', out],
      /front end: makes 20 features a frame, the model takes 13 as "x"/,
    ],
    [[pair, '--frontend', '{"numCoefficients": 20}', '--labels', 'a,b', '-o', out], /makes 20 .* takes 13 as "x"/],
    [[pair, '--labels', 'a', '-o', out], /labels: got 1 names, expected 2, one a feature of output "p"/],
    [[pair, '--window-frames', '0', '-o', out], /argument '0' is invalid. Expected a whole number from 1 to 10000/],
    [[pair, '--mode', 'stateful', '--hop-frames', '2', '-o', out], /are of mode "windowed"/],
    [[pair, '--states', 'h', '-o', out], /Expected input=output, separated by commas/],
    [[pair, '--states', 'h=p', '-o', out], /states: "h" → "p": expected one of none/],
    [
      ['test/fixtures/onnx/torchscript-attention.onnx', '--mode', 'stateful', '-o', out],
      /can't run statefully: gru .*"bidirectional"/,
    ],
    [['test/fixtures/onnx/forged-mlp.onnx', '--labels', 'a', '-o', out], /no input of the model has a time axis/],
    [[pair, '--labels', 'a', '--frontend', '{}', '-o', out], /labels: got 1 names, expected 2/],
    [[pair, '--labels', 'a,a', '-o', out], /expected no name twice/],
    [[pair, '--labels', 'a,b', '--output-name', 'constructor', '-o', out], /output "constructor" does not exist/],
    [[pair, '--output-name', 'p', '-o', out], /--output-name: the model has no labels; give --labels too/],
    [[pair, '--threshold', '0.8', '-o', out], /--threshold: the model has no labels; give --labels too/],
    [[pair, '--labels', 'a,b', '--threshold', '0.8', '-o', out], /of the labels a, b, say with --keywords which fire/],
    [
      [pair, '--labels', 'a,b', '--keywords', 'a', '--threshold', 'b=1', '-o', out],
      /"b" is no keyword; keywords are a/,
    ],
    [
      [pair, '--labels', 'a,b', '--smoothing', 'a=5', '-o', out],
      /--smoothing: of the labels a, b, say with --keywords which fire/,
    ],
    [
      [HAPPY, '--smoothing', 'happy=5', '--refractory', 'glad=5', '-o', out],
      /--refractory: "glad" is no keyword; keywords are happy/,
    ],
    [[pair, '--labels', 'a,b', '--keywords', 'c', '-o', out], /keyword "c" is no label/],
    [[HAPPY, '--labels', 'glad', '-o', out], /the file's keyword "happy" is not among them; say with --keywords/],
    [
      [broken, '--labels', 'a,b', '-o', out],
      /broken\.onnx: tympan\.detection: not JSON: .*; --remove takes what is wrong/,
    ],
    [
      ['test/fixtures/onnx/forged-external.onnx', '--labels', 'a', '-o', out],
      /forged-external\.onnx: .*in another file/,
    ],
    [[CLIP, '--labels', 'a', '-o', out], /happy\.wav: not an ONNX model/],
    [[at('nowhere.onnx'), '--labels', 'a', '-o', out], /nowhere\.onnx: no such file/],
    [[at('nowhere.onnx'), '--labels', 'a', '--in-place'], /nowhere\.onnx: no file to write into/],
    [[pair, '--labels', 'a,b', '-o', folder], /not a file, can't be replaced/],
    [[pair, '--labels', 'a,b', '-o', at('no/such/folder.onnx')], /folder\.onnx: can't be written/],
  ];
  for (const [args, message] of refusals) {
    it(`refuses: ${args.join(' ').replaceAll(folder, '…')}`, () => {
      rmSync(out, { force: true });
      const { status, stdout, stderr } = tympan('annotate', ...args);
      assert.match(stderr, message);
      assert.match(stderr, /^tympan: [^\n]+\n$/);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.ok(!readdirSync(folder).includes('out.onnx'));
      assert.deepEqual(readFileSync(pair), Buffer.from(two));
    });
  }
});
