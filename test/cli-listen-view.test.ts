/** What `tympan listen` shows a person: the block of bars, and how it stands on a terminal. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { drawBlock, type KeywordRow, type LiveState, type Size } from '#dist/cli/live-block.js';
import { FLOOR, LevelMeter } from '#dist/cli/meter-level.js';
import { drawBar, type Brush, type Style } from '#dist/cli/meter-bar.js';
import { KeywordMeter } from '#dist/cli/meter-keyword.js';
import { keepStart, padEnd, widthOf } from '#dist/cli/text-width.js';
import type { Detector } from '#dist/index.js';
import { fake, hideRecorders } from './fake-recorder.js';
import { CLI, PLAYING } from './listening.js';
import { isInstalled, missing } from './sound-server.js';

const PLAIN: Brush = { paint: (_, text) => text, hasUnicode: true };
const ASCII: Brush = { paint: (_, text) => text, hasUnicode: false };
/** Shows which style each run has. */
const TAGGED: Brush = { paint: (style, text) => `<${style} ${text}>`, hasUnicode: false };

function keyword(name: string, posterior = 0, threshold = 0.5, hasJustFired = false): KeywordRow {
  return { name, posterior, threshold, hasJustFired };
}

function stateOf(keywords: readonly KeywordRow[], changes: Partial<LiveState> = {}): LiveState {
  const level = { level: -30, peak: -12, isClipping: false, isSilent: false };
  return { heard: 75, lost: 0, level, keywords, ...changes };
}

const size = (columns: number, rows = 24): Size => ({ columns, rows });

describe('the block of listen', () => {
  it('has a row of the level and one a keyword, thresholds marked', () => {
    assert.deepEqual(drawBlock(stateOf([keyword('happy', 0.75, 0.5), keyword('stop', 0.25, 0.9)]), size(40), ASCII), [
      '',
      '1:15  [###########......|....]  -30 dB',
      'happy [###########+####......]  0.75',
      'stop  [#####..............|..]  0.25',
    ]);
    assert.deepEqual(drawBlock(stateOf([keyword('happy', 0.75, 0.5)]), size(40), PLAIN), [
      '',
      '1:15  ▕███████████      │    ▏  −30 dB',
      'happy ▕███████████┃████▌     ▏  0.75',
    ]);
  });

  it('is green from the threshold on, and shows for a while what was heard', () => {
    const drawn = drawBlock(stateOf([keyword('a', 0.5, 0.5), keyword('b', 0.49, 0.5, true)]), size(70), TAGGED);
    assert.match(drawn[2], /^<bold a +> <dim \[><green #+><dim \]>|<green #+>/);
    assert.match(drawn[2], /<green #+>/);
    assert.match(drawn[3], /^<green b +> .*<yellow #+>.* {2}<green heard>$/);
  });

  it('says what is wrong with the level', () => {
    const level = { level: -1, peak: 0, isClipping: true, isSilent: false };
    assert.match(drawBlock(stateOf([], { level }), size(80), ASCII)[1], / {2}-1 dB {3}clipping$/);
    assert.match(drawBlock(stateOf([], { level }), size(80), TAGGED)[1], /<green #+><yellow #+><red #+>/);
    assert.match(drawBlock(stateOf([], { level }), size(40), ASCII)[1], /\] clipping$/);
    const silent = { level: FLOOR, peak: FLOOR, isClipping: false, isSilent: true };
    assert.match(drawBlock(stateOf([], { level: silent }), size(80), ASCII)[1], / {2}-60 dB {2}silence$/);
    assert.match(drawBlock(stateOf([], { lost: 12.34 }), size(80), ASCII)[1], /12\.3 s lost$/);
    const notice = drawBlock(stateOf([], { notice: 'no microphone, try 3: it is gone' }), size(30), ASCII)[1];
    assert.equal(notice, '1:15  no microphone, try 3: …'.slice(0, 29));
  });

  it('fits every terminal, whatever it shows', () => {
    const names = [
      'happy',
      'こんにちは世界こんにちは世界',
      'a-very-long-keyword-of-somebody',
      'é',
      '👍 ok',
      ...'abcdefghijklmn',
    ];
    const states = [
      stateOf(
        names.map((name, i) => keyword(name, i / names.length, 0.5, i % 3 === 0)),
        { heard: 123456, lost: 3 },
      ),
      stateOf([keyword('happy')], { notice: 'x'.repeat(300) }),
      stateOf([keyword('happy', 1, 1, true)], { level: { level: 0, peak: 0, isClipping: true, isSilent: true } }),
      stateOf([keyword('happy', NaN, 0)], { level: { level: -200, peak: 7, isClipping: false, isSilent: true } }),
    ];
    for (const state of states)
      for (const brush of [PLAIN, ASCII])
        for (let columns = 1; columns <= 140; columns++)
          for (const rows of [1, 2, 3, 4, 5, 8, 24]) {
            const lines = drawBlock(state, size(columns, rows), brush);
            assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
            for (const line of lines) assert.ok(widthOf(line) < Math.max(2, columns), `"${line}" in ${columns}`);
          }
  });

  it('shows the likeliest of many keywords, in the order in which all stand', () => {
    const many = Array.from({ length: 30 }, (_, i) => keyword(`word${i}`, i === 20 ? 0.9 : i === 3 ? 0.8 : 0.1));
    const lines = drawBlock(stateOf(many), size(80, 8), ASCII);
    assert.deepEqual(
      lines.slice(2).map((line) => line.split(' ')[0]),
      ['word0', 'word1', 'word3', 'word20', 'and'],
    );
    assert.equal(lines.at(-1), 'and 26 more');
  });
});

describe('a bar', () => {
  it('fills by eighths, and keeps its mark in sight', () => {
    const bar = (value: number, mark: number) => drawBar({ value, mark, styleAt: () => 'green' as Style }, 8, PLAIN);
    assert.equal(bar(0, 1), '▕       │▏');
    assert.equal(bar(0.5, 0), '▕┃███    ▏');
    assert.equal(bar(1 / 64, 0.5), '▕▏   │   ▏');
    assert.equal(bar(1, 0.5), '▕████┃███▏');
    assert.equal(bar(-3, 2), '▕       │▏');
  });
});

describe('the level', () => {
  const chunk = (value: number, seconds = 0.1) => new Int16Array(seconds * 16000).fill(value);

  it('is RMS below full scale; rises at once, falls slowly; a peak stays', () => {
    const meter = new LevelMeter(16000);
    const sine = Int16Array.from({ length: 1600 }, (_, i) => 16384 * Math.sin((2 * Math.PI * i) / 160));
    meter.hear(sine);
    assert.ok(Math.abs(meter.level - -9.03) < 0.01);
    assert.ok(Math.abs(meter.peak - -6.02) < 0.01);
    for (let i = 0; i < 10; i++) meter.hear(chunk(1));
    assert.ok(Math.abs(meter.level - -29.03) < 0.01, 'after a second');
    assert.ok(Math.abs(meter.peak - -6.02) < 0.01);
    for (let i = 0; i < 40; i++) meter.hear(chunk(1));
    assert.equal(meter.level, FLOOR);
    assert.equal(meter.peak, FLOOR);
  });

  it('knows clipping and digital silence', () => {
    const meter = new LevelMeter(16000);
    meter.hear(chunk(32766));
    assert.ok(!meter.isClipping);
    for (const loudest of [32767, -32768]) {
      meter.hear(Int16Array.of(0, loudest, 5));
      assert.ok(meter.isClipping);
      meter.hear(chunk(3, 2));
      assert.ok(!meter.isClipping);
    }
    meter.hear(chunk(0, 0.9));
    assert.ok(!meter.isSilent);
    meter.hear(chunk(0));
    assert.ok(meter.isSilent);
    meter.hear(new Int16Array(0));
    meter.hear(chunk(-1));
    assert.ok(!meter.isSilent);
  });
});

describe('the posterior', () => {
  it('is smoothed as the decision is, and falls to a half in a quarter of a second', () => {
    const settings = { keywords: { hey: { threshold: 0.7, smoothing: 40, refractory: 0 } } };
    const meter = new KeywordMeter('hey', 'hey', {
      labels: ['noise', 'hey'],
      settings,
      period: 0.01,
    } as unknown as Detector);
    for (const posterior of [0, 0, 0, 0, 1, 1]) meter.hear(Float32Array.of(0.9, posterior));
    assert.equal(meter.posterior, 0.5);
    for (const posterior of [1, 1]) meter.hear(Float32Array.of(0.9, posterior));
    assert.equal(meter.posterior, 1);
    for (let i = 0; i < 25; i++) meter.hear(Float32Array.of(0.9, 0));
    assert.ok(Math.abs(meter.posterior - 0.5) < 1e-9);
    assert.ok(!meter.hasJustFired);
    meter.fire();
    assert.ok(meter.hasJustFired);
  });
});

describe('the width of text', () => {
  it('is what terminals make of it', () => {
    for (const [text, width] of [
      ['happy', 5],
      ['こんにちは', 10],
      ['한국어', 6],
      ['e\u0301', 1],
      ['👍', 2],
      ['—▕█▏', 4],
      ['\u200bzero', 4],
    ] as const)
      assert.equal(widthOf(text), width, text);
    assert.equal(padEnd('世界', 6), '世界  ');
    assert.equal(keepStart('世界世界', 6), '世界…');
    assert.equal(keepStart('世界世界', 8), '世界世界');
    assert.equal(keepStart('happy', 0), '');
  });
});

const reason = process.platform === 'linux' ? missing('script', 'stty') : "script's parameters are those of util-linux";

describe('tympan listen at a terminal', { skip: reason }, () => {
  const path = process.env.PATH;
  hideRecorders();

  /** Runs it in a terminal of 60 columns and 12 rows, types once `isSo`, and returns all that was shown. */
  async function atTerminal(isSo: (shown: string) => boolean, keys: string, flags = '', env = {}): Promise<string> {
    assert.ok(!isInstalled('script'), 'PATH has nothing but fakes');
    const listen = `PATH='${process.env.PATH}' '${process.execPath}' '${CLI}' listen --recorder arecord ${flags}; echo "exit $?"`;
    const child = spawn('script', ['-qec', `trap : INT; stty cols 60 rows 12; ${listen}`, '/dev/null'], {
      env: { PATH: path, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', ...env },
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (let i = 0; !isSo(shown) && child.exitCode === null; i++) {
      if (i === 3000) throw new Error(`in vain: ${JSON.stringify(shown.slice(-2000))}`);
      await sleep(10);
    }
    child.stdin.write(keys);
    await ended;
    return shown;
  }

  const plain = (text: string) => text.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, '').replaceAll('\r', '');
  /** What was drawn in one go. */
  const blocks = (shown: string) => [...shown.matchAll(/\x1b\[\?2026h(.*?)\x1b\[\?2026l/gs)].map(([, block]) => block);
  const hasHeard = (shown: string) => shown.split(/\d\d:\d\d:\d\d {2}/).length > 2;

  it('draws level and posterior in place, detections above, and a summary at the end', async () => {
    fake('arecord', PLAYING);
    const shown = await atTerminal(hasHeard, '\x03');
    const drawn = blocks(shown);
    assert.ok(drawn.length > 5);
    for (const block of drawn) {
      assert.ok(plain(block).split('\n').length === 3);
      for (const line of plain(block).split('\n')) assert.ok(widthOf(line) < 60);
      assert.ok(block.endsWith('\x1b[J\r\x1b[2A'), 'the cursor is back at the upper left corner');
    }
    assert.match(plain(drawn[0]), /^\n0:00 {3}waiting for the microphone\nhappy ▕ +│ +▏ {2}0\.00$/);
    assert.match(plain(drawn.at(-1)!), /^\n\d:\d\d {2,}▕.*▏ {2}−\d+ dB.*\nhappy ▕.*▏ {2}\d\.\d\d/);
    assert.ok(shown.includes('\x1b[32mhappy'), 'in colour');
    assert.match(plain(shown), /^listening for happy; Ctrl-C ends\n/);
    assert.match(plain(shown), /\d detections in \d:\d\d\nexit 0\n$/);
    assert.ok(shown.lastIndexOf('\x1b[?25h') > shown.lastIndexOf('\x1b[?25l'), 'the cursor is shown again');
  });

  it('is without colours where they are not wanted, and in ASCII where the locale has no more', async () => {
    fake('arecord', PLAYING);
    const shown = await atTerminal((text) => blocks(text).length > 12, '\x03', '', { NO_COLOR: '1', LANG: 'C' });
    assert.doesNotMatch(shown, /\x1b\[[\d;]*m/);
    assert.match(plain(blocks(shown).at(-1)!), /\[[#.|+]{20,}\]/);
  });

  it('draws nothing on a terminal that can not, or for a program', async () => {
    fake('arecord', PLAYING);
    const dumb = await atTerminal(hasHeard, '\x03', '', { TERM: 'dumb' });
    assert.match(dumb, /^(\d\d:\d\d:\d\d {2}happy {2}[01]\.\d{3}\r\n)+(\^C)?exit 0\r\n$/);
    const json = await atTerminal((text) => text.includes('"keyword"'), '\x03', '--json');
    assert.doesNotMatch(json, /\x1b/);
  });

  it('lets a command print, and shows the rest again', async () => {
    fake('arecord', PLAYING);
    const shown = await atTerminal(hasHeard, '\x03', `--exec 'echo one; echo two; exit 3'`);
    const after = shown.slice(shown.indexOf('one\r\ntwo\r\n'));
    assert.match(plain(after), /^one\ntwo\ntympan: --exec: the command exited with 3; this is told once\n/);
    assert.ok(blocks(after).length > 1);
    const before = shown.slice(0, shown.indexOf('one\r\ntwo\r\n'));
    assert.ok(before.endsWith('\r\x1b[J'), 'the block made way');
  });

  it('shows that the microphone is gone', async () => {
    fake(
      'arecord',
      `process.stdout.write(Buffer.alloc(3200, 7)); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);`,
    );
    const shown = await atTerminal((text) => text.includes('no microphone, try'), '\x03');
    assert.match(plain(shown), /\n\d:\d\d {2,}no microphone, try \d: arecord was killed by SIGKILL/);
    assert.match(plain(shown), /\n?tympan: arecord was killed by SIGKILL[^\n]*; another try in 0\.5 s\n/);
    assert.match(plain(shown), /exit 0\n$/);
  });
});
