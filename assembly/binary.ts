import { clearPadding } from './lanes';

/** The functions of `binary`, in the order of BINARY_FUNCTIONS in src/kernels/table.ts. */
export const enum Binary {
  add,
  sub,
  mul,
  div,
  min,
  max,
}

@inline function apply(f: Binary, a: v128, b: v128): v128 {
  switch (f) {
    case Binary.add: return f32x4.add(a, b);
    case Binary.sub: return f32x4.sub(a, b);
    case Binary.mul: return f32x4.mul(a, b);
    case Binary.div: return f32x4.div(a, b);
    case Binary.min: return f32x4.min(a, b); // not pmin: NaN in either operand is the result
    default: return f32x4.max(a, b);
  }
}

/** One loop a function, as in `unary`. */
@inline function each(f: Binary, a: usize, b: usize, y: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, apply(f, v128.load(a + i), v128.load(b + i)));
}

/**
 * y [n] = f(a [n], b [n]), f32, in place if y is a or b. Buffers are padded to a multiple of 4. The padding of y is zero, also
 * where it would be 0 / 0.
 */
export function binary(a: usize, b: usize, y: usize, n: i32, f: Binary): void {
  const bytes: usize = n << 2;
  switch (f) {
    case Binary.add: { each(Binary.add, a, b, y, bytes); break; }
    case Binary.sub: { each(Binary.sub, a, b, y, bytes); break; }
    case Binary.mul: { each(Binary.mul, a, b, y, bytes); break; }
    case Binary.div: { each(Binary.div, a, b, y, bytes); break; }
    case Binary.min: { each(Binary.min, a, b, y, bytes); break; }
    default: each(Binary.max, a, b, y, bytes);
  }
  clearPadding(y, n);
}
