"""Posteriors to events, with the runtime's semantics."""

from __future__ import annotations

import numpy as np

HOP_LENGTH = 160  # samples
WINDOW_LENGTH = 400  # samples
SAMPLE_RATE = 16000  # Hz


def frame_time(frame: int) -> float:
    """Time of a frame in seconds: the end of its window."""
    return (frame * HOP_LENGTH + WINDOW_LENGTH) / SAMPLE_RATE


def output_time(output: int, period: int) -> float:
    """Time of a posterior in seconds: the end of the frame that completed it, every `period`-th frame."""
    return frame_time(output * period + period - 1)


def outputs(milliseconds: float, period: int) -> int:
    """A duration in posteriors of `period` frames of 10 ms each, rounded half up as the runtime does."""
    return int(milliseconds * SAMPLE_RATE / 1000 / HOP_LENGTH / period + 0.5)


def smooth(posteriors: np.ndarray, smoothing: float, period: int = 1) -> np.ndarray:
    """Mean of the last `smoothing` ms of posteriors, of fewer at the start. [outputs] to [outputs]."""
    n = max(1, outputs(smoothing, period))
    total = np.concatenate([[0.0], np.cumsum(posteriors, dtype=np.float64)])
    end = np.arange(1, len(posteriors) + 1)
    start = np.maximum(0, end - n)
    return (total[end] - total[start]) / (end - start)


def detect(
    posteriors: np.ndarray, threshold: float, smoothing: float, refractory: float, period: int = 1
) -> list[float]:
    """Event times in seconds. Smoothing and refractory are milliseconds; the state before the stream is armed."""
    above = smooth(posteriors, smoothing, period) >= threshold
    quiet = outputs(refractory, period)
    events: list[float] = []
    last, armed = -quiet, True
    for k in np.flatnonzero(above | np.roll(above, 1)):
        if not above[k]:
            armed = True
        elif armed and k - last >= quiet:
            events.append(output_time(int(k), period))
            last, armed = int(k), False
    return events


def peaks(
    posteriors: np.ndarray, smoothing: float, period: int, apart: float, lowest: float
) -> list[tuple[float, int]]:
    """Heights and places of the peaks of smoothed posteriors [outputs], the highest first.

    None lies within `apart` seconds of a higher one, none is below `lowest`.
    """
    smoothed = smooth(posteriors, smoothing, period)
    reach = outputs(1000 * apart, period)
    free = np.ones(len(smoothed), bool)
    found = []
    for k in np.argsort(-smoothed, kind="stable"):
        if smoothed[k] < lowest:
            break
        if free[k]:
            found.append((float(smoothed[k]), int(k)))
            free[max(0, k - reach) : k + reach + 1] = False
    return found
