"""Regenerates the coefficients of assembly/functions.ts: `python3 tools/fit-functions.py` (NumPy; half a minute).

Weighted least squares whose weights grow where the error is large (Lawson 1961) approach the minimax fit.
"""

import numpy as np

ROUNDS = 300


def minimax(columns, target, denominator=lambda solution: 1.0):
    """Columns [terms, points], target [points] → (largest error, coefficients [terms]) of the best round."""
    weights, solution, best = np.ones_like(target), None, None
    for _ in range(ROUNDS):
        scale = np.abs(columns).max(axis=1)
        row = weights / (1.0 if solution is None else denominator(solution))
        solution = np.linalg.lstsq((columns / scale[:, None] * row).T, target * row, rcond=None)[0] / scale
        error = np.abs(columns.T @ solution - target) / denominator(solution)
        if best is None or error.max() < best[0]:
            best = error.max(), solution
        weights *= 0.5 + error / error.max()
        weights /= weights.mean()
    return best


def fit_tanh(p, q, clamp):
    """tanh v ≈ v·P(u)/Q(u), u = v², Q(0) = 1, on [0, clamp]: linear in all coefficients once multiplied by Q."""
    v = np.linspace(1e-3, clamp, 4000)
    u, t = v * v, np.tanh(v)
    columns = np.stack([v * u**i for i in range(p + 1)] + [-t * u**i for i in range(1, q + 1)])
    quotient = lambda s: 1 + sum(s[p + i] * u**i for i in range(1, q + 1))
    error, solution = minimax(columns, t, quotient)
    print(f"tanh {p}/{q}, clamp {clamp}: {max(error, 1 - np.tanh(clamp)):.2e}", [float(f"{c:.9g}") for c in solution])


def fit_log(degree):
    """ln(1 + m) on [−¼, ½] without a constant term."""
    m = np.linspace(-0.25, 0.5, 20000)
    error, solution = minimax(np.stack([m**i for i in range(1, degree + 1)]), np.log1p(m))
    print(f"ln(1 + m), degree {degree}: {error:.2e}", [float(f"{c:.8g}") for c in solution])


fit_tanh(2, 3, 6.25)
fit_tanh(3, 4, 8.25)
fit_log(7)
