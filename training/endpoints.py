"""Where a word starts and ends in a short clip, by energy."""

from __future__ import annotations

import numpy as np

FRAME = 320  # samples, 20 ms
HOP = 160  # samples, 10 ms
LONGEST_CLOSURE = 18  # hops; the stop inside a word, such as the "pp" of "happy", is shorter
RELATIVE_LEVEL = 0.35  # of the way from the clip's floor to its peak, in dB


def levels(samples: np.ndarray) -> np.ndarray:
    """Energy in dB of frames of 20 ms every 10 ms: [frames] from float samples [n >= 320]."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    return 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-9)


def word_bounds(samples: np.ndarray) -> tuple[int, int]:
    """First and one-past-last sample of the word: frames near the peak, gaps up to a closure bridged."""
    level = np.convolve(levels(samples), np.ones(3) / 3, mode="same")
    floor, peak = np.percentile(level[1:-1], 5), level[1:-1].max()
    loud = level > max(floor + RELATIVE_LEVEL * (peak - floor), peak - 30)
    loud[0] = loud[-1] = False
    active = np.flatnonzero(loud)
    at = int(np.searchsorted(active, int(np.argmax(np.where(loud, level, -np.inf)))))
    first = last = at
    while first > 0 and active[first] - active[first - 1] <= LONGEST_CLOSURE:
        first -= 1
    while last + 1 < len(active) and active[last + 1] - active[last] <= LONGEST_CLOSURE:
        last += 1
    return int(active[first]) * HOP, min(len(samples), int(active[last]) * HOP + FRAME)


def closure(samples: np.ndarray, start: int, end: int) -> int | None:
    """Sample of the quietest moment in the middle of a word, or None where there is no clear dip."""
    level = levels(samples[start:end])
    inner = slice(len(level) // 4, len(level) * 3 // 4)
    if len(level) < 20:
        return None
    dip = int(np.argmin(level[inner])) + inner.start
    if level[dip] > min(level[: inner.start].max(), level[inner.stop :].max()) - 8:
        return None
    return start + dip * HOP + FRAME // 2


def active_rms(samples: np.ndarray) -> float:
    """Root mean square of the louder half of a recording's frames, its speech level; 0 for digital silence."""
    if len(samples) < FRAME:
        return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
    power = np.sort(np.mean(np.square(np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]), axis=1))
    return float(np.sqrt(np.mean(power[len(power) // 2 :])))
