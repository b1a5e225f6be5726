/** Which outputs of a network are the next values of which inputs. */
import type { Network, Port, ValueId } from '../model/network.js';
import { InputError } from '../errors.js';

/** Words that tell the two ends of a state apart, and say nothing else: h0 and hn, state_in and state_out, cache and new_cache. */
const ENDS =
  /(?<![a-z])(in|input|inputs|init|initial|prev|previous|last|old|out|output|outputs|next|new|final|n|\d+)(?![a-z])/g;

/** `state_in` and `next_state` have the stem "state". */
function stemOf(name: string): string {
  // ONNX calls its outputs Y_h and Y_c.
  const words = name
    .replace(/^Y_(?=[hc]$)/, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/([a-z])(\d)/g, '$1_$2')
    .replace(/\b([hc])n\b/g, '$1');
  return words
    .replace(/_/g, ' ')
    .replace(ENDS, '')
    .replace(/[^a-z]/g, '');
}

const isAlike = (a: Port, b: Port): boolean =>
  a.type === b.type &&
  !!a.dims &&
  !!b.dims &&
  a.dims.length === b.dims.length &&
  a.dims.every((dim, i) => dim === b.dims![i] || typeof dim !== typeof b.dims![i]);

const sameDims = (a: Port, b: Port): boolean => isAlike(a, b) && `${a.dims}` === `${b.dims}`;

/**
 * Pairs inputs without a time axis and outputs: as `named`, by the stems of their names, or where one shape occurs once on
 * either side. One output at least is no state.
 *
 * @param named outputs by inputs, as the user says
 * @throws InputError for a name that does not exist
 */
export function pairStates(
  network: Network,
  timeAxes: ReadonlyMap<ValueId, number>,
  named: Readonly<Record<string, string>> = {},
): Map<ValueId, ValueId> {
  const inputs = network.inputs.filter(({ value }) => !timeAxes.has(value));
  const pairs = new Map<ValueId, ValueId>();
  for (const [from, to] of Object.entries(named)) {
    const input = inputs.find(({ name }) => name === from);
    const output = network.outputs.find(({ name }) => name === to);
    if (!input || !output) {
      const names = (ports: readonly Port[]) => ports.map(({ name }) => `"${name}"`).join(', ') || 'none';
      throw new InputError(
        `states: "${from}" → "${to}": expected one of ${names(inputs)} and one of ${names(network.outputs)}`,
      );
    }
    pairs.set(input.value, output.value);
  }
  const isFree = ({ value }: Port) => ![...pairs.values()].includes(value);
  const left = () => inputs.filter(({ value }) => !pairs.has(value));
  const pair = (input: Port, found: readonly Port[]) => {
    const isLastOutput = network.outputs.filter(isFree).length === 1;
    if (found.length === 1 && !isLastOutput) pairs.set(input.value, found[0].value);
  };
  for (const input of left()) {
    const stem = stemOf(input.name);
    pair(
      input,
      network.outputs.filter((output) => isFree(output) && isAlike(input, output) && stemOf(output.name) === stem),
    );
  }
  for (const input of left()) {
    if (left().filter((other) => sameDims(other, input)).length > 1) continue;
    pair(
      input,
      network.outputs.filter((output) => isFree(output) && sameDims(input, output)),
    );
  }
  return pairs;
}
