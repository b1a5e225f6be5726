"""What is heard and how it is labelled."""

from __future__ import annotations

import unittest

import numpy as np

from . import bursts
from .endpoints import active_rms, activity, activity_end, word_bounds
from .features import to_float
from .noise import NoiseBank
from .labels import IGNORED, NEGATIVE, is_negative
from .pieces import Composer
from .recipe import Recipe
from .synthesis import AlignedClip


class EndpointsTest(unittest.TestCase):
    def test_word_bounds_find_the_burst(self):
        start, end = word_bounds(to_float(bursts.burst(1, 500).samples))
        self.assertAlmostEqual(start / 16000, 0.3, delta=0.03)
        self.assertAlmostEqual(end / 16000, 0.7, delta=0.03)

    def test_hum_does_not_hide_the_end(self):
        samples = to_float(bursts.burst(1, 500).samples)
        hum = 0.2 * np.sin(2 * np.pi * 60 * np.arange(len(samples)) / 16000).astype(np.float32)
        for found, bound in zip(word_bounds(samples + hum), (0.3, 0.7)):
            self.assertAlmostEqual(found / 16000, bound, delta=0.04)

    def test_activity_is_within_20_db_of_the_loudest_frame(self):
        samples = np.zeros(16000, np.float32)
        samples[1600:3200] = 0.5
        samples[3200:4800] = 0.0501  # 19.98 dB lower
        samples[4800:6400] = 0.0499  # 20.02 dB lower
        samples[15999] = 1
        samples[-159:] = 0  # nothing in a last whole frame
        active, _ = activity(samples)
        self.assertEqual(np.flatnonzero(active).tolist(), list(range(10, 30)))
        self.assertEqual(activity_end(samples), 4800)
        self.assertAlmostEqual(active_rms(samples), np.sqrt((0.5**2 + 0.0501**2) / 2), places=6)

    def test_a_partial_frame_and_silence(self):
        self.assertEqual(activity_end(np.zeros(1000, np.float32)), 1000)
        self.assertEqual(active_rms(np.zeros(1000, np.float32)), 0)
        samples = np.concatenate([np.full(320, 0.1), np.full(159, 1.0)])
        self.assertEqual(activity_end(samples), 320)


class StreamsTest(unittest.TestCase):
    def composer(self, seed: int = 1) -> Composer:
        return Composer(bursts.library(), Recipe(), seed)

    def test_targets_stand_behind_the_word_end(self):
        labels = self.composer().label(16000, 4800, 11200)
        self.assertEqual(labels[4000], NEGATIVE)
        self.assertEqual(labels[6000], IGNORED)
        self.assertEqual(labels[11200 + 1500], IGNORED)
        self.assertEqual(labels[11200 + 3200], 1)
        self.assertEqual(labels[11200 + 8000], IGNORED)
        self.assertEqual(labels[-1], NEGATIVE if len(labels) > 11200 + 10400 else IGNORED)

    def test_segments_continue_one_another(self):
        streams = bursts.streams()
        (before, labels), (after, _) = streams.segment(), streams.segment()
        np.testing.assert_array_equal(before[:, -240:], after[:, :240])
        self.assertEqual(labels.shape, (bursts.BATCH, bursts.NUM_FRAMES))

    def test_what_came_before_a_stream_is_not_known(self):
        streams = bursts.streams()
        streams.unknown = 10400
        self.assertFalse(is_negative(streams.segment()[1][:, :65]).any())
        self.assertTrue(is_negative(streams.segment()[1]).any())

    def test_an_aligned_word_keeps_its_place_at_any_speed(self):
        burst = bursts.burst(1, 500)
        clip = AlignedClip("sentence", np.concatenate([np.zeros(48000, np.int16), burst.samples]), 52800, 59200)
        for seed in range(5):
            samples, (start, end) = self.composer(seed).in_sentence(clip)
            loud = np.flatnonzero(np.abs(samples) > 0.1)
            self.assertAlmostEqual(start, loud[0], delta=200)
            self.assertAlmostEqual(end, loud[-1], delta=200)

    def test_a_word_beside_another_keeps_its_place(self):
        clip, bounds = to_float(bursts.burst(1, 500).samples), (4800, 11200)
        for seed in range(6):
            samples, (start, end) = self.composer(seed).embed(clip, bounds)
            np.testing.assert_allclose(samples[start + 200 : end - 200], clip[5000:11000], atol=1e-6)

    def test_pieces_are_in_range_and_as_long_as_their_labels(self):
        composer = Composer(bursts.library(mined=True), Recipe(), 3)
        for _ in range(60):
            piece = composer.piece()
            self.assertEqual(piece.samples.shape, piece.labels.shape)
            self.assertTrue(np.isfinite(piece.samples).all())
            self.assertLessEqual(float(np.abs(piece.samples).max()), 1)


class NoiseTest(unittest.TestCase):
    def test_noise_has_unit_level(self):
        clips = [bursts.burst(1, 300)]
        bank, rng = NoiseBank(clips, clips, 1), np.random.default_rng(2)
        for length in (1, 160, 16000, 50000):
            for _ in range(8):
                noise = bank.draw(length, rng)
                self.assertEqual(noise.shape, (length,))
                self.assertLessEqual(float(np.sqrt(np.mean(noise**2))), 1.001)
        self.assertEqual(len(bank.draw(0, rng)), 0)


if __name__ == "__main__":
    unittest.main()
