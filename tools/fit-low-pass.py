"""Regenerates the coefficients of src/audio/low-pass.ts: `python3 tools/fit-low-pass.py` (NumPy, SciPy; seconds).

A linear program finds the impulse response h(t) = Σ c_k·cos(2πkt/T), |t| < T/2, of the least stop band. Frequencies are in parts of
the lower sample rate, t in its intervals. h(±T/2) = 0 makes the response fall by 12 dB an octave at the far end.
"""

import numpy as np
from scipy.optimize import linprog

T = 40  # intervals
TERMS = 26
PASS, STOP, FAR = 0.45, 0.55, 12.0
# Most of speech is let through within 0.0005 dB; towards the edge 0.09 dB are worth 43 dB of stop band.
FLAT, RIPPLE_FLAT, RIPPLE = 0.3, 0.0005, 0.09  # frequency, dB, dB


def response(f):
    """The transform of every cosine at frequencies f: [f, TERMS]."""
    f, k = np.asarray(f)[:, None], np.arange(TERMS)
    return T / 2 * (np.sinc(f * T - k) + np.sinc(f * T + k))


def fit():
    passing = np.linspace(0, PASS, 1000)
    stopped = np.concatenate([np.linspace(STOP, 2, 820), np.linspace(2, FAR, 2000)])
    ripple = 10 ** (np.where(passing < FLAT, RIPPLE_FLAT, RIPPLE) / 20) - 1
    inside, outside, scale = response(passing), response(stopped), 1e4
    # The last unknown is the stop band's largest value, times `scale`.
    rows = np.vstack([
        np.hstack([side, np.full((len(side), 1), bound)])
        for side, bound in [(inside, 0), (-inside, 0), (outside * scale, -1), (-outside * scale, -1)]
    ])  # fmt: skip
    bounds = np.concatenate([1 + ripple, ripple - 1, np.zeros(2 * len(stopped))])
    ends = np.append((-1.0) ** np.arange(TERMS), 0)[None]
    cost = np.append(np.zeros(TERMS), 1)
    free = [(None, None)] * TERMS + [(0, None)]
    return linprog(cost, rows, bounds, ends, [0], free, method="highs").x[:TERMS]


coefficients = np.array([float(f"{c:.12f}") for c in fit()])
coefficients[0] -= coefficients @ (-1.0) ** np.arange(TERMS)
fine = np.linspace(0, 40, 400_001)
level = 20 * np.log10(np.abs(np.concatenate([response(part) @ coefficients for part in np.split(fine[:-1], 100)])) + 1e-12)
fine = fine[:-1]
for name, where in [("to 0.3", fine <= FLAT), ("to 0.45", fine <= PASS)]:
    print(f"pass band {name}: {level[where].min():.4f} to {level[where].max():.4f} dB")
print(f"stop band from 0.55: {level[fine >= STOP].max():.2f} dB")
print([float(f"{c:.12f}") for c in coefficients])
