"""Posteriors to events, with the runtime's semantics."""

from __future__ import annotations

import numpy as np

HOP_LENGTH = 160  # samples
WINDOW_LENGTH = 400  # samples
SAMPLE_RATE = 16000  # Hz


def frame_time(frame: int) -> float:
    """Time of a frame in seconds: the end of its window."""
    return (frame * HOP_LENGTH + WINDOW_LENGTH) / SAMPLE_RATE


def smooth(posteriors: np.ndarray, smoothing: float) -> np.ndarray:
    """Mean of the last round(smoothing / 10 ms) posteriors, of fewer at the start. [frames] to [frames]."""
    n = max(1, int(smoothing / 10 + 0.5))
    total = np.concatenate([[0.0], np.cumsum(posteriors, dtype=np.float64)])
    end = np.arange(1, len(posteriors) + 1)
    start = np.maximum(0, end - n)
    return (total[end] - total[start]) / (end - start)


def detect(posteriors: np.ndarray, threshold: float, smoothing: float, refractory: float) -> list[float]:
    """Event times in seconds. Smoothing and refractory are milliseconds; the state before the stream is armed."""
    above = smooth(posteriors, smoothing) >= threshold
    events: list[float] = []
    armed = True
    for frame in np.flatnonzero(above | np.roll(above, 1)):
        if not above[frame]:
            armed = True
            continue
        time = frame_time(int(frame))
        if armed and (not events or time - events[-1] >= refractory / 1000 - 1e-9):
            events.append(time)
            armed = False
    return events
