/** `npm run bench`: Tympan beside what users would otherwise pick, interleaved in one run. `-- --quick` for fewer rounds. */
import { cpus } from 'node:os';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { benchEvaluation } from './evaluation.mjs';
import { benchFrontEnds } from './front-ends.mjs';
import { benchMfcc } from './mfcc.mjs';
import { benchOffline } from './offline.mjs';
import { benchRecurrent } from './recurrent.mjs';
import { benchResample } from './resample.mjs';
import { benchWorklet } from './worklet.mjs';

const rounds = process.argv.includes('--quick') ? 15 : 60;
console.log(`Node ${process.version}, ${cpus()[0].model.trim()}; medians of ${rounds} interleaved rounds`);
await benchRecurrent(rounds);
await benchMfcc(rounds);
await benchResample(rounds);
await benchFrontEnds(rounds);
await benchWorklet(1000 * rounds);
await benchOffline(Math.ceil(rounds / 12));
await benchEvaluation(Math.ceil(rounds / 20));
const kernels = readFileSync(new URL('../build/kernels.wasm', import.meta.url));
console.log(`\nKernels: ${kernels.byteLength} bytes, ${gzipSync(kernels).byteLength} compressed`);
