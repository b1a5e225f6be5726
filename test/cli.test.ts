import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadModel } from '#dist/index.js';
import { readAudio } from '#dist/node/index.js';

const MODEL = 'models/happy.onnx';
const HAPPY = 'models/samples/happy.wav';
const QUIET = 'models/samples/quiet.wav';

const folder = mkdtempSync(join(tmpdir(), 'tympan-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A fixture with controls in its nodes' names and other `metadata_props`: an ONNX file is a protobuf message, and repeated fields may be appended. */
function withMetadata(name: string, fixture: string, properties: Record<string, object>): string {
  const field = (number: number, bytes: Buffer) => {
    const header = [(number << 3) | 2];
    let length = bytes.length;
    for (; length > 127; length >>>= 7) header.push((length & 127) | 128);
    return Buffer.concat([Buffer.from([...header, length]), bytes]);
  };
  const appended = Object.entries(properties).map(([key, value]) =>
    field(14, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(JSON.stringify(value)))])),
  );
  const bytes = readFileSync(`test/fixtures/onnx/${fixture}`, 'latin1').replaceAll('node_GRU_', 'node\u001bGRU\u007f');
  return write(name, Buffer.concat([Buffer.from(bytes, 'latin1'), ...appended]));
}

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

function tympan(...args: string[]): Result {
  return spawnSync(process.execPath, ['dist/cli/index.js', ...args], { encoding: 'utf8', timeout: 60000 });
}

/** Exit code 2, nothing on stdout, one line on stderr and no stack. */
function refused(result: Result, message: RegExp): void {
  assert.equal(result.status, 2, result.stderr);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^tympan: [^\n]+\n$/);
  assert.doesNotMatch(result.stderr, /\bat .*:\d+:\d+/);
  assert.match(result.stderr, message);
}

describe('tympan', () => {
  it('shows what it can do, everywhere', () => {
    for (const args of [
      ['--help'],
      ['help'],
      ['help', 'help'],
      ['help', 'detect'],
      ...['detect', 'listen', 'inspect', 'annotate', 'features'].map((name) => [name, '--help']),
    ]) {
      const { status, stdout, stderr } = tympan(...args);
      assert.equal(status, 0);
      assert.equal(stderr, '');
      assert.match(stdout, /^Usage: tympan /);
      assert.ok(
        stdout.split('\n').every((line) => line.length <= 84),
        stdout,
      );
    }
  });

  it('shows its version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    assert.equal(tympan('--version').stdout, `${version}\n`);
  });

  it('shows its help without a command, as bad usage', () => {
    const { status, stdout, stderr } = tympan();
    assert.equal(status, 2);
    assert.match(stdout, /^Usage: tympan /);
    assert.equal(stderr, '');
  });

  const usage: [args: string[], message: RegExp][] = [
    [['frobnicate'], /unknown command 'frobnicate'; see tympan --help/],
    [['--frobnicate'], /unknown option '--frobnicate'; see tympan --help/],
    [['detect'], /missing required argument 'audio'; see tympan detect --help/],
    [['detect', '--thresold', '1', HAPPY], /unknown option '--thresold' \(Did you mean --threshold\?\)/],
    [['detect', HAPPY, '--threshold', 'high'], /argument 'high' is invalid. Expected a number from 0 to 1/],
    [['detect', HAPPY, '--threshold', '1.5'], /argument '1.5' is invalid/],
    [['detect', HAPPY, '--threshold', ''], /argument '' is invalid/],
    [['detect', HAPPY, '--threshold', '=1'], /Expected keyword=value, separated by commas/],
    [['detect', HAPPY, '--threshold', 'nobody=0.5'], /"nobody" is no keyword; keywords are happy/],
    [['detect', HAPPY, '--threshold', '__proto__=0.5'], /"__proto__" is no keyword; keywords are happy/],
    [['detect', HAPPY, '--threshold', 'happy=0.5,happy=0.9'], /Expected every keyword once, got happy twice/],
    [['detect', HAPPY, '--threshold', '__proto__=0.5,__proto__=0.9'], /got __proto__ twice/],
    [['detect', HAPPY, '--smoothing', '-1'], /argument '-1' is invalid. Expected milliseconds/],
    [['detect', HAPPY, '--refractory', '1e9'], /argument '1e9' is invalid. Expected milliseconds/],
    [['detect', HAPPY, '--smoothing', 'happy=60001'], /Expected milliseconds from 0 to 60000/],
    [['detect', HAPPY, '--refractory', 'nobody=5'], /refractory: "nobody" is no keyword; keywords are happy/],
    [['listen', '--smoothing', 'happy=5,happy=9'], /Expected every keyword once, got happy twice/],
    [['detect', HAPPY, '--precision', 'int4'], /Allowed choices are int8, f32/],
    [['detect', HAPPY, '--model'], /option '-m, --model <file>' argument missing/],
    [['listen', 'more'], /too many arguments for 'listen'/],
    [['listen', '--recorder', 'ffmpeg'], /Allowed choices are parec, arecord, sox, rec/],
    [['inspect'], /missing required argument 'model'/],
    [['inspect', MODEL, MODEL], /too many arguments for 'inspect'/],
    [['features'], /missing required argument 'audio'/],
    [['help', 'nosuch'], /unknown command 'nosuch'; see tympan --help/],
    [['help', 'detect', 'listen'], /too many arguments for 'help'/],
    [['detect', ''], /value '' is invalid for argument 'audio'. Expected a name; see tympan detect/],
    [['detect', HAPPY, ''], /value '' is invalid/],
    [['detect', HAPPY, '-m', ''], /option '-m, --model <file>' argument '' is invalid/],
    [['features', ''], /value '' is invalid/],
    [['inspect', ''], /value '' is invalid/],
    [['listen', '--device', ''], /option '-d, --device <name>' argument '' is invalid/],
  ];
  for (const [args, message] of usage) {
    it(`refuses: tympan ${args.join(' ')}`, () => refused(tympan(...args), message));
  }
});

describe('tympan with a model that is none', () => {
  const models: [what: string, path: () => string, message: RegExp][] = [
    ['no such file', () => join(folder, 'nowhere.onnx'), /nowhere\.onnx: no such file/],
    ['a folder', () => folder, /tympan-cli-/],
    ['an empty file', () => write('empty.onnx', ''), /empty\.onnx: /],
    ['text', () => write('text.onnx', 'This is not a model.\n'.repeat(20)), /text\.onnx: /],
    ['a truncated model', () => write('cut.onnx', readFileSync(MODEL).subarray(0, 50000)), /cut\.onnx: /],
    ['audio', () => HAPPY, /happy\.wav: /],
  ];
  for (const [what, path, message] of models) {
    it(what, () => {
      refused(tympan('inspect', path()), message);
      refused(tympan('detect', HAPPY, '--model', path()), message);
      refused(tympan('features', HAPPY, '--model', path()), message);
      refused(tympan('listen', '--model', path()), message);
    });
  }

  it('says what a model lacks, and what writes it', () => {
    const bare = 'test/fixtures/onnx/dynamo-frames.onnx';
    const remedy = 'in its metadata_props; tympan annotate writes them: see tympan annotate --help\n';
    for (const args of [['detect', HAPPY], ['listen']]) {
      const result = tympan(...args, '--model', bare);
      refused(result, /./);
      assert.equal(result.stderr, `tympan: ${bare}: no "tympan.frontend" and no "tympan.labels" ${remedy}`);
    }
    assert.equal(tympan('features', HAPPY, '--model', bare).stderr, `tympan: ${bare}: no "tympan.frontend" ${remedy}`);
  });

  it('says which model has a contract that does not fit', () => {
    const frontend = withMetadata('frontend.onnx', 'dynamo-bare.onnx', {
      'tympan.frontend': { version: 1, preset: 'mfcc', sampleRate: 'x' },
    });
    refused(tympan('features', HAPPY, '--model', frontend), /frontend\.onnx: front end: sampleRate: got "x"/);
    const labels = withMetadata('labels.onnx', 'dynamo-bare.onnx', {
      'tympan.frontend': { version: 1, preset: 'mfcc' },
      'tympan.labels': { version: 1, names: ['no', 'such', 'number', 'of', 'labels'] },
    });
    refused(tympan('detect', HAPPY, '--model', labels), /labels\.onnx: /);
  });

  it('does not let names in a model steer the terminal, nor fill it', () => {
    const names = ['\u001b[2J\u009b31m\u202e', 'b'.repeat(100_000)];
    const model = withMetadata('names.onnx', 'dynamo-bare.onnx', {
      'tympan.frontend': { version: 1, preset: 'mfcc' },
      'tympan.labels': { version: 1, names },
    });
    const { status, stdout } = tympan('inspect', model);
    assert.equal(status, 0);
    assert.ok(stdout.includes('\ufffd[2J\ufffd31m\ufffd,'), stdout);
    assert.match(stdout, /^1 +gru .* node\ufffdGRU\ufffd46$/m);
    assert.doesNotMatch(stdout, /[^\P{Cc}\n]|\p{Bidi_Control}/u);
    const json = tympan('inspect', model, '--json').stdout;
    assert.doesNotMatch(json, /[^\P{Cc}\n]/u);
    assert.deepEqual(JSON.parse(json).labels, names);
    const other = withMetadata('long.onnx', 'dynamo-bare.onnx', {
      'tympan.labels': { version: 1, names: ['happy'] },
      'tympan.detection': { version: 1, keywords: { [names.join('')]: {} } },
    });
    const refusal = tympan('detect', HAPPY, '--model', other);
    refused(refusal, /^tympan: [^\p{Cc}]+ …\n$/u);
    assert.ok(refusal.stderr.length < 520);
  });

  it('shows where the error comes from when asked', () => {
    const env = { ...process.env, TYMPAN_DEBUG: '1' };
    const { status, stderr } = spawnSync(process.execPath, ['dist/cli/index.js', 'inspect', folder], {
      encoding: 'utf8',
      env,
    });
    assert.equal(status, 2);
    assert.match(stderr, /\n {4}at /);
  });
});

describe('tympan detect', () => {
  it('finds the word that is there, with the model that ships', () => {
    const { status, stdout, stderr } = tympan('detect', HAPPY, QUIET);
    assert.equal(status, 0);
    assert.equal(stderr, '');
    const lines = stdout.trimEnd().split('\n');
    const summary = lines.pop();
    assert.ok(lines.length >= 1);
    for (const line of lines) assert.match(line, /^models\/samples\/happy\.wav  happy +\d+\.\d\d s  [01]\.\d{3}$/);
    assert.match(summary!, new RegExp(`^${lines.length} detections? in 2 files, [\\d.]+ s of audio, [\\d.]+ s$`));
  });

  it('tells machines the same', () => {
    const { status, stdout, stderr } = tympan('detect', '--json', HAPPY, QUIET, '--model', MODEL);
    assert.equal(status, 0);
    assert.equal(stderr, '');
    const [happy, quiet, ...more] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(more, []);
    assert.equal(happy.file, HAPPY);
    assert.ok(happy.detections.length >= 1);
    for (const { keyword, posterior, time } of happy.detections) {
      assert.equal(keyword, 'happy');
      assert.ok(posterior > 0 && posterior <= 1);
      assert.ok(time > 0 && time <= happy.duration);
    }
    assert.equal(quiet.file, QUIET);
    assert.deepEqual(quiet.detections, []);
  });

  it('searches each file as a stream of its own', () => {
    const [first, second] = tympan('detect', '--json', HAPPY, HAPPY).stdout.trimEnd().split('\n');
    assert.equal(first, second);
    assert.equal(tympan('detect', '--json', HAPPY).stdout, `${first}\n`);
  });

  it('counts time from the beginning of the file, padded or not', () => {
    const times = (...flags: string[]) =>
      JSON.parse(tympan('detect', '--json', HAPPY, ...flags).stdout).detections.map(
        ({ time }: { time: number }) => time,
      );
    const [padded, bare] = [times(), times('--no-pad')];
    assert.equal(padded.length, bare.length);
    padded.forEach((time: number, i: number) => assert.ok(Math.abs(time - bare[i]) < 0.1));
  });

  it('hears a word that a bare clip of one second ends with', () => {
    const bytes = readFileSync(HAPPY);
    const { detections } = JSON.parse(tympan('detect', '--json', HAPPY).stdout);
    const end = 44 + 2 * Math.round((detections.at(-1).time - 0.05) * 16000); // before the event
    const data = bytes.subarray(end - 32000, end);
    const header = Buffer.from(bytes.subarray(0, 44));
    header.writeUInt32LE(36 + data.length, 4);
    header.writeUInt32LE(data.length, 40);
    const clip = write('second.wav', Buffer.concat([header, data]));
    const heard = JSON.parse(tympan('detect', '--json', clip).stdout);
    assert.equal(heard.duration, 1);
    assert.equal(heard.detections.length, 1);
    assert.equal(heard.detections[0].time, 1); // not later than the clip
    assert.deepEqual(JSON.parse(tympan('detect', '--json', '--no-pad', clip).stdout).detections, []);
  });

  it('obeys threshold, smoothing, refractory and precision', () => {
    const count = (...flags: string[]) =>
      JSON.parse(tympan('detect', '--json', HAPPY, ...flags).stdout).detections.length;
    assert.equal(count('--threshold', '1'), 0);
    assert.equal(count('--threshold', 'happy=1'), 0);
    assert.equal(count('--refractory', '60000', '--smoothing', '0'), 1);
    assert.equal(count('--refractory', 'happy=60000'), 1);
    assert.equal(count('--smoothing', 'happy=60000'), 0);
    assert.ok(count('--precision', 'f32') >= 1);
  });

  it('reports a file that can not be read, goes on, and exits with 2', () => {
    const text = write('text.wav', 'hello');
    const { status, stdout, stderr } = tympan('detect', 'nowhere.wav', HAPPY, text);
    assert.equal(status, 2);
    assert.equal(
      stderr,
      `tympan: nowhere.wav: no such file\ntympan: ${text}: not an audio file (expected WAV or FLAC)\n`,
    );
    assert.match(stdout, /happy\.wav +happy/);
    assert.match(stdout, / in 1 file, /);
    const lines = tympan('detect', '--json', 'nowhere.wav', HAPPY).stdout.trimEnd().split('\n');
    assert.deepEqual(JSON.parse(lines[0]), { file: 'nowhere.wav', error: 'nowhere.wav: no such file' });
    assert.equal(JSON.parse(lines[1]).file, HAPPY);
  });

  const broken: [what: string, bytes: string | Buffer, message: RegExp][] = [
    ['empty.wav', '', /the file is empty/],
    ['text.wav', 'hello', /not an audio file/],
    ['onnx.wav', readFileSync(MODEL).subarray(0, 1000), /not an audio file/],
    ['cut.wav', readFileSync(HAPPY).subarray(0, 5000), /truncated/],
    ['header.wav', readFileSync(HAPPY).subarray(0, 20), /truncated/],
  ];
  for (const [name, bytes, message] of broken) {
    it(`refuses ${name}`, () => {
      refused(tympan('detect', write(name, bytes)), message);
      refused(tympan('features', write(name, bytes)), message);
    });
  }

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, ['dist/cli/index.js', 'detect', '--json', ...Array(20).fill(HAPPY)]);
    let complaint = '';
    child.stderr.on('data', (text) => (complaint += text));
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(complaint, '');
    assert.equal(status, 0);
  });

  it('does not forget a failure when nobody reads on', async () => {
    const child = spawn(process.execPath, [
      'dist/cli/index.js',
      'detect',
      '--json',
      'nowhere.wav',
      ...Array(20).fill(HAPPY),
    ]);
    child.stderr.resume();
    child.stdout.once('data', () => child.stdout.destroy());
    assert.equal(await new Promise((resolve) => child.on('close', resolve)), 2);
  });

  it('goes on when nobody reads its complaints', async () => {
    const child = spawn(process.execPath, [
      'dist/cli/index.js',
      'detect',
      '--json',
      'nowhere.wav',
      'nowhere.wav',
      HAPPY,
    ]);
    child.stderr.destroy();
    let stdout = '';
    child.stdout.on('data', (text) => (stdout += text));
    assert.equal(await new Promise((resolve) => child.on('close', resolve)), 2);
    assert.equal(stdout.trimEnd().split('\n').length, 3);
  });
});

describe('tympan inspect', () => {
  const fixture = (name: string) => `test/fixtures/onnx/${name}.onnx`;
  const inspect = (...args: string[]): string => {
    const { status, stdout, stderr } = tympan('inspect', ...args);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.ok(stdout.split('\n').every((line) => line === line.trimEnd()));
    return stdout;
  };

  it('draws the graph: what reads what, and what it costs', () => {
    const stdout = inspect(MODEL);
    const drawn = [
      /^features +\[batch, time, 20\] +input$/m,
      /^posterior +\[batch, time, 1\] +output, along time, made by 9$/m,
      /^1 +convolution +features +\[1, 48, time\] +4,848 +2,400 .*\/Conv$/m,
      /^5 +gru +4 +\[time, 1, 1, 80\] +35,040 +8,640 .*recurrent\/GRU$/m,
      /^6 +gru +5 +\[time, 1, 1, 80\] +38,880 +9,600 /m,
      /^9 +sigmoid +8 +\[1, time, 1\] +\/Sigmoid$/m,
      /^15 more cost nothing: /m,
      /^streaming +stateful: frame by frame/m,
      /^costs +94,273 parameters, 24,500 multiply-adds a frame, all in kernels$/m,
      /^8 bits +93,120 parameters, which keep the file's scales$/m,
    ];
    for (const line of drawn) assert.match(stdout, line);
    assert.doesNotMatch(stdout, /^warning/m);
    assert.match(inspect(MODEL, '--all'), /^24 +sigmoid +23 /m);
  });

  it('shows what is carried, given once, and made from how much', () => {
    assert.match(
      inspect(fixture('torchscript-hidden-three-layers-states')),
      /^x +\[batch, time, 8\] +input\nh0 +\[3, batch, 10\] +input, once a sequence\ny +\[batch, 3\] +output, newest frame, made by \d+\nhn /m,
    );
    const attention = inspect(fixture('torchscript-attention'));
    assert.match(attention, /^ ?\d+ +gru +\d+ +\[time, 2, 1, 6\] +whole +kernels /m);
    assert.match(attention, /windowed: .*\n.*because gru "\/1\/cell\/GRU": its direction/);
  });

  it('shows another way of streaming when asked', () => {
    const windowed = inspect(MODEL, '--window-frames', '50', '--hop-frames', '5');
    assert.match(windowed, /^streaming +windowed: the newest 50 frames from the initial state, every 5$/m);
    // Convolutions of 25 and 12 outputs and 12 steps of the cells, at every fifth frame.
    assert.match(windowed.replace(/\n +/g, ' '), /1,180,800 multiply-adds a window, 236,160 multiply-adds a frame/);
  });

  it('warns of a front end that does not fit, and of sizes that a stream does not have', () => {
    const wide = withMetadata('wide.onnx', 'dynamo-frames.onnx', {
      'tympan.frontend': { version: 1, preset: 'mfcc', numCoefficients: 7 },
      'tympan.labels': { version: 1, names: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
    });
    const text = inspect(wide).replace(/\n +/g, ' ');
    assert.match(text, /^warning +front end: makes 7 features a frame, the model takes 13 /m);
    assert.match(text, /^warning +labels: got 7 names, expected 1/m);
    refused(tympan('detect', HAPPY, '--model', wide), /wide\.onnx: front end: makes 7 features a frame/);
  });

  it('fits 80 columns, whatever the number of inputs and outputs and the length of names and warnings', () => {
    const names = [
      ...['dynamo-bare', 'forged-two-heads', 'forged-reset-after-pytorch', 'dynamo-self-attention', 'dynamo-tcn'],
      ...['torchscript-gru-layers-bidirectional-time-first-states', 'dynamo-multi-head', 'torchscript-crnn-image'],
    ];
    for (const name of names) {
      for (const line of inspect(fixture(name)).split('\n').slice(1)) assert.ok(line.length <= 80, `${name}: ${line}`);
    }
  });

  it('gives the summary of the model as JSON', async () => {
    const model = await loadModel(MODEL);
    assert.deepEqual(
      JSON.parse(tympan('inspect', MODEL, '--json').stdout),
      JSON.parse(JSON.stringify(model.summary())),
    );
    const f32 = JSON.parse(tympan('inspect', MODEL, '--json', '--precision', 'f32').stdout);
    assert.equal(f32.precision, 'f32');
  });
});

describe('tympan features', () => {
  it('prints the features of the library', async () => {
    const model = await loadModel(MODEL);
    const { samples } = await readAudio(HAPPY);
    const { frames, coefficients, data } = model.features(samples);
    const printed = JSON.parse(tympan('features', HAPPY, '--json').stdout);
    assert.equal(printed.file, HAPPY);
    assert.equal(printed.frames, frames);
    assert.equal(printed.coefficients, coefficients);
    assert.deepEqual(Float32Array.from(printed.features.flat()), data);
  });

  it('summarizes them for people', () => {
    const { status, stdout } = tympan('features', HAPPY);
    assert.equal(status, 0);
    assert.match(stdout, /^models\/samples\/happy\.wav  [\d,]+ frames of \d+ coefficients, [\d.]+ s of audio\n/);
  });
});
