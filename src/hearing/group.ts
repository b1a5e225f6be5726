/**
 * Several wake words on one microphone.
 *
 * @module tympan/group
 */
import { checkSampleRate } from '../audio/sample-rate.js';
import { checkNames } from '../detection/settings.js';
import { newArena } from '../kernels/embedded.js';
import { typeName } from '../typed-arrays.js';
import { Detector } from './detector.js';
import { Ear, type Detection } from './ear.js';
import { Hearing } from './hearing.js';

/** A keyword of one of several models was heard. */
export interface GroupDetection extends Detection {
  /** Which detector's: its place among those that the group was made of, from 0. */
  readonly model: number;
}

export interface GroupOptions {
  /** Hz of the samples that `push` takes: the greatest of the detectors' where it is left out. Whole, 1,000 to 192,000. */
  readonly sampleRate?: number;
}

/**
 * Several detectors on one stream of samples. Features are computed once for all whose front ends agree, and detectors of another
 * rate than the samples' hear them resampled, once a rate.
 *
 * @example
 * const group = new DetectorGroup([happy.detector(), computer.detector({ threshold: 0.9 })]);
 * for await (const wake of group.listen(microphone({ sampleRate: group.sampleRate }))) console.log(wake.model, wake.keyword);
 */
export class DetectorGroup extends Ear<GroupDetection> {
  readonly sampleRate: number;
  readonly detectors: readonly Detector[];
  /** @internal */
  readonly hearing: Hearing;
  /** @internal */
  readonly words = { name: 'group', remedy: 'make another one of new detectors' };

  /**
   * @param detectors at least one, of any models; they become parts of the group, which closes them. `configure` and `settings` of
   *   each go on working
   * @throws TypeError for what is no detector; RangeError for none, for one that is given twice, for a rate that is none, and for one that can't be resampled;
   *   InputError for a detector that is closed, or part of a group
   */
  constructor(detectors: readonly Detector[], options: GroupOptions = {}) {
    super();
    checkNames('a DetectorGroup', options, ['sampleRate']);
    const { sampleRate } = options;
    if (!Array.isArray(detectors))
      throw new TypeError(`detectors: got ${typeName(detectors)}, expected an array of what model.detector() makes`);
    detectors.forEach((one: unknown, i) => {
      if (!(one instanceof Detector))
        throw new TypeError(`detectors[${i}]: got ${typeName(one)}, expected what model.detector() makes`);
      if (detectors.indexOf(one) < i)
        throw new RangeError(`detectors[${i}]: is given twice; call model.detector() for each`);
    });
    if (detectors.length === 0) throw new RangeError('detectors: got none, expected at least one');
    this.sampleRate = sampleRate ?? Math.max(...detectors.map((one) => one.sampleRate));
    checkSampleRate(this.sampleRate, 'sampleRate');
    this.detectors = [...detectors];
    const lent: Detector[] = [];
    try {
      const parts = this.detectors.map((detector, model) => {
        const part = detector.lend(this, (keyword, posterior, time) => this.add({ keyword, posterior, time, model }));
        lent.push(detector);
        return part;
      });
      this.hearing = new Hearing(this.sampleRate, parts, newArena);
    } catch (error) {
      for (const detector of lent) detector.takeBack();
      throw error;
    }
  }

  /** Front ends that are computed: one for all detectors whose recipes agree. */
  get frontEnds(): number {
    return this.hearing.frontEnds.length;
  }

  /** @internal */
  partOf({ model }: GroupDetection): number {
    return model;
  }

  /** @internal */
  release(): void {
    for (const detector of this.detectors) detector.release();
  }
}
