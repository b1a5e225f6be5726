/** Medians of contenders that take turns, so that a change of the machine's speed meets all of them alike. */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * @param {Record<string, { run: () => unknown, calls: number }>} contenders `calls` of `run` are timed together; `run` may
 *   return a promise
 * @param {number} rounds every contender's turns
 * @returns {Promise<Record<string, { microseconds: number, low: number, high: number }>>} a call's median and quartiles
 */
export async function interleave(contenders, rounds) {
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, { run, calls }] of Object.entries(contenders)) {
      const isAsync = run() instanceof Promise;
      const start = performance.now();
      if (isAsync) for (let i = 0; i < calls; i++) await run();
      else for (let i = 0; i < calls; i++) run();
      if (round >= 0) times[name].push(((performance.now() - start) * 1000) / calls);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => {
      const sorted = [...list].sort((a, b) => a - b);
      return [
        name,
        { microseconds: median(list), low: sorted[sorted.length >> 2], high: sorted[(3 * sorted.length) >> 2] },
      ];
    }),
  );
}

/** Prints a table whose ratios are against the first row. */
export function report(title, results) {
  const rows = Object.entries(results);
  const first = rows[0][1].microseconds;
  console.log(`\n${title}`);
  console.log(`  ${''.padEnd(36)}${'median µs'.padStart(11)}${'quartiles'.padStart(20)}${'ratio'.padStart(9)}`);
  for (const [name, { microseconds, low, high }] of rows) {
    const quartiles = `${low.toFixed(2)} – ${high.toFixed(2)}`;
    console.log(
      `  ${name.padEnd(36)}${microseconds.toFixed(2).padStart(11)}${quartiles.padStart(20)}${(microseconds / first).toFixed(2).padStart(9)}`,
    );
  }
}
