import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MicrophoneError } from '#dist/node/index.js';
import { PcmStream } from '#dist/node/pcm-stream.js';
import { samplesToPcm } from './pcm.js';
import { property } from './support.js';

const SAMPLES = Int16Array.from({ length: 500 }, (_, i) => (i * 7919) % 65536);

interface Header {
  magic?: string;
  form?: string;
  tag?: number;
  channels?: number;
  sampleRate?: number;
  bits?: number;
  /** Of the data chunk: endless unless told. */
  size?: number;
  /** Chunks before the format and after it. */
  before?: readonly Buffer[];
  between?: readonly Buffer[];
  /** The format chunk's bytes; 40 for an extensible one. */
  format?: number;
}

function chunk(id: string, content: Uint8Array, size = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length & 1)]);
}

function wav(header: Header = {}): Buffer {
  const { magic = 'RIFF', form = 'WAVE', tag = 1, channels = 1, sampleRate = 16000, bits = 16, format = 16 } = header;
  const { size = 2 ** 32 - 1, before = [], between = [] } = header;
  const fmt = Buffer.alloc(format);
  fmt.writeUInt16LE(tag, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(sampleRate, 4);
  fmt.writeUInt16LE(bits, 14);
  if (format > 24) fmt.writeUInt16LE(1, 24); // the extensible format's own tag: PCM
  const riff = Buffer.from(`${magic}\xff\xff\xff\xff${form}`, 'latin1');
  return Buffer.concat([riff, ...before, chunk('fmt ', fmt), ...between, chunk('data', Buffer.alloc(0), size)]);
}

/** What comes out of the stream when it is cut at these places. */
function read(bytes: Buffer, cuts: readonly number[] = [], sampleRate = 16000): number[] {
  const stream = new PcmStream(sampleRate, 'fake');
  const heard: number[] = [];
  const places = [0, ...cuts, bytes.length].sort((a, b) => a - b);
  for (let i = 1; i < places.length; i++) {
    const pooled = Buffer.from(bytes.subarray(places[i - 1], places[i]));
    heard.push(...stream.read(pooled));
    pooled.fill(0x55); // as a pool does that reuses its memory
  }
  return heard;
}

const pcm = samplesToPcm(SAMPLES);
const LIST = chunk('LIST', Buffer.from('INFOabc'));
const streams: readonly (readonly [string, Buffer])[] = [
  ['raw samples', pcm],
  ['WAV with the greatest size', Buffer.concat([wav(), pcm])],
  ['WAV of size 0', Buffer.concat([wav({ size: 0 }), pcm])],
  ['WAV of 2^31 − 1', Buffer.concat([wav({ size: 2 ** 31 - 1 }), pcm])],
  ["WAV of SoX's size", Buffer.concat([wav({ size: 0x7ffff000 }), pcm])],
  ['RF64', Buffer.concat([wav({ magic: 'RF64', before: [chunk('ds64', Buffer.alloc(28))] }), pcm])],
  ['an extensible format', Buffer.concat([wav({ tag: 0xfffe, format: 40 }), pcm])],
  ['chunks on both sides of the format', Buffer.concat([wav({ before: [LIST], between: [LIST, LIST] }), pcm])],
  ['a true size and a chunk after the samples', Buffer.concat([wav({ size: pcm.length }), pcm, LIST])],
  [
    'two WAV files, one after the other',
    Buffer.concat([wav({ size: 600 }), pcm.subarray(0, 600), LIST, wav({ between: [LIST] }), pcm.subarray(600)]),
  ],
];

describe("a recorder's stream", () => {
  for (const [name, bytes] of streams) {
    it(`${name}: every sample and nothing else, wherever it is cut`, () => {
      assert.deepEqual(read(bytes), [...SAMPLES]);
      const everywhere = Array.from({ length: bytes.length }, (_, i) => i);
      assert.deepEqual(read(bytes, everywhere), [...SAMPLES]);
      const cuts = fc.array(fc.nat(bytes.length), { maxLength: 12 });
      fc.assert(
        fc.property(cuts, (places) => assert.deepEqual(read(bytes, places), [...SAMPLES])),
        property as fc.Parameters<[number[]]>,
      );
    });
  }

  it('takes samples that look like the beginning of a header for samples', () => {
    for (const text of ['RIFFabcdWAVX', 'RI', 'RIxx', 'R', '.sndzzzz....', 'RIFXabcdefgh']) {
      const even = Buffer.from(text.length % 2 ? `${text}z` : text, 'latin1');
      const bytes = Buffer.concat([even, Buffer.from([1, 0, 2, 0])]);
      const heard = read(Buffer.concat([bytes, pcm]));
      assert.equal(heard.length, bytes.length / 2 + SAMPLES.length, text);
      assert.deepEqual(heard.slice(0, even.length / 2), [...new Int16Array(new Uint8Array(even).buffer)], text);
    }
  });

  const expected = 'expected raw samples or WAV, 16000 Hz, mono, 16-bit little-endian PCM';
  const refusals: readonly (readonly [string, Buffer, string])[] = [
    ['another rate', wav({ sampleRate: 48000 }), 'a WAV stream of 48000 Hz, 1 channel, 16-bit PCM'],
    ['stereo', wav({ channels: 2 }), 'a WAV stream of 16000 Hz, 2 channels, 16-bit PCM'],
    ['24 bits', wav({ bits: 24 }), 'a WAV stream of 16000 Hz, 1 channel, 24-bit PCM'],
    ['float', wav({ tag: 3, bits: 32 }), 'a WAV stream of 16000 Hz, 1 channel, 32-bit format 0x0003'],
    [
      'a format cut short',
      wav({ format: 16 }).fill('\x08\0\0\0', 16, 20, 'latin1'),
      'a WAV stream with a format chunk cut short',
    ],
    ['no format', Buffer.concat([wav().subarray(0, 12), chunk('data', pcm)]), 'a WAV stream without a format chunk'],
    ['a huge chunk', wav({ before: [chunk('LIST', Buffer.alloc(0), 2 ** 30)] }), 'a broken WAV stream'],
    ['big-endian WAV', wav({ magic: 'RIFX' }), 'a big-endian WAV stream'],
    ['AU', Buffer.from('.snd\0\0\0\x18\xff\xff\xff\xff\0\0\0\x03', 'latin1'), 'an AU stream'],
    ['noise after a true size', Buffer.concat([wav({ size: 4 }), pcm.subarray(0, 40)]), 'a broken WAV stream'],
  ];
  for (const [name, bytes, got] of refusals) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => read(bytes),
        (error: unknown) => {
          assert.ok(error instanceof MicrophoneError);
          assert.equal(error.reason, 'wrong-format');
          assert.equal(error.message, `fake delivers ${got}; ${expected}`);
          return true;
        },
      );
    });
  }
});
