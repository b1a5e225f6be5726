"""Where a word starts and ends in a short clip, by energy."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

ACTIVITY_FRAME = 160  # samples, 10 ms; activity is measured in frames that don't overlap
ACTIVITY_RANGE = 20.0  # dB below the loudest frame's level within which a frame is active
FRAME = 320  # samples, 20 ms
HOP = 160  # samples, 10 ms
LONGEST_CLOSURE = 18  # hops; the stop inside a word, such as the "pp" of "happy", is shorter
# Hum and rumble would hide the word's end: with them, bounds of a distant voice are up to a second off.
ABOVE_HUM = butter(2, 300, "highpass", fs=16000, output="sos")
RELATIVE_LEVEL = 0.35  # of the way from the clip's floor to its peak, in dB


def levels(samples: np.ndarray) -> np.ndarray:
    """Energy in dB of frames of 20 ms every 10 ms: [frames] from float samples [n >= 320]."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    return 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-9)


def word_bounds(samples: np.ndarray) -> tuple[int, int]:
    """First and one-past-last sample of the word: frames near the peak, gaps up to a closure bridged."""
    level = np.convolve(levels(sosfilt(ABOVE_HUM, samples)), np.ones(3) / 3, mode="same")
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


def activity(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which frames are active, [frames] bool, and the mean square of each, [frames]; a partial last one is dropped."""
    count = len(samples) // ACTIVITY_FRAME
    frames = samples[: count * ACTIVITY_FRAME].reshape(count, ACTIVITY_FRAME)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loudest = power.max() if count else 0.0
    return (power >= loudest * 10 ** (-ACTIVITY_RANGE / 10)) & (power > 0), power


def activity_end(samples: np.ndarray) -> int:
    """One past the last sample of the last active frame; the length where nothing is active."""
    active = np.flatnonzero(activity(samples)[0])
    return int(active[-1] + 1) * ACTIVITY_FRAME if len(active) else len(samples)


def active_rms(samples: np.ndarray) -> float:
    """Root mean square over the active frames, the level of the speech in a clip; 0 where nothing is active."""
    active, power = activity(samples)
    return float(np.sqrt(power[active].mean())) if active.any() else 0.0
