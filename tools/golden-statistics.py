"""Regenerates test/fixtures/evaluation: `python3 tools/golden-statistics.py` (versions of training/requirements.txt).

Intervals by SciPy's quantiles of the beta and the chi-squared distribution. They are checked here against the interval
of scipy.stats.binomtest, whose root finder, good to 2e-12, is too coarse for rare counts.
"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import beta, binomtest, chi2

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "evaluation"
LOW, HIGH, ONE_SIDED = 0.025, 0.975, 0.95

COUNTS = (0, 1, 2, 5, 27, 170)
TRIALS = (1, 2, 7, 10, 180, 189, 1000, 99999, 100000)
PROPORTIONS = [(k, n) for n in TRIALS for k in sorted({*COUNTS, n // 2, n - 1, n}) if k <= n]
ALARMS = [0, 1, 2, 3, 4, 7, 15, 16, 17, 30, 100, 365, 1000, 12345, 99999, 100000]
HOURS = [0.1, 1.304, 100.0]
SPLITS = [(0, 0), (0, 1), (0, 5), (1, 5), (4, 4), (4, 5), (3, 12), (27, 8), (0, 1000), (180, 230), (1000, 1001)]
SPLITS += [(49500, 50500), (100000, 99000)]


def proportion(count, trials):
    """Clopper and Pearson (1934)."""
    low = 0.0 if count == 0 else float(beta.ppf(LOW, count, trials - count + 1))
    high = 1.0 if count == trials else float(beta.ppf(HIGH, count + 1, trials - count))
    exact = binomtest(count, trials).proportion_ci(method="exact")
    np.testing.assert_allclose((low, high), (exact.low, exact.high), atol=1e-11)
    return {"count": count, "trials": trials, "interval": [low, high]}


def rate(count, hours):
    """Garwood (1936); one-sided above where there is none."""
    upper = float(chi2.ppf(ONE_SIDED, 2 * count + 2) / 2 / hours)
    interval = [0.0, upper]
    if count > 0:
        interval = [float(chi2.ppf(LOW, 2 * count) / 2 / hours), float(chi2.ppf(HIGH, 2 * count + 2) / 2 / hours)]
    return {"count": count, "hours": hours, "interval": interval, "upper": upper}


def split(first, second):
    """The same counts for McNemar's test and for two Poisson counts: both divide their sum by even chances."""
    p = float(binomtest(first, first + second).pvalue) if first + second > 0 else 1.0
    return {"counts": [first, second], "p": p}


def signal(seed, segments):
    """[samples] float32: noise of 16 bits from the generator of Numerical Recipes, each segment with its gain."""
    parts = []
    for count, gain in segments:
        states = []
        for _ in range(count):
            seed = (1664525 * seed + 1013904223) % 2**32
            states.append((seed >> 16) / 32768 - 1)
        parts.append((np.array(states) * gain).astype(np.float32))
    return np.concatenate(parts)


def activity(name, rate_hz, segments):
    """End in seconds and RMS of the 10 ms frames within 20 dB of the loudest one."""
    samples = signal(SEED, segments).astype(np.float64)
    length = int(np.floor(rate_hz / 100 + 0.5))
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    levels = 10 * np.log10(np.maximum(np.mean(frames**2, axis=1), 1e-300))
    assert len(levels) == 0 or np.abs(levels - levels.max() + 20).min() > 1e-6, f"{name}: a frame right at the limit"
    end, rms = len(samples) / rate_hz, 0.0
    if np.any(frames):
        active = np.flatnonzero(levels >= levels.max() - 20)
        end, rms = (active[-1] + 1) * length / rate_hz, float(np.sqrt(np.mean(frames[active] ** 2)))
    return {"name": name, "sampleRate": rate_hz, "seed": SEED, "segments": segments, "end": end, "rms": rms}


SEED = 20250
FADES = [[170, 0.002], [900, 0.3], [333, 0.05], [700, 0.9], [400, 0.2], [300, 0.11], [250, 0.085], [801, 0.01]]
ACTIVITIES = [
    activity("a burst in quiet noise", 16000, [[1600, 0.001], [3200, 0.5], [1600, 0.001]]),
    activity("a tail 19 dB below", 16000, [[1600, 0.5], [1600, 0.5 * 10 ** (-19 / 20)], [1600, 0.001]]),
    activity("a tail 21 dB below", 16000, [[1600, 0.5], [1600, 0.5 * 10 ** (-21 / 20)]]),
    activity("a word in two parts", 8000, [[400, 0.0], [800, 0.1], [1200, 0.0005], [240, 0.04], [300, 0.0]]),
    activity("the loudest in a frame that is not whole", 16000, [[1600, 0.1], [159, 1.0]]),
    activity("110 samples a frame", 11025, FADES),
    activity("221 samples a frame", 22050, FADES),
    activity("441 samples a frame", 44100, FADES),
    activity("amplified beyond full scale", 16000, [[500, 0.1], [500, 4.0], [500, 0.3]]),
    activity("nearly silent", 16000, [[500, 1e-30], [500, 1e-25], [500, 1e-30]]),
    activity("digital silence", 16000, [[1000, 0.0]]),
    activity("shorter than a frame", 16000, [[159, 0.5]]),
    activity("one frame", 16000, [[160, 0.5]]),
]


def write(name, rows):
    """A JSON list with a row a line."""
    FOLDER.mkdir(exist_ok=True)
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    (FOLDER / name).write_text(f"[\n{lines}\n]\n")


write("proportions.json", [proportion(*each) for each in PROPORTIONS])
write("rates.json", [rate(count, hours) for count in ALARMS for hours in HOURS])
write("splits.json", [split(*each) for each in SPLITS])
write("activity.json", ACTIVITIES)
