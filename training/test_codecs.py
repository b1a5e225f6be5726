"""Tests of codecs.py: `python -m unittest training.test_codecs`, seconds."""

from __future__ import annotations

import unittest
import warnings
from functools import lru_cache

import numpy as np

from . import codecs

EVERY = np.arange(-32768, 32768).astype(np.int16)


@lru_cache(8)
def word(length: int = 16000) -> np.ndarray:
    """A stand-in for a word: two bursts of a buzz of 150 Hz in faint noise, float32."""
    t = np.arange(length) / codecs.SAMPLE_RATE
    buzz = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 40))
    gate = ((t > 0.3) & (t < 0.45)) | ((t > 0.55) & (t < 0.7))
    noise = 0.0005 * np.random.default_rng(1).standard_normal(length)
    return (0.2 * buzz * gate + noise).astype(np.float32)


def above(samples: np.ndarray, hertz: float) -> float:
    """Share of the energy above a frequency."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(power[np.fft.rfftfreq(len(samples), 1 / codecs.SAMPLE_RATE) > hertz].sum() / power.sum())


class CompandingTest(unittest.TestCase):
    def test_equals_an_independent_g711_on_every_sample(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                import audioop
            except ImportError:
                self.skipTest("this Python has no audioop (it left in 3.13), the second source for G.711")
        pcm = EVERY.tobytes()
        for law, expected in (
            (codecs.u_law, audioop.ulaw2lin(audioop.lin2ulaw(pcm, 2), 2)),
            (codecs.a_law, audioop.alaw2lin(audioop.lin2alaw(pcm, 2), 2)),
        ):
            np.testing.assert_array_equal(law(EVERY), np.frombuffer(expected, np.int16), law.__name__)

    def test_keeps_five_significant_bits(self):
        for law, count in ((codecs.u_law, 255), (codecs.a_law, 256)):
            decoded = law(EVERY).astype(np.int64)
            self.assertEqual(len(np.unique(decoded)), count, law.__name__)
            loud = np.abs(EVERY.astype(np.int64)) > 4000
            loud &= np.abs(EVERY.astype(np.int64)) < 32000
            error = np.abs(decoded - EVERY)[loud] / np.abs(EVERY.astype(np.int64))[loud]
            self.assertLess(error.max(), 1 / 31, law.__name__)

    def test_samples_out_of_range_are_clipped(self):
        loudest = codecs.companded(np.array([-3.0, 3.0], np.float32), "u")
        np.testing.assert_allclose(loudest, np.array([-32124, 32124]) / 32768)


class DegradeTest(unittest.TestCase):
    def test_every_kind_keeps_length_place_and_most_of_the_level(self):
        clip = word()
        frames = clip[: len(clip) // 80 * 80].reshape(-1, 80)
        envelope = np.sqrt(np.mean(frames**2, axis=1))
        for kind, _ in codecs.KINDS:
            for seed in range(6):
                heard = kind(clip, np.random.default_rng(seed))
                self.assertEqual((heard.dtype, heard.shape), (np.float32, clip.shape), kind.__name__)
                self.assertTrue(np.isfinite(heard).all(), kind.__name__)
                other = np.sqrt(np.mean(heard[: frames.size].reshape(-1, 80) ** 2, axis=1))
                lag = int(np.argmax(np.correlate(other, envelope, "full"))) - (len(envelope) - 1)
                self.assertLessEqual(abs(lag), 1, f"{kind.__name__}: {5 * lag} ms late")
                gain = 20 * np.log10(heard.std() / clip.std())
                self.assertTrue(-9 < gain < 14, f"{kind.__name__}: {gain:.1f} dB")
                self.assertGreater(float(np.abs(heard - clip).max()), 1e-4, f"{kind.__name__} changed nothing")

    def test_odd_lengths(self):
        for length in (0, 1, 2, 161, 16001):
            for seed in range(12):
                self.assertEqual(len(codecs.degrade(word(length), np.random.default_rng(seed))), length)

    def test_same_seed_gives_the_same_sound(self):
        for seed in range(20):
            a, b = (codecs.degrade(word(), np.random.default_rng(seed)) for _ in range(2))
            np.testing.assert_array_equal(a, b)

    def test_bands_are_cut(self):
        clip = np.random.default_rng(2).standard_normal(16000).astype(np.float32) * 0.1
        self.assertLess(above(codecs.low_pass(clip, 4000), 4700), 1e-3)
        for seed in range(6):
            self.assertLess(above(codecs.telephone(clip, np.random.default_rng(seed)), 4500), 0.01)
        self.assertGreater(above(clip, 4500), 0.3)

    def test_shares_are_whole(self):
        self.assertAlmostEqual(sum(share for _, share in codecs.KINDS), 1.0)


if __name__ == "__main__":
    unittest.main()
