import { microfrontend } from '../microfrontend';
import { complex, gain, logarithm, root, spectrum } from './microfrontend-reference';
import { pointer, Random } from './support';

/** A front end with random tables for `size` points. */
class Case {
  n: i32;
  length: i32;
  channels: i32;
  header: StaticArray<u32> = [];
  tables: StaticArray<u8>;
  estimates: StaticArray<u32>;
  window: usize;
  twiddles: usize;
  filters: usize;
  edges: usize;

  constructor(random: Random, size: i32, pcan: u32, log: u32) {
    const length = 8 * random.integer(size / 16 + 1, size / 8), channels = random.integer(1, 20);
    const tables = new StaticArray<u8>(576 + 2 * length + 5 * size + 2 * (channels + 1));
    this.n = size / 2;
    this.length = length;
    this.channels = channels;
    this.tables = tables;
    this.estimates = new StaticArray<u32>(channels);
    this.window = pointer(tables) + 576;
    this.twiddles = this.window + 2 * length;
    this.filters = this.twiddles + 3 * size;
    this.edges = this.filters + 2 * size;
    this.header = [
      <u32>random.integer(0, 1 << 14), <u32>random.integer(0, 1 << 14), <u32>random.integer(0, 1 << 14),
      <u32>random.integer(4, 12), pcan, <u32>random.integer(0, 12), log, <u32>random.integer(0, 4), <u32>random.integer(0, 11),
    ];
    this.writeFunctions(random);
    this.writeTransform();
    this.writeFilters(random);
  }

  /** Header, gains that fall with the noise, and log₂. */
  writeFunctions(random: Random): void {
    const start = pointer(this.tables);
    for (let i = 0; i < 9; i++) store<u32>(start + (i << 2), this.header[i]);
    for (let bits = 0; bits <= 32; bits++) {
      store<i16>(start + 48 + (bits << 3), <i16>(32767 / (bits + 1)));
      store<i16>(start + 50 + (bits << 3), <i16>random.integer(-3000, 0));
      store<i16>(start + 52 + (bits << 3), <i16>random.integer(-500, 500));
    }
    for (let i = 0; i <= 128; i++) {
      const f = <f64>i / 128;
      store<u16>(start + 312 + (i << 1), <u16>nearest(65536 * (Math.log2(1 + f) - f)));
    }
  }

  writeTransform(): void {
    for (let t = 0; t < this.length; t++) {
      store<i16>(this.window + (t << 1), <i16>(2048.5 - 2048 * Math.cos((2 * Math.PI * (<f64>t + 0.5)) / <f64>this.length)));
    }
    for (let k = 0; k < this.n; k++) this.writeTwiddle(k, (-2 * Math.PI * <f64>k) / <f64>this.n);
    for (let k = 0; k < this.n / 2; k++) this.writeTwiddle(this.n + k, -Math.PI * (<f64>(k + 1) / <f64>this.n + 0.5));
  }

  /** Each bin but the first and some of the last is in a channel; some channels have none. */
  writeFilters(random: Random): void {
    for (let k = 0; k < 2 * this.n; k++) store<u16>(this.filters + (k << 1), <u16>random.integer(0, 4096));
    store<u32>(this.filters, 0); // DC is in no filter
    let edge = 1;
    for (let channel = 0; channel <= this.channels; channel++) {
      edge = min(this.n, edge + random.integer(0, this.n / this.channels));
      store<u16>(this.edges + (channel << 1), <u16>(4 * edge));
    }
  }

  writeTwiddle(index: i32, angle: f64): void {
    store<i16>(this.twiddles + (index << 2), <i16>Math.floor(0.5 + 32767 * Math.cos(angle)));
    store<i16>(this.twiddles + (index << 2), <i16>Math.floor(0.5 + 32767 * Math.sin(angle)), 2);
  }

  /** Windowed samples as pairs, and by how many bits they were shifted. */
  windowed(samples: StaticArray<f32>, pairs: StaticArray<u32>): i32 {
    const values = new StaticArray<i32>(2 * this.n);
    let largest = 0;
    for (let t = 0; t < this.length; t++) {
      const sample = <i32>max<f64>(-32768, min<f64>(32767, nearest(<f64>samples[t] * 32768)));
      values[t] = (sample * load<i16>(this.window + (t << 1))) >> 12;
      if (values[t] != -32768) largest = max(largest, abs(values[t]));
    }
    const shift = largest ? clz(largest) - 17 : 15;
    for (let p = 0; p < this.n; p++) pairs[p] = complex(values[2 * p] << shift, values[2 * p + 1] << shift);
    return shift;
  }

  /** Of channel `i` from its energy. */
  feature(i: i32, energy: u64, shift: i32): f32 {
    const h = this.header, smoothing = <u64>h[i & 1], signal = <u32>(root(energy) >> shift);
    const scaled = signal << h[3];
    const noise = <u32>((<u64>scaled * smoothing + <u64>this.estimates[i] * (16384 - smoothing)) >> 14);
    this.estimates[i] = noise;
    const less = scaled > noise ? (scaled - noise) >> h[3] : 0;
    let y = max(less, <u32>((<u64>signal * h[2]) >> 14));
    if (h[4]) {
      const snr = <u32>((<u64>y * gain(noise, pointer(this.tables) + 48)) >> h[5]);
      y = snr < 8192 ? (snr * snr) >> 20 : (snr >> 6) - 64;
    }
    if (h[6]) y = logarithm(y << h[7], pointer(this.tables) + 312, h[8]);
    return <f32>min<u32>(y, 65535);
  }

  features(samples: StaticArray<f32>): StaticArray<f32> {
    const pairs = new StaticArray<u32>(this.n), shift = this.windowed(samples, pairs);
    const power = spectrum(pairs, this.n, this.twiddles), out = new StaticArray<f32>(this.channels);
    let carried: u64 = 0, k = 0;
    for (let channel = 0; channel <= this.channels; channel++) {
      let energy = carried;
      carried = 0;
      for (; k < <i32>load<u16>(this.edges + (channel << 1)) / 4; k++) {
        energy += power[k] * load<u16>(this.filters + (k << 2));
        carried += power[k] * load<u16>(this.filters + (k << 2) + 2);
      }
      if (channel > 0) out[channel - 1] = this.feature(channel - 1, energy, shift);
    }
    return out;
  }
}

/** A channel whose energy lies in the last 2¹⁶ numbers below 2³², and nothing behind the square root. */
function nearlyWhole(samples: StaticArray<f32>, one: Case): u64 {
  const pairs = new StaticArray<u32>(one.n);
  one.windowed(samples, pairs);
  const power = spectrum(pairs, one.n, one.twiddles);
  let large = 1, small = 1;
  for (let k = 1; k < one.n; k++) {
    if (power[k] > power[large]) large = k;
    if (abs<i64>(<i64>power[k] - 30000) < abs<i64>(<i64>power[small] - 30000)) small = k;
  }
  const whole: u64 = 0xffffffff, times = min<u64>(0xffff, whole / power[large]);
  const energy = [times, (whole - times * power[large]) / power[small]];
  memory.fill(one.filters, 0, 4 * one.n);
  store<u16>(one.filters + (large << 2), <u16>energy[0]);
  store<u16>(one.filters + (small << 2), <u16>energy[1]);
  for (let channel = 0; channel <= one.channels; channel++) store<u16>(one.edges + (channel << 1), <u16>(channel ? 4 * one.n : 4));
  const header: StaticArray<u32> = [0, 0, 1 << 14, 4, 0, 0, 0, 0, 0];
  for (let i = 0; i < 9; i++) store<u32>(pointer(one.tables) + (i << 2), header[i]);
  one.header = header;
  return energy[0] * power[large] + energy[1] * power[small];
}

/** One frame by the kernel. */
function run(one: Case, samples: StaticArray<f32>, state: StaticArray<u32>): StaticArray<f32> {
  const scratch = new StaticArray<u8>(8 * one.n + 32), features = new StaticArray<f32>(one.channels);
  microfrontend(pointer(samples), pointer(one.tables), pointer(state), pointer(scratch), pointer(features),
    one.length, 2 * one.n, one.channels);
  return features;
}

/** Frames of which the kernel's features or estimates differ from the reference's. */
function mismatches(random: Random, size: i32, pcan: u32, log: u32): i32 {
  const one = new Case(random, size, pcan, log), state = new StaticArray<u32>(one.channels);
  let wrong = 0;
  for (let frame = 0; frame < 12; frame++) {
    const loudness = <f32>Math.pow(10, random.float(-5, 0.3)); // beyond full scale, too
    const samples = random.floats(one.length, -loudness, loudness);
    if (frame == 5) samples.fill(0);
    if (frame == 6) samples.fill(-1);
    if (frame == 7) samples[one.length / 2] = -1; // −32768 behind a window's 1: louder than any other
    const features = run(one, samples, state), expected = one.features(samples);
    let same = true;
    for (let i = 0; i < one.channels; i++) same = same && features[i] == expected[i] && state[i] == one.estimates[i];
    if (!same) wrong++;
  }
  return wrong;
}

describe('microfrontend', () => {
  it('computes the integers of the original at every size, with PCAN and logarithm or without', () => {
    const random = new Random(51);
    for (let size = 64; size <= 4096; size *= 2) {
      for (let flags: u32 = 0; flags < 4; flags++) {
        for (let i = 0; i < 3; i++) expect(mismatches(random, size, flags & 1, flags >> 1)).toBe(0);
      }
    }
  });

  it('keeps the root of an energy just below 2³² to 16 bits', () => {
    const random = new Random(52), one = new Case(random, 512, 0, 0), samples = random.floats(one.length, -0.3, 0.3);
    const energy = nearlyWhole(samples, one);
    expect(energy).toBeGreaterThan(<u64>0xffff8000);
    expect(energy).toBeLessThan(<u64>0x100000000);
    // Shifted back by one bit; 2¹⁶ would give 2¹⁵.
    expect(run(one, samples, new StaticArray<u32>(one.channels))[0]).toBe(<f32>32767);
  });
});
