import { PREPARE_ERROR, prepare } from '../prepare';
import { pointer, Random } from './support';

/** What `prepare` promises, in float64. */
class Prepared {
  frame: StaticArray<f64>;
  energy: f64 = 0;

  constructor(samples: StaticArray<f32>, parameters: StaticArray<f32>, length: i32) {
    let mean: f64 = 0;
    if (parameters[1] != 0) for (let n = 0; n < length; n++) mean += <f64>samples[n] / <f64>length;
    this.frame = new StaticArray<f64>(length);
    for (let n = 0; n < length; n++) {
      const x = <f64>samples[n] - mean;
      const before = <f64>samples[n > 0 ? n - 1 : 0] - mean;
      this.frame[n] = x - <f64>parameters[0] * before;
      this.energy += x * x * <f64>parameters[2];
    }
  }
}

/**
 * The largest error over what is allowed: of a result of its own size, and of what float64 leaves of the samples' size. NaN in
 * what a kernel must not read shows, and floats behind the frame must become zeros.
 */
function worstOf(random: Random, level: f32, noise: f32, parameters: StaticArray<f32>, length: i32): f64 {
  const padded = (length + 3) & -4;
  const samples = random.floats(padded, level - noise, level + noise);
  for (let i = length; i < padded; i++) samples[i] = NaN;
  const frame = random.floats(padded, 1, 2), energy = random.floats(4, 1, 2);
  prepare(pointer(samples), pointer(parameters), pointer(frame), pointer(energy), length);
  const reference = new Prepared(samples, parameters, length);
  const size = <f64>(level + noise), lost = 1e-15 * size;
  let worst = Math.abs(<f64>energy[0] - reference.energy) / (PREPARE_ERROR * reference.energy + lost * lost);
  for (let n = 0; n < length; n++) {
    const error = Math.abs(<f64>frame[n] - reference.frame[n]);
    worst = Math.max(worst, error / (PREPARE_ERROR * Math.abs(reference.frame[n]) + lost));
  }
  for (let i = length; i < padded; i++) if (frame[i] != 0) worst = Infinity;
  for (let i = 1; i < 4; i++) if (energy[i] != 0) worst = Infinity;
  return worst;
}

describe('prepare', () => {
  it('agrees with float64 at every length, with and without the mean', () => {
    const random = new Random(41);
    let worst: f64 = 0;
    for (let length = 1; length <= 40; length++) {
      for (let removeDc: f32 = 0; removeDc < 2; removeDc++) {
        const parameters = StaticArray.fromArray<f32>([0.97, removeDc, 0.25, 0]);
        worst = Math.max(worst, worstOf(random, 0, 1, parameters, length));
      }
    }
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('keeps a quiet sound on a large mean', () => {
    const random = new Random(42);
    const parameters = StaticArray.fromArray<f32>([0.97, 1, 1, 0]);
    let worst: f64 = 0;
    for (let length = 400; length <= 2048; length += 103) {
      worst = Math.max(worst, worstOf(random, 30000, 0.1, parameters, length));
      worst = Math.max(worst, worstOf(random, 0.7, 1e-5, parameters, length));
    }
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('without pre-emphasis or mean is a copy', () => {
    const samples = new Random(43).floats(8, -1, 1), parameters = new StaticArray<f32>(4);
    const frame = new StaticArray<f32>(8), energy = new StaticArray<f32>(4);
    prepare(pointer(samples), pointer(parameters), pointer(frame), pointer(energy), 7);
    for (let n = 0; n < 7; n++) expect(frame[n]).toBe(samples[n]);
    expect(frame[7]).toBe(0);
    expect(energy[0]).toBe(0);
  });
});
