"""Another pitch at the same formants, for a voice that can't be asked for one, by linear prediction (Atal and Hanauer
1971).

The residual, what is left of speech without its vocal tract, is played faster or slower, and goes through the tract's
filter again.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter, lfiltic, resample_poly

ORDER = 18  # of the filter: two a formant at 16 kHz, and two for the voice's tilt
HOP, WINDOW = 160, 512  # samples between filters and behind one: 10 and 32 ms at 16 kHz
WHITENING = 1e-4  # of the energy, added to it: keeps the filter stable in silence
FACTOR_STEP = 0.02  # keeps the resampling filter short


def tract(samples: np.ndarray) -> np.ndarray:
    """The whitening filter of one window, [ORDER + 1], by the autocorrelation method."""
    windowed = samples * np.hanning(len(samples))
    found = np.correlate(windowed, windowed, "full")[len(windowed) - 1 :][: ORDER + 1]
    found[0] = found[0] * (1 + WHITENING) + 1e-9
    return np.concatenate([[1.0], -solve_toeplitz(found[:-1], found[1:])])


def repitched(samples: np.ndarray, factor: float) -> np.ndarray:
    """Samples [n] at 16 kHz with a pitch `factor` times as high, 0.5 to 3; they get shorter by the factor."""
    steps = round(factor / FACTOR_STEP)
    padded = np.pad(samples, WINDOW)
    starts = range(0, len(samples), HOP)
    middle = WINDOW + HOP // 2 - WINDOW // 2  # of a hop's window, in the padded samples
    filters = [tract(padded[at + middle : at + middle + WINDOW]) for at in starts]
    residual = np.concatenate([
        lfilter(a, 1.0, padded[WINDOW + at - ORDER : WINDOW + at + HOP])[ORDER:] for at, a in zip(starts, filters)
    ])
    played = resample_poly(residual, round(1 / FACTOR_STEP), steps)
    edges = np.round(np.arange(len(filters) + 1) * HOP / (steps * FACTOR_STEP)).astype(int)
    spoken = np.zeros(ORDER + edges[-1])
    for a, start, end in zip(filters, edges, edges[1:]):
        past = spoken[start : start + ORDER][::-1]
        part = np.pad(played[start:end], (0, max(0, end - max(start, len(played)))))[: end - start]
        spoken[ORDER + start : ORDER + end] = lfilter([1.0], a, part, zi=lfiltic([1.0], a, past))[0]
    return spoken[ORDER:]
