/** Finds single utterances in a stream: sound that stands out of the room's, with quiet before and after it. */

/** Samples are measured in frames of this length: seconds. */
const FRAME = 0.01;
/** Room sound that its level is taken from, and what has to be heard of it before anything can stand out: seconds. */
const ROOM = 3;
const ROOM_AT_LEAST = 1;
/** Of the room's frames, the share that are quieter than its level: words and knocks don't raise it. */
const QUIETER = 0.1;
/** dB; a room that is quieter, or a noise gate's zeros, counts as this. */
const LOWEST = -60;
/** dB above the room's level from which a frame is active, and which the active frames have to reach together. */
const ACTIVE = 8;
const CLEAR = 10;
/** dB below full scale that an utterance has to reach: of the project's volunteers 19 of 20 do. */
const AUDIBLE = -45;
/** dB below an utterance's loudest frame from which a frame is its own, and none of the household's. */
const RANGE = 25;
/** Active frames of as many neighbours with which an utterance begins. */
const ONSET = { active: 3, of: 5 };
/** Seconds: a click or a knock is shorter, a sentence longer. */
const SHORTEST = 0.15;
const LONGEST = 2;
/** Seconds of a clip, of which there are more for a word that needs them, and what is kept before and after a word. */
const CLIP = 2;
const MARGIN = 0.5;
/** Seconds after which sound without a pause is told to be no word, and of which levels are kept. */
const PATIENCE = 4;
const KEPT = 5;
/** Neighbouring samples at an end of the scale that are no chance: the peak was cut off. */
const CUT_OFF = 3;

/** `long`: a sentence, or no pause after it. */
export type Refusal = 'clipped' | 'quiet' | 'long';

export interface Utterance {
  /** Of the utterance, with room sound on both sides: mono, [−1, 1). */
  readonly clip: Float32Array;
  /** Seconds from the clip's beginning to the utterance's, and of the utterance. */
  readonly start: number;
  readonly duration: number;
  /** RMS of its active frames, in dB below full scale. */
  readonly level: number;
}

export class UtteranceFinder {
  readonly #sampleRate: number;
  readonly #frame: number; // samples
  readonly #sound: Int16Array; // the last samples, as a ring
  #heard = 0; // samples
  #levels: number[] = []; // dB, of the last frames
  #energy = 0; // of the frame that is not whole yet
  #previous = 0;
  #passed = 0; // the high pass's last output
  #floor = LOWEST; // dB
  /** The frame at which something began to stand out, counted from the stream's beginning. */
  #onset: number | undefined;
  #isLong = false;

  /** @param sampleRate Hz */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#frame = Math.round(FRAME * sampleRate);
    this.#sound = new Int16Array(Math.round((KEPT + CLIP) * sampleRate));
  }

  /** `room`: its level is not known yet; `speaking` lasts until the pause after an utterance is long enough. */
  get state(): 'room' | 'waiting' | 'speaking' {
    if (this.#levels.length < ROOM_AT_LEAST / FRAME) return 'room';
    return this.#onset === undefined ? 'waiting' : 'speaking';
  }

  /** Forgets all that was heard: what comes next does not join it. */
  reset(): void {
    this.#heard = this.#energy = 0;
    this.#levels = [];
    this.#onset = undefined;
    this.#isLong = false;
  }

  /**
   * @param samples the stream's next, mono
   * @returns what ended in them; nothing of what is shorter than a word
   */
  push(samples: Int16Array): (Utterance | Refusal)[] {
    const found: (Utterance | Refusal)[] = [];
    for (const sample of samples) {
      this.#sound[this.#heard++ % this.#sound.length] = sample;
      // 76 Hz at 16 kHz: the offset and the hum of cheap inputs are no sound.
      this.#passed = sample - this.#previous + 0.97 * this.#passed;
      this.#previous = sample;
      this.#energy += this.#passed ** 2;
      if (this.#heard % this.#frame > 0) continue;
      const end = this.#hear(10 * Math.log10(this.#energy / this.#frame / 32768 ** 2));
      this.#energy = 0;
      if (end) found.push(end);
    }
    return found;
  }

  /** @param level of the next frame: dB */
  #hear(level: number): Utterance | Refusal | undefined {
    this.#levels.push(Math.max(level, LOWEST));
    if (this.#levels.length > KEPT / FRAME) this.#levels.shift();
    if (this.state === 'room') return undefined;
    // A sound that stays, such as a fan's, becomes the room's.
    if (this.#onset === undefined || this.#isLong) this.#floor = quantile(this.#levels.slice(-ROOM / FRAME), QUIETER);
    const now = this.#heard / this.#frame - 1;
    if (this.#onset !== undefined) return this.#listen(now, this.#onset);
    const latest = this.#levels.slice(-ONSET.of).map((level) => level >= this.#floor + ACTIVE);
    if (latest.filter(Boolean).length >= ONSET.active) this.#onset = now + 1 - ONSET.of + latest.indexOf(true);
    return undefined;
  }

  /** What has ended with frame `now`, if anything has. */
  #listen(now: number, onset: number): Utterance | Refusal | undefined {
    const levels = this.#levels.slice(onset - now - 1);
    const least = Math.max(this.#floor + ACTIVE, Math.max(...levels) - RANGE);
    const first = levels.findIndex((level) => level >= least);
    const last = levels.findLastIndex((level) => level >= least);
    const duration = (last + 1 - first) * FRAME;
    const pause = (levels.length - 1 - last) * FRAME;
    if (pause < Math.max(MARGIN, (CLIP - duration) / 2)) {
      if (this.#isLong || levels.length * FRAME < PATIENCE) return undefined;
      this.#isLong = true;
      return 'long';
    }
    this.#onset = undefined;
    const wasLong = this.#isLong;
    this.#isLong = false;
    if (wasLong || duration < SHORTEST) return undefined;
    if (duration > LONGEST) return 'long';
    const level = meanLevel(levels.slice(first, last + 1).filter((level) => level >= least));
    if (level < AUDIBLE || level < this.#floor + CLEAR) return 'quiet';
    return this.#cut((now + 1 - levels.length + first) * FRAME, duration, level);
  }

  /** @param at seconds from the stream's beginning to the utterance's */
  #cut(at: number, duration: number, level: number): Utterance | Refusal {
    const length = Math.max(CLIP, duration + 2 * MARGIN); // seconds
    const start = (length - duration) / 2;
    const from = Math.round((at - start) * this.#sampleRate);
    const samples = Int16Array.from(
      { length: Math.round(length * this.#sampleRate) },
      (_, i) => this.#sound[(from + i) % this.#sound.length],
    );
    if (isCutOff(samples)) return 'clipped';
    return { clip: Float32Array.from(samples, (sample) => sample / 32768), start, duration, level };
  }
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * values.length)];
}

/** Of the mean power: dB. */
function meanLevel(levels: readonly number[]): number {
  const powers = levels.map((level) => 10 ** (level / 10));
  return 10 * Math.log10(powers.reduce((sum, power) => sum + power, 0) / powers.length);
}

function isCutOff(samples: Int16Array): boolean {
  let run = 0;
  for (const sample of samples) {
    run = sample === 32767 || sample === -32768 ? run + 1 : 0;
    if (run === CUT_OFF) return true;
  }
  return false;
}
