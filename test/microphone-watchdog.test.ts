/** When a recorder counts as hanging, to the millisecond. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { Watchdog } from '#dist/node/watchdog.js';

const GRACE = 250; // ms

describe('the watchdog', () => {
  let now = 0; // ms
  let hangs: number[] = [];

  beforeEach(() => {
    now = 0;
    hangs = [];
    mock.timers.enable({ apis: ['setTimeout'] });
    mock.method(performance, 'now', () => now);
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  const watch = (timeout: number) => new Watchdog(timeout, () => hangs.push(now));

  function pass(milliseconds: number): void {
    for (let i = 0; i < milliseconds; i++) {
      now++;
      mock.timers.tick(1);
    }
  }

  it('counts from the last food, not from when it looked', () => {
    const watchdog = watch(10000);
    pass(100);
    watchdog.feed();
    pass(30000);
    assert.deepEqual(hangs, [100 + 10000 + GRACE]);
  });

  it('counts from the start where nothing ever comes, and tells once', () => {
    watch(1000);
    pass(5000);
    assert.deepEqual(hangs, [1000 + GRACE]);
  });

  it('is content while it is fed, however late in its time', () => {
    const watchdog = watch(1000);
    for (let i = 0; i < 20; i++) {
      pass(999);
      watchdog.feed();
    }
    assert.deepEqual(hangs, []);
    watchdog.stop();
    pass(5000);
    assert.deepEqual(hangs, []);
  });

  it('takes what comes within its grace, as after a program was busy, and counts from there', () => {
    const watchdog = watch(1000);
    pass(1000 + GRACE - 10);
    watchdog.feed();
    pass(5000);
    assert.deepEqual(hangs, [1000 + GRACE - 10 + 1000 + GRACE]);
  });

  it('waits for ever where it is told to', () => {
    watch(Infinity);
    pass(20000);
    assert.deepEqual(hangs, []);
  });
});
