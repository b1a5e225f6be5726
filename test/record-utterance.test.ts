/** Which utterances `tympan record` finds in a stream, where it cuts them, and which it refuses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UtteranceFinder, type Refusal, type Utterance } from '#dist/cli/record-utterance.js';
import { RATE, wordsInARoom, type Burst } from './words-in-a-room.js';

const QUIET = -58; // dB
const WORD: Burst = { start: 2, duration: 0.6, level: -24 };

function find(samples: Int16Array, chunk = 640, finder = new UtteranceFinder(RATE)): (Utterance | Refusal)[] {
  const found: (Utterance | Refusal)[] = [];
  for (let at = 0; at < samples.length; at += chunk) found.push(...finder.push(samples.subarray(at, at + chunk)));
  return found;
}

function one(found: readonly (Utterance | Refusal)[]): Utterance {
  assert.equal(found.length, 1, JSON.stringify(found.map((each) => (typeof each === 'string' ? each : each.level))));
  assert.ok(typeof found[0] !== 'string', String(found[0]));
  return found[0];
}

function near(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, expected ${expected} within ${within}`);
}

describe('an utterance', () => {
  it('is cut from the stream with the word in the middle of 2 s', () => {
    const stream = wordsInARoom(5, QUIET, [WORD]);
    const { clip, start, duration, level } = one(find(stream));
    assert.equal(clip.length, 2 * RATE);
    near(duration, WORD.duration, 0.02);
    near(start, 0.7, 0.01);
    near(level, WORD.level, 0.5);
    const cut = Int16Array.from(clip, (sample) => sample * 32768).toString();
    const earliest = Math.round((WORD.start - start - 0.01) * RATE);
    const places = Array.from({ length: 0.02 * RATE }, (_, i) => earliest + i);
    assert.ok(places.some((at) => stream.subarray(at, at + 2 * RATE).toString() === cut));
  });

  it('is the same however the sound is cut', () => {
    const stream = wordsInARoom(9, QUIET, [WORD, { start: 5, duration: 0.4, level: -30 }]);
    const whole = find(stream, stream.length);
    assert.equal(whole.length, 2);
    for (const chunk of [1, 159, 4096]) assert.deepEqual(find(stream, chunk), whole);
  });

  it('has half a second of the room on both sides, however long it is', () => {
    const { clip, start, duration } = one(find(wordsInARoom(6, QUIET, [{ ...WORD, duration: 1.6 }])));
    near(duration, 1.6, 0.02);
    near(clip.length / RATE, 2.6, 0.02);
    near(start, 0.5, 0.01);
  });

  it('may have a pause inside, as two words have', () => {
    const bursts = [
      { start: 2, duration: 0.25, level: -24 },
      { start: 2.6, duration: 0.5, level: -20 },
    ];
    near(one(find(wordsInARoom(6, QUIET, bursts))).duration, 1.1, 0.02);
  });

  it('is not stretched by sounds that are far below it', () => {
    const household = Array.from({ length: 8 }, (_, i) => ({ start: 1.2 + 0.45 * i, duration: 0.1, level: -51 }));
    const found = find(wordsInARoom(7, QUIET, [WORD, ...household]));
    const { duration, start } = one(found.filter((each) => each !== 'quiet'));
    near(duration, WORD.duration, 0.02);
    near(start, 0.7, 0.02);
  });

  it('is found in what a cheap input makes of it: an offset and hum', () => {
    const stream = wordsInARoom(5, QUIET, [WORD]).map(
      (sample, i) => sample + 3000 + 1000 * Math.sin((2 * Math.PI * 50 * i) / RATE),
    );
    near(one(find(stream)).duration, WORD.duration, 0.03);
  });

  it('is found in a room as loud as 12 dB below it, and after a noise gate', () => {
    near(one(find(wordsInARoom(5, -36, [WORD]))).duration, WORD.duration, 0.05);
    near(one(find(wordsInARoom(5, -200, [WORD]))).duration, WORD.duration, 0.02);
  });
});

describe('what is no utterance', () => {
  const refused = (bursts: readonly Burst[], room = QUIET, seconds = 8) => find(wordsInARoom(seconds, room, bursts));

  it('too quiet: far from the microphone, or hardly above the room', () => {
    assert.deepEqual(refused([{ ...WORD, level: -47 }], -70), ['quiet']);
    assert.deepEqual(refused([{ ...WORD, level: -31 }], -38), ['quiet']);
  });

  it('clipped: its peaks are cut off', () => {
    assert.deepEqual(refused([{ ...WORD, level: -1 }]), ['clipped']);
  });

  it('too long: a sentence, and told once of what does not end', () => {
    assert.deepEqual(refused([{ ...WORD, duration: 2.5 }]), ['long']);
    assert.deepEqual(refused([{ ...WORD, duration: 9 }], QUIET, 14), ['long']);
  });

  it('a click, a room that is only just heard, and a room alone', () => {
    assert.deepEqual(refused([{ ...WORD, duration: 0.05 }]), []);
    assert.deepEqual(refused([{ start: 0.2, duration: 0.5, level: -24 }]), []);
    assert.deepEqual(refused([], -30, 20), []);
  });

  it('a fan that was switched on: it becomes the room, and a word above it is found', () => {
    const found = refused(
      [
        { start: 2, duration: 14, level: -44 },
        { start: 12, duration: 0.6, level: -22 },
      ],
      QUIET,
      16,
    );
    assert.equal(found[0], 'long');
    near(one(found.slice(1)).duration, 0.6, 0.02);
  });
});

describe('the finder', () => {
  it('says what it waits for', () => {
    const finder = new UtteranceFinder(RATE);
    const stream = wordsInARoom(5, QUIET, [WORD]);
    const states = Array.from({ length: 10 }, (_, i) => {
      finder.push(stream.subarray((i * RATE) / 2, ((i + 1) * RATE) / 2));
      return finder.state;
    });
    assert.deepEqual(states.slice(0, 7), ['room', 'waiting', 'waiting', 'waiting', 'speaking', 'speaking', 'waiting']);
  });

  it('joins nothing over a gap', () => {
    const finder = new UtteranceFinder(RATE);
    const stream = wordsInARoom(5, QUIET, [WORD]);
    assert.deepEqual(find(stream.subarray(0, 2.3 * RATE), 640, finder), []);
    finder.reset();
    assert.equal(finder.state, 'room');
    assert.deepEqual(find(stream.subarray(2.3 * RATE), 640, finder), []);
    near(one(find(stream, 640, finder)).duration, WORD.duration, 0.02);
  });
});
