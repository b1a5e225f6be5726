import { InputError } from '../errors.js';
import { typeName } from '../typed-arrays.js';

interface Named {
  readonly name: string;
}

const listed = (all: readonly Named[]): string => all.map(({ name }) => `"${name}"`).join(', ') || 'none';

/**
 * Refuses values by name where a name is none of `expected`.
 *
 * @param kind what is given by name, such as "input"
 * @param what what each value is, such as "tensor"
 * @throws InputError
 */
export function refuseUnknown(kind: string, what: string, given: unknown, expected: readonly Named[]): void {
  if (typeof given !== 'object' || given === null)
    throw new InputError(`got ${typeName(given)}, expected one ${what} for each of ${listed(expected)}`);
  const unknown = Object.keys(given).find((name) => !expected.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new InputError(`${kind} "${unknown}" does not exist; this model has ${listed(expected)}`);
}
