"""Changes to a waveform that leave its word the same."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

Generator = np.random.Generator


def decibels(db: float) -> float:
    """Amplitude factor of a gain in dB."""
    return float(10 ** (db / 20))


def change_speed(samples: np.ndarray, factor: float) -> np.ndarray:
    """Play `factor` times as fast, pitch and all."""
    positions = np.arange(0, len(samples) - 1, factor, dtype=np.float64)
    return np.interp(positions, np.arange(len(samples)), samples).astype(np.float32)


def tilt(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """A random microphone: a spectral tilt, and often a low cut and one resonance or notch."""
    a = rng.uniform(-0.45, 0.45)
    out = lfilter([1.0, a], [1.0 + abs(a)], samples)
    if rng.random() < 0.5:
        pole = rng.uniform(0.9, 0.99)  # first-order high-pass, about 25 to 270 Hz
        out = lfilter([1.0, -1.0], [1.0, -pole], out)
    if rng.random() < 0.5:
        out = peak(out, rng.uniform(200, 6000), rng.uniform(-10, 8))
    return out.astype(np.float32)


def swell(samples: np.ndarray, most: float, rng: Generator) -> np.ndarray:
    """Loudness that wanders by at most `most` dB either way, from one 0.15 s to the next."""
    knots = np.arange(0, len(samples) + 2400, 2400)
    gains = np.interp(np.arange(len(samples)), knots, rng.uniform(-most, most, len(knots)))
    return (samples * 10 ** (gains / 20)).astype(np.float32)


def peak(samples: np.ndarray, frequency: float, gain: float) -> np.ndarray:
    """Peaking filter of Q 1 (Audio EQ Cookbook), frequency in Hz at 16 kHz, gain in dB."""
    w = 2 * np.pi * frequency / 16000
    alpha, a = np.sin(w) / 2, 10 ** (gain / 40)
    b = np.array([1 + alpha * a, -2 * np.cos(w), 1 - alpha * a])
    return lfilter(b, [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a], samples)


def fade(samples: np.ndarray, length: int) -> np.ndarray:
    """Linear fades of `length` samples at both ends."""
    n = min(length, len(samples) // 2)
    out = samples.copy()
    ramp = np.linspace(0, 1, n, dtype=np.float32)
    out[:n] *= ramp
    out[len(out) - n :] *= ramp[::-1]
    return out
