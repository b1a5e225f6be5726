/** Sums of products of unknowns, each a number: what one element of a tensor is made of. */

/** Coefficients by monomial: the unknowns' numbers in ascending order, separated by spaces; '' for the constant term. */
export type Polynomial = ReadonlyMap<string, number>;

/** Gates make few terms; what makes more is no cell. */
const MAX_TERMS = 48;

const RELATIVE = 1e-6;

export class TooManyTerms extends Error {}

export const constant = (number: number): Polynomial => new Map(number === 0 ? [] : [['', number]]);

export const unknown = (index: number): Polynomial => new Map([[`${index}`, 1]]);

/** a + factor · b */
export function sum(a: Polynomial, b: Polynomial, factor = 1): Polynomial {
  const result = new Map(a);
  for (const [monomial, coefficient] of b) {
    const total = (result.get(monomial) ?? 0) + factor * coefficient;
    if (total === 0) result.delete(monomial);
    else result.set(monomial, total);
  }
  if (result.size > MAX_TERMS) throw new TooManyTerms();
  return result;
}

export function scaled(a: Polynomial, factor: number): Polynomial {
  if (factor === 1) return a;
  return new Map(factor === 0 ? [] : [...a].map(([monomial, coefficient]) => [monomial, factor * coefficient]));
}

export const unknownsIn = (monomial: string): number[] => (monomial === '' ? [] : monomial.split(' ').map(Number));

export function product(a: Polynomial, b: Polynomial): Polynomial {
  let result: Polynomial = new Map();
  for (const [left, coefficient] of a) {
    const terms = [...b].map(([right, other]): [string, number] => [
      [...unknownsIn(left), ...unknownsIn(right)].sort((x, y) => x - y).join(' '),
      coefficient * other,
    ]);
    result = sum(result, new Map(terms));
  }
  return result;
}

/** The number that a polynomial without unknowns is, else null. */
export function numberOf(a: Polynomial): number | null {
  return a.size === 0 ? 0 : a.size === 1 ? (a.get('') ?? null) : null;
}

/** The unknown that a polynomial is, else null. */
export function unknownOf(a: Polynomial): number | null {
  const [[monomial, coefficient]] = a.size === 1 ? a : [['', 0] as const];
  const isOne = Math.abs(coefficient - 1) < RELATIVE && monomial !== '' && !monomial.includes(' ');
  return isOne ? Number(monomial) : null;
}

/** Whether coefficients differ by rounding alone. */
export function isEqual(a: Polynomial, b: Polynomial): boolean {
  const largest = Math.max(...[...a.values(), ...b.values()].map(Math.abs), 0);
  return [...new Set([...a.keys(), ...b.keys()])].every((monomial) => {
    const [x, y] = [a.get(monomial) ?? 0, b.get(monomial) ?? 0];
    return Math.abs(x - y) <= RELATIVE * Math.max(Math.abs(x), Math.abs(y), RELATIVE * largest);
  });
}

/** a = rest + index · quotient, where no term has the unknown twice; else null. */
export function dividedBy(a: Polynomial, index: number): { rest: Polynomial; quotient: Polynomial } | null {
  const rest = new Map<string, number>();
  const quotient = new Map<string, number>();
  for (const [monomial, coefficient] of a) {
    const unknowns = unknownsIn(monomial);
    const others = unknowns.filter((one) => one !== index);
    if (unknowns.length - others.length > 1) return null;
    (others.length < unknowns.length ? quotient : rest).set(others.join(' '), coefficient);
  }
  return { rest, quotient };
}

/** All unknowns, in order of their numbers. */
export const unknowns = (a: Polynomial): number[] =>
  [...new Set([...a.keys()].flatMap(unknownsIn))].sort((x, y) => x - y);
