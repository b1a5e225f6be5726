import { cpus } from 'node:os';
import { measureFrontEnds } from '../../bench/front-ends.mjs';
import { table } from './tables.mjs';

/** What a frame of each preset costs on this machine. */
export async function costTable() {
  const rows = await measureFrontEnds(60);
  const where = `Measured on one core of an ${cpus()[0].model.trim()} with Node ${process.versions.node.split('.')[0]}.`;
  return `${where}\n\n${table(
    ['preset', 'a frame (µs)', 'of one core (%)', 'times a plain MFCC'],
    rows.map(({ preset, microseconds, load, ratio }) => [
      `\`${preset}\``,
      microseconds.toFixed(2),
      (100 * load).toFixed(3),
      ratio.toFixed(2),
    ]),
  )}`;
}
