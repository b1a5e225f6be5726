"""The threshold and smoothing to ship, chosen on validation."""

from __future__ import annotations

import numpy as np

from .detection import peaks
from .evaluate import CLEAN, NOISY, SMOOTHINGS, THRESHOLDS, operating_point
from .protocol import MeasuredStream

LONGEST_LATENCY = 230  # ms after the word's end, median
# In misses: what the project accepts in its test is 5 misses, 1 alarm, and 14 misses at 10 dB.
ALARM_COST, NOISY_COST = 5.0, 5 / 14
TAIL = 20  # highest peaks of the negatives, from which the rate at any threshold is estimated
APART = 1.0  # s between peaks; the refractory period
LOWEST = 1e-3  # posterior from which a peak may belong to the tail


def logit(p: np.ndarray | float) -> np.ndarray:
    """Log odds of a probability, finite at 0 and 1."""
    return np.log(np.asarray(p) + 1e-6) - np.log(1 - np.asarray(p) + 1e-6)


class AlarmTail:
    """The number of alarms to expect at a threshold, from the highest peaks of the negatives.

    Above a high enough level the excess of peaks, in log odds, is taken as exponential (peaks over threshold), so that
    the estimate doesn't jump with the single alarm that happens to lie in an hour of sound.
    """

    def __init__(self, heights: np.ndarray):
        """`heights`: smoothed posteriors of peaks, [peaks]."""
        highest = np.sort(logit(heights))[::-1][: TAIL + 1]
        if len(highest) < 3:
            raise ValueError(f"{len(highest)} peaks in the negatives, expected at least 3 to estimate alarms from")
        self.level, excess = highest[-1], highest[:-1] - highest[-1]
        self.count, self.mean = len(excess), float(excess.mean())

    def expected(self, threshold: float) -> float:
        """Alarms in the negatives, as many as in the tail where the threshold is below it."""
        over = max(0.0, float(logit(threshold) - self.level))
        return self.count * float(np.exp(-over / self.mean))


def priced(
    streams: dict[str, MeasuredStream], posteriors: dict[str, np.ndarray], period: int, refractory: float
) -> list[dict]:
    """Operating points with the alarms to expect, `expected`, and their `cost` in misses."""
    points = []
    for smoothing in SMOOTHINGS:
        heights = [
            height
            for name, stream in posteriors.items()
            if name not in (CLEAN, NOISY)
            for height, _ in peaks(stream, smoothing, period, APART, LOWEST)
        ]
        tail = AlarmTail(np.array(heights))
        for threshold in THRESHOLDS:
            point = operating_point(streams, posteriors, threshold, smoothing, refractory, period)
            expected = tail.expected(threshold)
            cost = point["missed"] + NOISY_COST * point["missedNoisy"] + ALARM_COST * max(expected, point["total"])
            points.append({**point, "expected": round(expected, 3), "cost": round(cost, 3)})
    return points


def choose_by_alarms(points: list[dict], alarms: float) -> dict:
    """The point with the fewest misses of those with at most so many alarms to expect in the negatives; of equals the
    lowest threshold. Needs no clips of the word: few, or of one voice, tell little of others.
    """
    allowed = [p for p in points if p["expected"] <= alarms and p["total"] <= max(1, alarms) and p["threshold"] < 1]
    if not allowed:
        fewest = min(p["expected"] for p in points)
        raise ValueError(
            f"no threshold has at most 1 alarm in the validation negatives and {alarms:g} to expect, expected some to; "
            f"the fewest to expect are {fewest:g}: train for more steps, or allow more with --alarms"
        )
    quick = [p for p in allowed if p["latency"] and p["latency"][0] <= LONGEST_LATENCY]
    return min(quick or allowed, key=lambda p: (p["missed"], p["missedNoisy"], p["threshold"]))


def choose(points: list[dict]) -> dict:
    """The cheapest point that is quick enough; of equals the one with the highest threshold."""
    quick = [p for p in points if p["latency"] and p["latency"][0] <= LONGEST_LATENCY]
    if not quick:
        raise ValueError(
            f"no threshold hears the word within {LONGEST_LATENCY} ms in the median, expected some to; "
            "train for more steps"
        )
    return min(quick, key=lambda p: (p["cost"], -p["threshold"]))
