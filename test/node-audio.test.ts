import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, describe, it } from 'node:test';
import { AudioError } from '#dist/index.js';
import { readAudio } from '#dist/node/index.js';

const folder = mkdtempSync(join(tmpdir(), 'tympan-audio-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function chunk(id: string, body: Uint8Array, size = body.length): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, 'latin1');
  header.writeUInt32LE(size, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length & 1)]);
}

interface Wav {
  tag?: number;
  channels?: number;
  sampleRate?: number;
  bits?: number;
  data: Uint8Array;
  /** The length that the data chunk announces. */
  announced?: number;
  extensible?: boolean;
  /** Bytes of a sample of every channel; announced, not written. */
  align?: number;
  /** The length that the file announces. */
  riff?: number;
  before?: Uint8Array[];
  after?: Uint8Array[];
}

function wav({
  tag = 1,
  channels = 1,
  sampleRate = 16000,
  bits = 16,
  data,
  announced,
  extensible,
  align,
  riff,
  before = [],
  after = [],
}: Wav): Buffer {
  const format = Buffer.alloc(extensible ? 40 : 16);
  const frameBytes = (channels * bits) / 8;
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE(sampleRate * frameBytes, 8);
  format.writeUInt16LE(align ?? frameBytes, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(tag, 24);
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(format, 26);
  }
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', format),
    ...before,
    chunk('data', data, announced),
    ...after,
  ]);
  return chunk('RIFF', body, riff);
}

/** Integers of `bits` bits, little-endian; 8 bits are unsigned in WAV. */
function integers(values: readonly number[], bits: number): Buffer {
  const bytes = Buffer.alloc((values.length * bits) / 8);
  values.forEach((value, i) => {
    if (bits === 8) bytes.writeUInt8(value + 128, i);
    else bytes.writeIntLE(value, (i * bits) / 8, bits / 8);
  });
  return bytes;
}

function tone(length: number, sampleRate: number, frequency: number, amplitude: number): number[] {
  return Array.from(
    { length },
    (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate)) + 0,
  ); // + 0: no −0
}

/** Every 16-bit sample there is. */
const ALL_16_BIT = Array.from({ length: 65536 }, (_, i) => i - 32768);

describe('readAudio: WAV', () => {
  it('takes every 16-bit sample as n / 32768', async () => {
    const audio = await readAudio(write('all.wav', wav({ data: integers(ALL_16_BIT, 16) })));
    assert.deepEqual(
      audio.samples,
      Float32Array.from(ALL_16_BIT, (n) => n / 32768),
    );
    assert.equal(audio.sampleRate, 16000);
    assert.equal(audio.duration, 65536 / 16000);
    assert.deepEqual(audio.original, {
      format: 'wav',
      encoding: 'pcm',
      bitsPerSample: 16,
      sampleRate: 16000,
      channels: 1,
    });
  });

  it('takes a file URL', async () => {
    const audio = await readAudio(pathToFileURL(write('a b.wav', wav({ data: integers([1, 2], 16) }))));
    assert.equal(audio.samples.length, 2);
  });

  for (const bits of [8, 24, 32]) {
    it(`takes ${bits}-bit samples as n / 2^${bits - 1}`, async () => {
      const scale = 2 ** (bits - 1);
      const values = [
        0,
        1,
        -1,
        2,
        -2,
        77,
        -77,
        Math.round(scale / 3),
        -Math.round(scale / 3),
        scale - 1,
        1 - scale,
        -scale,
      ];
      const audio = await readAudio(write(`${bits}.wav`, wav({ bits, data: integers(values, bits) })));
      assert.deepEqual(
        audio.samples,
        Float32Array.from(values, (n) => n / scale),
      );
    });
  }

  for (const bits of [32, 64]) {
    it(`takes ${bits}-bit floats as they are, at any offset in the file`, async () => {
      const values = [0, 0.1, -0.25, 1, -1, 1.5];
      const typed = bits === 32 ? Float32Array.from(values) : Float64Array.from(values);
      const audio = await readAudio(
        write(
          `f${bits}.wav`,
          wav({ tag: 3, bits, data: new Uint8Array(typed.buffer), before: [chunk('LIST', Buffer.alloc(13))] }),
        ),
      );
      assert.deepEqual(audio.samples, Float32Array.from(values));
    });
  }

  it('expands A-law and µ-law as ITU-T G.711 does', async () => {
    // 0xd5 and 0x55 are A-law's ±8/32768 steps around zero, 0xaa its greatest; 0xff and 0x00 µ-law's zero and least.
    const a = await readAudio(write('a.wav', wav({ tag: 6, bits: 8, data: Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a) })));
    assert.deepEqual(
      Array.from(a.samples, (x) => x * 32768),
      [8, -8, 32256, -32256],
    );
    assert.equal(a.original.encoding, 'a-law');
    const mu = await readAudio(write('mu.wav', wav({ tag: 7, bits: 8, data: Uint8Array.of(0xff, 0x80, 0x00) })));
    assert.deepEqual(
      Array.from(mu.samples, (x) => x * 32768),
      [0, 32124, -32124],
    );
  });

  it('looks through WAVE_FORMAT_EXTENSIBLE', async () => {
    const audio = await readAudio(write('ext.wav', wav({ extensible: true, bits: 24, data: integers([4194304], 24) })));
    assert.deepEqual(audio.samples, Float32Array.of(0.5));
  });

  it('mixes channels to their mean', async () => {
    const data = integers([100, 300, -32768, 32767, 5, -5], 16);
    const audio = await readAudio(write('stereo.wav', wav({ channels: 2, data })));
    assert.deepEqual(
      Array.from(audio.samples, (x) => x * 32768),
      [200, -0.5, 0],
    );
    assert.equal(audio.original.channels, 2);
  });

  it('is not confused by other chunks, odd ones and repeated ones included', async () => {
    const info = chunk('LIST', Buffer.from('INFOISFT\x05\x00\x00\x00Lavf\x00'));
    const bytes = wav({
      data: integers([7, 8, 9], 16),
      before: [info, info, chunk('bext', Buffer.alloc(3))],
      after: [info],
    });
    const audio = await readAudio(write('chunks.wav', bytes));
    assert.deepEqual(
      Array.from(audio.samples, (x) => x * 32768),
      [7, 8, 9],
    );
  });

  it('reads a stream of unknown length to its end', async () => {
    for (const announced of [0x7fffffff, 0x80000000, 0xffffffff]) {
      const audio = await readAudio(write('pipe.wav', wav({ data: integers([7, 8, 9], 16), announced })));
      assert.equal(audio.samples.length, 3);
    }
  });

  it('reads what a recorder that was killed left behind: no length', async () => {
    for (const riff of [0, 36, 0xffffffff]) {
      const audio = await readAudio(write('killed.wav', wav({ data: integers([7, 8, 9], 16), announced: 0, riff })));
      assert.deepEqual(
        Array.from(audio.samples, (x) => x * 32768),
        [7, 8, 9],
      );
    }
  });

  it('does not take the chunks after no samples for samples', async () => {
    const bytes = wav({ data: Buffer.alloc(0), after: [chunk('LIST', Buffer.from('INFO'))] });
    for (const padding of [0, 1]) {
      const file = write('finished.wav', Buffer.concat([bytes, Buffer.alloc(padding)]));
      await assert.rejects(readAudio(file), { name: 'AudioError', message: /holds no samples$/ });
    }
  });

  it('reads a named pipe', { skip: process.platform === 'win32' }, async () => {
    const pipe = join(folder, 'pipe');
    const file = write('piped.wav', wav({ data: integers([7, 8, 9], 16) }));
    execFileSync('mkfifo', [pipe]);
    const [audio] = await Promise.all([
      readAudio(pipe),
      import('node:fs/promises').then((fs) => fs.writeFile(pipe, readFileSync(file))),
    ]);
    assert.equal(audio.samples.length, 3);
  });
});

describe('readAudio: FLAC', () => {
  // Made with flac 1.4.2, --best --no-padding, from the samples that are computed here.
  it('is exact', async () => {
    const audio = await readAudio('test/fixtures/audio/tone.flac');
    assert.deepEqual(
      audio.samples,
      Float32Array.from(tone(4000, 16000, 440, 12000), (n) => n / 32768),
    );
    assert.deepEqual(audio.original, {
      format: 'flac',
      encoding: 'pcm',
      bitsPerSample: 16,
      sampleRate: 16000,
      channels: 1,
    });
  });

  it('is exact in 24 bits and two channels', async () => {
    const audio = await readAudio('test/fixtures/audio/stereo-24bit-48k.flac', { sampleRate: 48000 });
    const left = tone(2400, 48000, 440, 4e6);
    assert.deepEqual(
      audio.samples,
      Float32Array.from(left, (n) => (n - Math.round(n / 2)) / 2 ** 24 + 0),
    );
  });

  it('keeps the last frame of digital silence', async () => {
    const { samples } = await readAudio('test/fixtures/audio/silence.flac');
    assert.equal(samples.length, 16000);
    assert.ok(samples.every((x) => x === 0));
  });

  it('gives the same in any order, at once, and after files that can’t be decoded', async () => {
    const names = ['tone', 'stereo-24bit-48k', 'silence', 'stereo-24bit-48k', 'tone', 'tone'];
    const cut = write('cut-between.flac', readFileSync('test/fixtures/audio/tone.flac').subarray(0, 1500));
    const read = (name: string) => readAudio(`test/fixtures/audio/${name}.flac`, { sampleRate: 16000 });
    const atOnce = await Promise.all(names.map(read));
    for (const [i, name] of names.entries()) {
      assert.deepEqual(await read(name), atOnce[i]);
      await assert.rejects(readAudio(cut), AudioError);
    }
    assert.deepEqual(atOnce[0], atOnce[5]);
  });

  it('goes by the content, not the name', async () => {
    const { original } = await readAudio(write('really-flac.wav', readFileSync('test/fixtures/audio/tone.flac')));
    assert.equal(original.format, 'flac');
  });
});

describe('readAudio: resampling', () => {
  for (const rate of [8000, 11025, 22050, 44100, 48000, 96000]) {
    it(`keeps a tone of ${rate} Hz`, async () => {
      const seconds = 0.6;
      const data = new Uint8Array(Float32Array.from(tone(rate * seconds, rate, 440, 1e6), (n) => n / 2e6).buffer);
      const { samples, duration, original } = await readAudio(
        write(`${rate}.wav`, wav({ tag: 3, bits: 32, sampleRate: rate, data })),
      );
      assert.equal(samples.length, 16000 * seconds);
      assert.equal(duration, seconds);
      assert.equal(original.sampleRate, rate);
      // Away from the ends, where the filter sees the silence around the clip.
      for (let i = 800; i < samples.length - 800; i++)
        assert.ok(Math.abs(samples[i] - 0.5 * Math.sin((2 * Math.PI * 440 * i) / 16000)) < 3e-5, `sample ${i}`);
    });
  }

  it('removes what a lower rate can not carry', async () => {
    const data = integers(tone(22050, 44100, 12000, 16000), 16);
    const { samples } = await readAudio(write('high.wav', wav({ sampleRate: 44100, data })));
    assert.ok(samples.subarray(800, -800).every((x) => Math.abs(x) < 1e-4));
  });

  it('keeps short clips and long ones whole', async () => {
    for (const length of [1, 10, 441, 100_000]) {
      const { samples } = await readAudio(write('clip.wav', wav({ sampleRate: 8000, data: Buffer.alloc(2 * length) })));
      assert.equal(samples.length, 2 * length);
    }
  });

  it('refuses rates that make no sense', async () => {
    const path = write('r.wav', wav({ data: integers([1], 16) }));
    for (const sampleRate of [0, -1, NaN, 16000.5, 1e6])
      await assert.rejects(readAudio(path, { sampleRate }), RangeError);
    await assert.rejects(readAudio(path, { sampleRate: '16000' as unknown as number }), TypeError);
  });
});

describe('readAudio refuses', () => {
  const tone16 = integers(tone(1000, 16000, 440, 12000), 16);
  const flac = readFileSync('test/fixtures/audio/tone.flac');
  const damaged = Buffer.from(flac);
  damaged[flac.length >> 1] ^= 0xff;

  const ambisonic = wav({ extensible: true, data: tone16 });
  Buffer.from('010000002107d3118644c8c1ca000000', 'hex').copy(ambisonic, 20 + 24); // SUBTYPE_AMBISONIC_B_FORMAT_PCM

  const cases: [what: string, path: () => string, message: RegExp][] = [
    ['no such file', () => join(folder, 'nowhere.wav'), /no such file$/],
    ['a folder', () => folder, /is a directory/],
    ['an empty file', () => write('empty.wav', Buffer.alloc(0)), /the file is empty$/],
    ['text', () => write('text.wav', Buffer.from('hello, world')), /not an audio file \(expected WAV or FLAC\)$/],
    [
      'an MP3',
      () => write('song.wav', Buffer.from('ID3\x04\x00', 'latin1')),
      /MP3 files are not supported; convert it/,
    ],
    ['an Ogg', () => write('song.ogg', Buffer.from('OggS')), /Ogg files are not supported/],
    ['a WAV without samples', () => write('none.wav', wav({ data: Buffer.alloc(0) })), /holds no samples$/],
    ['a WAV of one byte of a sample', () => write('one.wav', wav({ data: Buffer.alloc(1) })), /holds no samples$/],
    [
      'a WAV cut in its samples',
      () => write('cut.wav', wav({ data: tone16 }).subarray(0, 1000)),
      /truncated: 956 of 2000 bytes/,
    ],
    ['a WAV cut in its header', () => write('cut2.wav', wav({ data: tone16 }).subarray(0, 30)), /truncated/],
    [
      'ADPCM',
      () => write('adpcm.wav', wav({ tag: 0x11, bits: 4, data: tone16 })),
      /encoding IMA ADPCM is not supported/,
    ],
    ['an unknown tag', () => write('tag.wav', wav({ tag: 0x1234, data: tone16 })), /tag 0x1234 is not supported/],
    [
      '12-bit PCM',
      () => write('12.wav', wav({ bits: 12, data: tone16 })),
      /12-bit pcm is not supported; expected 8, 16, 24, 32/,
    ],
    [
      '24 bits in 4 bytes',
      () => write('24in32.wav', wav({ bits: 24, channels: 2, align: 8, data: tone16 })),
      /24-bit samples of 2 channels in blocks of 8 bytes are not supported; expected 6 bytes; convert it/,
    ],
    ['blocks of nothing', () => write('0.wav', wav({ align: 0, data: tone16 })), /in blocks of 0 bytes/],
    [
      'a sub-format without a tag',
      () => write('guid.wav', ambisonic),
      /the WAV sub-format 010000002107d3118644c8c1ca000000 is not supported/,
    ],
    [
      'an extensible format without a sub-format',
      () => write('ext.wav', wav({ tag: 0xfffe, data: tone16 })),
      /extensible WAV format chunk has 16 of 40 bytes/,
    ],
    [
      'a rate with too many phases',
      () => write('44101.wav', wav({ sampleRate: 190001, data: tone16 })),
      /resampling 190001 to 16000 Hz takes \d+ taps, 16000 phases; at most/,
    ],
    ['no channels', () => write('c.wav', wav({ channels: 0, data: tone16 })), /0 channels/],
    [
      'NaN',
      () => write('nan.wav', wav({ tag: 3, bits: 32, data: new Uint8Array(Float32Array.of(0, NaN).buffer) })),
      /not finite/,
    ],
    [
      'an unheard-of rate',
      () => write('hz.wav', wav({ sampleRate: 400000, data: tone16 })),
      /can't resample 400000 Hz/,
    ],
    [
      'a FLAC cut in its samples',
      () => write('cut.flac', flac.subarray(0, 1500)),
      /truncated or damaged: \d+ of 4000 samples/,
    ],
    ['a FLAC cut in its header', () => write('cut2.flac', flac.subarray(0, 30)), /truncated/],
    ['a damaged FLAC', () => write('bad.flac', damaged), /truncated or damaged: \d+ of 4000 samples/],
    ['a device', () => '/dev/zero', /is a device/],
  ];
  for (const [what, path, message] of cases) {
    it(what, { skip: what === 'a device' && process.platform === 'win32' }, async () => {
      const file = path();
      await assert.rejects(readAudio(file), (error: Error) => {
        assert.ok(error instanceof AudioError, String(error.stack));
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`${file}: `), error.message);
        assert.ok(!error.message.includes('\n'));
        return true;
      });
    });
  }

  it('what is no path', async () => {
    await assert.rejects(readAudio(undefined as unknown as string), {
      name: 'TypeError',
      message: /path: got undefined/,
    });
    await assert.rejects(readAudio(''), { name: 'RangeError', message: /path: got ""/ });
  });

  it('or reads every beginning of a WAV and a FLAC, and never anything but an AudioError', async () => {
    for (const whole of [wav({ data: tone16.subarray(0, 60), before: [chunk('LIST', Buffer.from('INFO'))] }), flac]) {
      for (let length = 0; length < whole.length; length += whole.length > 200 ? 97 : 1) {
        await assert.rejects(readAudio(write('part', whole.subarray(0, length))), AudioError);
      }
    }
  });
});
