import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { calibrate } from '#dist/evaluation/calibrate.js';
import type { Calibrated, Calibration, CalibrationOptions } from '#dist/evaluation/calibration.js';
import { evaluate } from '#dist/evaluation/evaluate.js';
import { eventsOf, smoothedOf, type KeywordSettings } from '#dist/evaluation/events.js';
import type { Heard } from '#dist/evaluation/heard.js';
import { hoursFor, proportionInterval, rateInterval, upperRate } from '#dist/evaluation/intervals.js';
import { score } from '#dist/evaluation/score.js';
import { logit } from '#dist/evaluation/sweep.js';
import { randomHeard } from './heard-streams.js';
import { property, uniform } from './support.js';

const PERIOD = 0.01; // s

/** Humps of the posterior: a second from `start` on at `height`, else 0.02. What is cut off would have been silent. */
function humps(
  duration: number,
  heights: readonly (readonly [start: number, height: number])[],
): Heard['answers'][number] {
  const a = new Float32Array(Math.round(duration / PERIOD)).fill(0.02);
  for (const [start, height] of heights) a.fill(height, Math.round(start / PERIOD), Math.round((start + 1) / PERIOD));
  return { snr: null, traces: [{ firstTime: PERIOD, period: PERIOD, posteriors: { a } }] };
}

function stream(
  kind: 'positives' | 'negatives',
  duration: number,
  starts: readonly number[],
  answers: readonly Heard['answers'][number][],
): Heard {
  return {
    plan: { set: { name: kind, kind }, index: 0, recordings: [] },
    duration,
    excerpts: [{ file: `${kind}.wav`, start: 0, duration }],
    utterances: starts.map((start) => ({ keyword: 'a', start, end: start + 1, wordEnd: start + 0.9 })),
    answers,
  };
}

const words = [2, 6, 10, 14];
/** Four words at 0.9, an hour with an alarm at 0.6 and one at 0.3. */
const clear = [
  stream('positives', 20, words, [
    humps(
      20,
      words.map((start) => [start + 0.2, 0.9] as const),
    ),
  ]),
  stream(
    'negatives',
    3600,
    [],
    [
      humps(300, [
        [100, 0.6],
        [200, 0.3],
      ]),
    ],
  ),
];

function met(calibration: Calibration): Calibrated {
  assert.ok(calibration.met, JSON.stringify(calibration));
  return calibration;
}

/** Counts and second events inside utterances of given settings, from their events. */
function countsOf(heard: readonly Heard[], settings: KeywordSettings, condition = 0) {
  let [misses, alarms, repeats] = [0, 0, 0];
  for (const { answers, utterances } of heard) {
    const own = utterances.filter(({ keyword }) => keyword === 'a');
    const scored = score(eventsOf((answers[condition] ?? answers[0]).traces[0], 'a', settings), own);
    misses += scored.hits.filter((hit) => hit === null).length;
    alarms += scored.alarms.length;
    repeats += scored.repeats;
  }
  return { misses, alarms, repeats };
}

test('the threshold stands in the middle, in logits, of those with fewest misses and then fewest alarms', () => {
  const result = met(calibrate(clear, 'a', { alarmsPerHour: 2 }));
  // From the alarm at 0.6 to the words at 0.9, without smoothing: logits 0.41 and 2.20.
  assert.deepEqual(result.settings, { threshold: 0.79, smoothing: 0, refractory: 250 });
  assert.equal(result.keyword, 'a');
  assert.ok(Math.abs(result.margin - (logit(Math.fround(0.9)) - logit(Math.fround(0.6)))) < 1e-9);
  const { hours } = result.point;
  assert.ok(Math.abs(hours - 3616 / 3600) < 1e-12);
  assert.deepEqual(result.point, { threshold: 0.79, utterances: 4, misses: 0, alarms: 0, hours });
  assert.deepEqual(result.conditions, [{ snr: null, ...result.point }]);
  assert.deepEqual(result.missInterval, proportionInterval(0, 4));
  assert.deepEqual(result.alarmInterval, rateInterval(0, hours));
  assert.ok(Math.abs(result.latency!.p50 - -690) < 1e-6, `${result.latency!.p50}`);
  assert.deepEqual(
    result.considered.map(({ settings }) => settings.smoothing),
    [0, 50, 100, 150, 200, 300],
  );
});

test('a promise takes hours: the upper bound of the rate has to meet the aim', () => {
  const short = met(calibrate(clear, 'a', { alarmsPerHour: 2 }));
  assert.equal(short.promised, false);
  assert.equal(short.hoursNeeded, hoursFor(2));
  const long = [clear[0], ...Array.from({ length: 4 }, () => clear[1])];
  const result = met(calibrate(long, 'a', { alarmsPerHour: 2 }));
  assert.equal(result.promised, true);
  assert.ok(result.hoursNeeded < result.point.hours);
  assert.ok(upperRate(0, result.point.hours) <= 2);
});

test('a threshold that misses less is taken even at the cost of the alarms that the aim allows', () => {
  const quiet = [
    stream('positives', 20, words, [
      humps(20, [
        [2.2, 0.4],
        [6.2, 0.9],
        [10.2, 0.9],
        [14.2, 0.9],
      ]),
    ]),
    clear[1],
  ];
  const lax = met(calibrate(quiet, 'a', { alarmsPerHour: 1 }));
  assert.deepEqual([lax.point.misses, lax.point.alarms], [0, 1]);
  assert.ok(lax.settings.threshold > 0.3 && lax.settings.threshold < 0.4);
  assert.equal(lax.hoursNeeded, hoursFor(1, 1));
  const strict = met(calibrate(quiet, 'a', { alarmsPerHour: 0.1 }));
  assert.deepEqual([strict.point.misses, strict.point.alarms], [1, 0]);
  assert.ok(strict.settings.threshold > 0.6 && strict.settings.threshold < 0.9);
});

test('the refractory period is the shortest at which no word fires twice', () => {
  // Each word is a hump of 0.3 s and, 0.6 s after its start, another of 50 ms.
  const positives = Array.from({ length: 4 }, () => {
    const { traces } = humps(4, [[1, 0.95]]);
    traces[0].posteriors.a.fill(0.02, 130, 160).fill(0.02, 165);
    return stream('positives', 4, [1], [{ snr: null, traces }]);
  });
  const result = met(calibrate([...positives, clear[1]], 'a', { alarmsPerHour: 0.5 }, { smoothings: [0] }));
  assert.equal(result.settings.refractory, 750);
  assert.deepEqual([result.point.misses, result.point.alarms], [0, 0]);
  const fewer = met(
    calibrate([...positives, clear[1]], 'a', { alarmsPerHour: 5 }, { smoothings: [0], refractories: [300, 100] }),
  );
  assert.equal(fewer.settings.refractory, 100, 'none suffices: the shortest of those that fire twice least');
  assert.equal(fewer.point.alarms, 4);
});

test('of smoothings with the same counts the quick ones are preferred, and of those the widest margin', () => {
  // A click of 30 ms at 0.85 is an alarm unless it is smoothed.
  const click = humps(300, []);
  click.traces[0].posteriors.a.fill(0.85, 5000, 5003);
  const result = met(calibrate([clear[0], stream('negatives', 3600, [], [click])], 'a', { alarmsPerHour: 0.5 }));
  const { smoothing } = result.settings;
  assert.ok(smoothing > 0, 'without smoothing the margin is from 0.85 to 0.9 only');
  const fastest = Math.min(...result.considered.map(({ latency }) => latency!.p50));
  assert.ok(result.latency!.p50 <= fastest + 50);
  for (const { margin, latency } of result.considered)
    if (latency!.p50 <= fastest + 50) assert.ok(margin <= result.margin);
});

test('a posterior that saturates at 1 leaves the threshold within its bounds', () => {
  const saturated = [
    stream('positives', 20, words, [
      humps(
        20,
        words.map((start) => [start + 0.2, 1] as const),
      ),
    ]),
    stream('negatives', 3600, [], [humps(300, [[100, 0.9995]])]),
  ];
  const result = calibrate(saturated, 'a', { alarmsPerHour: 0.5 }, { smoothings: [0] });
  assert.equal(result.met, false, 'an alarm up to 0.9995, thresholds up to 0.999');
  const single = met(calibrate([saturated[0], clear[1]], 'a', { alarmsPerHour: 0.5 }));
  assert.ok(single.settings.threshold > 0.6 && single.settings.threshold < 0.999, `${single.settings.threshold}`);
  const silent = met(
    calibrate([saturated[0], stream('negatives', 3600, [], [humps(300, [])])], 'a', { alarmsPerHour: 1 }),
  );
  assert.deepEqual(silent.settings, { threshold: 0.88, smoothing: 0, refractory: 250 }, 'the middle of 0.05 to 0.999');
});

test('a longer refractory period than words ask for is taken where no other meets the aim', () => {
  const bounces = [100, 100.8, 101.6].map((start) => [start, start + 0.4] as const);
  const posteriors = new Float32Array(30000).fill(0.02);
  for (const [start, end] of bounces) posteriors.fill(1, Math.round(start / PERIOD), Math.round(end / PERIOD));
  const trace = { firstTime: PERIOD, period: PERIOD, posteriors: { a: posteriors } };
  const heard = [clear[0], stream('negatives', 3600, [], [{ snr: null, traces: [trace] }])];
  const { settings, point } = met(calibrate(heard, 'a', { alarmsPerHour: 1 }));
  assert.equal(settings.refractory, 2000);
  assert.equal(point.alarms, 1);
  assert.equal(met(calibrate(heard, 'a', { alarmsPerHour: 3 })).settings.refractory, 250);
});

test('counts are those of the settings, also where the thresholds are too many to be all tried', () => {
  const next = uniform(7);
  const sound = new Float32Array(30000).fill(0.02);
  for (let k = 0; k < sound.length; k += 60) {
    const height = 0.5 + 0.45 * next();
    for (let j = 0; j < 10; j++) sound[k + j] = height * (1 - j / 20);
  }
  // Words fire twice, some at one threshold and others at another, which asks for long refractory periods.
  const spoken = Array.from({ length: 8 }, (_, i) => 2 + 4 * i);
  const word = new Float32Array(4000).fill(0.02);
  for (const [i, start] of spoken.entries()) {
    word.fill(0.5 + 0.05 * i, Math.round((start + 0.1) / PERIOD), Math.round((start + 0.3) / PERIOD));
    word.fill(0.45 + 0.05 * i, Math.round((start + 0.9) / PERIOD), Math.round((start + 1.1) / PERIOD));
  }
  const answers = (a: Float32Array) => [
    { snr: null, traces: [{ firstTime: PERIOD, period: PERIOD, posteriors: { a } }] },
  ];
  const heard = [stream('positives', 40, spoken, answers(word)), stream('negatives', 36000, [], answers(sound))];
  for (const alarmsPerHour of [8, 10, 15, 20, 30]) {
    const { settings, point } = met(calibrate(heard, 'a', { alarmsPerHour }, { smoothings: [0] }));
    const { misses, alarms } = countsOf(heard, settings);
    assert.deepEqual([point.misses, point.alarms], [misses, alarms], `${alarmsPerHour}`);
    assert.ok(alarms <= alarmsPerHour * 10);
  }
});

test('what can’t be reached is said, and no setting is made up', () => {
  const always = stream(
    'negatives',
    3600,
    [],
    [
      humps(300, [
        [100, 1],
        [200, 1],
        [250, 1],
      ]),
    ],
  );
  const loud = calibrate([clear[0], always], 'a', { alarmsPerHour: 2 });
  assert.ok(!loud.met);
  assert.match(
    loud.reason,
    /no setting of "a" gives at most 2 false alarms an hour: 3 in 1.00 h even at threshold 0.999/,
  );
  const deaf = calibrate([stream('positives', 20, words, [humps(20, [])]), clear[1]], 'a', { alarmsPerHour: 2 });
  assert.ok(!deaf.met);
  assert.match(deaf.reason, /every setting with at most 2 false alarms an hour misses all utterances of "a"/);
});

test('without the word, or without anything else, there is nothing to choose by', () => {
  const refused = (heard: readonly Heard[], message: RegExp): void =>
    assert.throws(() => calibrate(heard, 'a', { alarmsPerHour: 1 }), { name: 'InputError', message });
  refused([clear[1]], /got no utterance of "a", expected some; give recordings of it as positives/);
  const clip = {
    ...stream('positives', 1, [0.5], [humps(2, [])]),
    excerpts: [{ file: 'x.wav', start: 0.5, duration: 1 }],
  };
  refused([clip], /got no recording without "a", expected hours of them; give speech and noise as negatives/);
  // Joined clips have pauses of noise between them.
  refused([{ ...clip, duration: 4 }], /got no recording without "a"/);
  refused([], /got no stream/);
  for (const alarmsPerHour of [0, -1, NaN, Infinity])
    assert.throws(() => calibrate(clear, 'a', { alarmsPerHour }), { name: 'RangeError', message: /expected above 0/ });
});

test('under several conditions the aim is met in each, and misses are summed', () => {
  const noisy = {
    ...humps(20, [
      [2.2, 0.5],
      [6.2, 0.9],
      [10.2, 0.9],
      [14.2, 0.9],
      [18, 0.7],
    ]),
    snr: 5,
  };
  const heard = [{ ...clear[0], answers: [...clear[0].answers, noisy] }, clear[1]];
  const result = met(calibrate(heard, 'a', { alarmsPerHour: 0.5 }, { smoothings: [0] }));
  assert.ok(result.settings.threshold > 0.7 && result.settings.threshold < 0.9, 'above the alarm in the noise');
  const { hours } = result.point;
  assert.deepEqual(
    result.conditions.map(({ snr, utterances, misses, alarms }) => [snr, utterances, misses, alarms]),
    [
      [null, 4, 0, 0],
      [5, 4, 1, 0],
    ],
  );
  assert.deepEqual([result.point.utterances, result.point.misses, result.point.alarms], [8, 1, 0]);
  assert.ok(Math.abs(hours - 3616 / 3600) < 1e-12, 'once, not once a condition');
  assert.deepEqual(result.missInterval, [proportionInterval(0, 4)[0], proportionInterval(1, 4)[1]]);
  const asIs = met(calibrate(heard, 'a', { alarmsPerHour: 0.5 }, { smoothings: [0], conditions: [null] }));
  assert.equal(asIs.settings.threshold, 0.79);
  assert.deepEqual(
    asIs.conditions.map(({ snr }) => snr),
    [null],
  );
});

/** Random streams: two of positives, two of negatives that are hard. */
function randomStreams(seed: number, saturates: boolean, period: number): Heard[] {
  const spec = { keywords: ['a', 'b'], saturates, period, snrs: [10] };
  const spoken = [
    ['a', 1],
    ['a', 3],
    ['b', 5],
    ['a', 6],
  ] as const;
  return [
    randomHeard({ ...spec, seed, kind: 'positives', words: spoken, duration: 8 }),
    randomHeard({ ...spec, seed: seed + 1, kind: 'positives', words: spoken.slice(1), duration: 9 }),
    randomHeard({ ...spec, seed: seed + 2, kind: 'negatives', words: [], duration: 8, rest: -3 }),
    randomHeard({ ...spec, seed: seed + 3, kind: 'negatives', words: [], duration: 8, rest: -4 }),
  ];
}

test('settings meet the aim when their events are scored anew, and no threshold at that smoothing does better', () => {
  const options: CalibrationOptions = { smoothings: [0, 60], refractories: [250, 500, 1000] };
  let chosen = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.constantFrom(0, 1, 2, 4),
      fc.boolean(),
      fc.constantFrom(0.01, 0.02),
      (seed, allowed, saturates, period) => {
        const heard = randomStreams(seed, saturates, period);
        const hours = (8 + 9 + 16 - 3 - 2) / 3600;
        const aim = { alarmsPerHour: (allowed + 0.5) / hours };
        const calibration = calibrate(heard, 'a', aim, { ...options, conditions: [null] });
        if (!calibration.met) return;
        chosen++;
        const { settings, point, considered } = calibration;
        assert.ok(considered.some((one) => one.settings.smoothing === settings.smoothing));
        for (const one of considered) {
          const { misses, alarms, repeats } = countsOf(heard, one.settings);
          assert.deepEqual([misses, alarms], [one.point.misses, one.point.alarms]);
          assert.ok(alarms / one.point.hours <= aim.alarmsPerHour);
          assert.ok(one.settings.threshold > 0.05 && one.settings.threshold <= 0.999);
          // Every threshold that could make a difference, at the refractory period that the rule gives.
          const means = heard.flatMap(({ answers }) => [
            ...smoothedOf(answers[0].traces[0], 'a', one.settings.smoothing),
          ]);
          for (const mean of means.filter((_, k) => k % 23 === 0)) {
            const threshold = Math.min(mean, 0.999);
            if (threshold <= 0.05) continue;
            const at = options
              .refractories!.map((refractory) => countsOf(heard, { ...one.settings, threshold, refractory }))
              .reduce((best, next) => (next.repeats < best.repeats ? next : best));
            if (at.alarms > allowed) continue;
            assert.ok(at.misses > misses || (at.misses === misses && at.alarms >= alarms), `better at ${threshold}`);
          }
          const shorter = options.refractories!.filter((refractory) => refractory < one.settings.refractory);
          for (const refractory of shorter)
            assert.ok(countsOf(heard, { ...one.settings, refractory }).repeats > repeats, 'a shorter period would do');
          assert.ok(point.misses <= one.point.misses);
        }
      },
    ),
    { ...property, numRuns: 8 },
  );
  assert.ok(chosen >= 4, `${chosen} chosen`);
});

test('what calibrate counts is what evaluate counts at its settings, with confusions among the alarms', () => {
  let confused = 0;
  for (const seed of [3, 30, 31, 32, 33, 34, 35, 36]) {
    const heard = randomStreams(seed, false, PERIOD);
    const { settings, conditions } = met(calibrate(heard, 'a', { alarmsPerHour: 800 }, { smoothings: [50, 100] }));
    const evaluation = evaluate(heard, [{ model: 'm', precision: 'f32', settings: { a: settings } }], 'files');
    const found = evaluation.models[0].keywords[0].conditions;
    assert.deepEqual(
      conditions.map(({ hours, ...counts }) => counts),
      found.map(({ snr, threshold, utterances, misses, alarms, confusions }) => ({
        snr,
        threshold,
        utterances,
        misses,
        alarms: alarms + confusions,
      })),
    );
    // "b" is spoken for a second in each of two streams, which is heard like any other sound.
    for (const [i, { hours }] of conditions.entries()) assert.ok(Math.abs(hours - found[i].hours - 2 / 3600) < 1e-12);
    confused += found.reduce((sum, { confusions }) => sum + confusions, 0);
  }
  assert.ok(confused > 0);
});
