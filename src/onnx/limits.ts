/** What a network may take, whatever its file's size: nodes may share weights, and a small file may ask for large tensors. */
import { UnsupportedModelError } from '../errors.js';
import { parameterCount, type Layer } from '../model/network.js';
import { quoted } from './names.js';

/** Values that one tensor stacks: layers of a state. */
export const maxParts = 256;

/** Features of one value, in a frame. */
const maxFeatures = 65536;

/** Elements of an integer or boolean tensor: they are shapes, axes and indices. */
export const maxIntegers = 4096;

const maxLayers = 4096;

/**
 * Weights and biases of all layers, shared ones counted in each: twice what fits into the largest file as float16. A
 * frame's multiply-adds are no more than these, as every layer uses each of its weights once.
 */
const maxParameters = 2 ** 26;

/** Features of all values, which memory holds side by side while a frame is computed. */
const maxValueElements = 2 ** 22;

/** What is left of the above. */
export class Budget {
  #layers = maxLayers;
  #parameters = maxParameters;
  #elements = maxValueElements;

  takeLayer(layer: Layer): void {
    this.#layers--;
    this.#parameters -= parameterCount(layer);
    const where = `layer ${quoted(layer.name)}`;
    if (this.#layers < 0)
      throw new UnsupportedModelError(`${where} would be layer ${maxLayers + 1}; a wake word has a few`);
    if (this.#parameters < 0) {
      throw new UnsupportedModelError(
        `with ${where} the layers have more than ${maxParameters} weights, shared ones counted in each; use a smaller network`,
      );
    }
  }

  takeValue(name: string, size: number): void {
    if (size > maxFeatures)
      throw new UnsupportedModelError(
        `tensor ${quoted(name)} has ${size} features a frame, at most ${maxFeatures} are supported`,
      );
    this.#elements -= size;
    if (this.#elements < 0) {
      throw new UnsupportedModelError(
        `with ${quoted(name)} the tensors have more than ${maxValueElements} features a frame in all; use a smaller network`,
      );
    }
  }
}
