import { exp, log, sigmoid, softplus, tanh } from './functions';
import { clearPadding } from './lanes';

/** The functions of `unary`, in the order of UNARY_FUNCTIONS in src/kernels/table.ts. α and β are their parameters. */
export const enum Unary {
  affine, // α·x + β
  elu, // x, α·(eˣ − 1) below 0
  hardSigmoid, // max(0, min(1, α·x + β))
  leakyRelu, // x, α·x below 0
  relu,
  scaledTanh, // α·tanh(β·x)
  sigmoid,
  softplus, // ln(1 + eˣ)
  softsign, // x / (1 + |x|)
  tanh,
  thresholdedRelu, // x above α, else 0
  clip, // min(β, max(α, x))
  abs,
  exp,
  log,
  neg,
  sqrt,
  reciprocal,
}

@inline function apply(f: Unary, x: v128, alpha: v128, beta: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  switch (f) {
    case Unary.affine: return f32x4.add(f32x4.mul(alpha, x), beta);
    case Unary.elu: return v128.bitselect(f32x4.mul(alpha, f32x4.sub(exp(x), one)), x, f32x4.lt(x, zero));
    case Unary.hardSigmoid: return f32x4.pmax(zero, f32x4.pmin(one, f32x4.add(f32x4.mul(alpha, x), beta)));
    case Unary.leakyRelu: return v128.bitselect(f32x4.mul(alpha, x), x, f32x4.lt(x, zero));
    case Unary.relu: return f32x4.pmax(zero, x);
    case Unary.scaledTanh: return f32x4.mul(alpha, tanh(f32x4.mul(beta, x)));
    case Unary.sigmoid: return sigmoid(x);
    case Unary.softplus: return softplus(x);
    case Unary.softsign: return f32x4.div(x, f32x4.add(one, f32x4.abs(x)));
    case Unary.tanh: return tanh(x);
    case Unary.thresholdedRelu: return v128.and(x, f32x4.gt(x, alpha));
    case Unary.clip: return f32x4.pmin(beta, f32x4.pmax(alpha, x));
    case Unary.abs: return f32x4.abs(x);
    case Unary.exp: return exp(x);
    case Unary.log: return log(x);
    case Unary.neg: return f32x4.neg(x);
    case Unary.sqrt: return f32x4.sqrt(x);
    default: return f32x4.div(one, x);
  }
}

/** One loop a function: with the switch inside, those of one instruction take three times as long. */
@inline function each(f: Unary, x: usize, alpha: v128, beta: v128, y: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(x + i);
    v128.store(y + i, v128.bitselect(apply(f, v, alpha, beta), v, f32x4.eq(v, v)));
  }
}

/**
 * y [n] = f(x [n]), f32, in place if y = x. Buffers are padded to a multiple of 4. The padding of y is zero, not f(0): a
 * quantizer behind it would take sigmoid(0) for the largest value. NaN stays NaN, which the functions themselves send to a
 * bound: a score computed from nothing must not look like certainty.
 *
 * @param parameters α, β f32 and 8 bytes unused
 */
export function unary(x: usize, parameters: usize, y: usize, n: i32, f: Unary): void {
  const alpha = v128.load32_splat(parameters), beta = v128.load32_splat(parameters, 4), bytes: usize = n << 2;
  switch (f) {
    case Unary.affine: { each(Unary.affine, x, alpha, beta, y, bytes); break; }
    case Unary.elu: { each(Unary.elu, x, alpha, beta, y, bytes); break; }
    case Unary.hardSigmoid: { each(Unary.hardSigmoid, x, alpha, beta, y, bytes); break; }
    case Unary.leakyRelu: { each(Unary.leakyRelu, x, alpha, beta, y, bytes); break; }
    case Unary.relu: { each(Unary.relu, x, alpha, beta, y, bytes); break; }
    case Unary.scaledTanh: { each(Unary.scaledTanh, x, alpha, beta, y, bytes); break; }
    case Unary.sigmoid: { each(Unary.sigmoid, x, alpha, beta, y, bytes); break; }
    case Unary.softplus: { each(Unary.softplus, x, alpha, beta, y, bytes); break; }
    case Unary.softsign: { each(Unary.softsign, x, alpha, beta, y, bytes); break; }
    case Unary.tanh: { each(Unary.tanh, x, alpha, beta, y, bytes); break; }
    case Unary.thresholdedRelu: { each(Unary.thresholdedRelu, x, alpha, beta, y, bytes); break; }
    case Unary.clip: { each(Unary.clip, x, alpha, beta, y, bytes); break; }
    case Unary.abs: { each(Unary.abs, x, alpha, beta, y, bytes); break; }
    case Unary.exp: { each(Unary.exp, x, alpha, beta, y, bytes); break; }
    case Unary.log: { each(Unary.log, x, alpha, beta, y, bytes); break; }
    case Unary.neg: { each(Unary.neg, x, alpha, beta, y, bytes); break; }
    case Unary.sqrt: { each(Unary.sqrt, x, alpha, beta, y, bytes); break; }
    default: each(Unary.reciprocal, x, alpha, beta, y, bytes);
  }
  clearPadding(y, n);
}
