/**
 * `node bench/day.mjs [preset]`: 24 hours of sound through a stream of features, as fast as it goes. Frames and time must be exact
 * at the end.
 */
import { loadFrontEnd } from '../dist/index.js';

const SECONDS = 24 * 3600;

const frontEnd = await loadFrontEnd({ preset: process.argv[2] ?? 'mfcc' });
const { sampleRate, windowLength, hopLength, framing = 'whole' } = frontEnd.recipe; // the microfrontend has no other
if (framing !== 'whole')
  throw new Error(`framing: got "${framing}", expected "whole": the ends of others lie elsewhere`);
const stream = frontEnd.open();
const minute = Int16Array.from({ length: 60 * sampleRate }, (_, n) => 8000 * Math.sin(n * n * 1e-3));
const start = performance.now();
for (let second = 0; second < SECONDS; second += 60)
  for (let at = stream.fill(minute, 0); stream.ready; at = stream.fill(minute, at)) stream.next();
const taken = (performance.now() - start) / 1000;
const frames = Math.floor((SECONDS * sampleRate - windowLength) / hopLength) + 1;
const time = ((frames - 1) * hopLength + windowLength) / sampleRate;
if (stream.frames !== frames || stream.time !== time)
  throw new Error(`got ${stream.frames} frames to ${stream.time} s, expected ${frames} to ${time} s`);
const microseconds = (1e6 * taken) / frames;
console.log(`${frames} frames to ${time} s, exact; ${taken.toFixed(1)} s, ${microseconds.toFixed(2)} µs a frame`);
