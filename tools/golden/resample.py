"""Writes test/fixtures/resampler/vectors.json: `python3 resample.py` (requirements.txt, and soxr==1.1.0).

Two originals hear the same 16-bit samples. `scipy`: scipy.signal.resample_poly with the taps of src/audio/low-pass.ts, in float64,
so that positions, ends and counts are compared, and rounding is all that differs. `soxr`: libsoxr at its best quality, whose filter
is another one: the samples hold nothing above 0.3 of the lower rate, and fade in and out.
"""

import json
import re
from pathlib import Path

import numpy as np
import soxr
from scipy.signal import firwin, resample_poly

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(160)
HALF_LENGTH = 20
PAIRS = [(48000, 16000, 620), (44100, 16000, 601), (22050, 16000, 331), (8000, 16000, 201), (16000, 8000, 333), (11025, 48000, 150)]

source = (ROOT / "src/audio/low-pass.ts").read_text()
coefficients = [float(c) for c in re.search(r"COEFFICIENTS = \[(.*?)\]", source, re.S)[1].split(",") if c.strip()]


def taps(unit):
    """h at the times n / unit, |n| ≤ 20·unit, as resample_poly takes them: it multiplies by the upsampling factor."""
    t = np.arange(-HALF_LENGTH * unit, HALF_LENGTH * unit + 1) / unit
    return sum(c * np.cos(np.pi * k * t / HALF_LENGTH) for k, c in enumerate(coefficients)) / unit


def vector(rate, to, length):
    divisor = np.gcd(rate, to)
    up, down = int(to // divisor), int(rate // divisor)
    noise = np.convolve(RNG.normal(size=length + 800), firwin(801, 0.26 * min(rate, to), fs=rate), "valid")
    fading = noise * np.hanning(length)
    samples = np.round(20000 * fading / np.abs(fading).max()).astype(np.int16)
    floats = samples / 32768
    return {
        "from": rate,
        "to": to,
        "samples": samples.tolist(),
        "scipy": [float(f"{y:.9f}") for y in resample_poly(floats, up, down, window=taps(max(up, down)))],
        "soxr": [float(f"{y:.7f}") for y in soxr.resample(floats, rate, to, quality="VHQ")],
    }


vectors = [vector(*pair) for pair in PAIRS]
path = ROOT / "test/fixtures/resampler/vectors.json"
path.write_text("[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in vectors) + "\n]\n")
for v in vectors:
    n = min(len(v["scipy"]), len(v["soxr"]))
    print(v["from"], v["to"], len(v["samples"]), len(v["scipy"]), len(v["soxr"]), np.abs(np.subtract(v["scipy"][:n], v["soxr"][:n])).max())
