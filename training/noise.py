"""Noise of unit level: recorded, coloured, and many people talking."""

from __future__ import annotations

from functools import cache

import numpy as np

from .augment import change_speed
from .corpus import Clip
from .features import to_float

Generator = np.random.Generator
COLOURED = 1 << 20  # samples of each colour, 66 s; a power of two, of which Fourier transforms are fast
SLOPES = (0.0, 0.5, 1.0, 1.5, 2.0)  # of power over frequency, white to brown
LOWEST = 40  # Hz, below which coloured noise is flat
QUIETEST = 1e-4  # RMS below which an excerpt can't be scaled to a level


def coloured_noise(slope: float, rng: Generator) -> np.ndarray:
    """[COLOURED] float32 whose power falls as 1/f^slope, of unit RMS; its end joins its beginning."""
    spectrum = np.fft.rfft(rng.standard_normal(COLOURED))
    f = np.maximum(np.arange(len(spectrum)), COLOURED * LOWEST / 16000)
    noise = np.fft.irfft(spectrum * f ** (-slope / 2), COLOURED)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def excerpt(samples: np.ndarray, length: int, rng: Generator) -> np.ndarray:
    """`length` samples from a random place, repeated where the recording is shorter."""
    if len(samples) < length:
        samples = np.tile(samples, length // len(samples) + 1)
    start = rng.integers(len(samples) - length + 1)
    return samples[start : start + length]


def leveled(samples: np.ndarray) -> np.ndarray:
    """At unit RMS; what is nearly silent stays quiet."""
    return (samples / max(float(np.sqrt(np.mean(np.square(samples)))), QUIETEST)).astype(np.float32)


@cache
def colours(seed: int) -> list[np.ndarray]:
    """Coloured noise of all slopes, made once a process."""
    rng = np.random.default_rng(seed)
    return [coloured_noise(slope, rng) for slope in SLOPES]


class NoiseBank:
    """Everything that noise is drawn from."""

    def __init__(self, recorded: list[Clip], voices: list[Clip], seed: int):
        self.recorded, self.voices = recorded, voices
        self.coloured = colours(seed)

    def one_of(self, clips: list[Clip], length: int, rng: Generator) -> np.ndarray:
        """[length] float32 of one recording, at times faster or slower."""
        samples = clips[rng.integers(len(clips))].samples
        if rng.random() < 0.7:
            return to_float(excerpt(samples, length, rng))
        factor = rng.uniform(0.7, 1.4)
        stretched = change_speed(to_float(excerpt(samples, int(length * factor) + 2, rng)), factor)
        return np.resize(stretched, length)

    def babble(self, length: int, rng: Generator) -> np.ndarray:
        """[length] float32 of two to five voices at once."""
        total = np.zeros(length, np.float32)
        for _ in range(rng.integers(2, 6)):
            total += leveled(self.one_of(self.voices, length, rng)) * rng.uniform(0.4, 1)
        return total

    def drawn(self, length: int, rng: Generator) -> tuple[np.ndarray, bool]:
        """[length] float32 of unit RMS, and whether somebody speaks in it."""
        kind = rng.random()
        if kind < 0.58:
            noise = self.one_of(self.recorded, length, rng)
        elif kind < 0.80:
            a, b = (self.coloured[rng.integers(len(SLOPES))] for _ in range(2))
            noise = excerpt(a, length, rng) + rng.uniform(0, 1) * excerpt(b, length, rng)
        elif kind < 0.92:
            noise = self.babble(length, rng)
        else:
            noise = self.one_of(self.voices, length, rng)
        return leveled(noise), kind >= 0.80

    def draw(self, length: int, rng: Generator) -> np.ndarray:
        """[length] float32 of unit RMS."""
        return self.drawn(length, rng)[0] if length else np.zeros(0, np.float32)
