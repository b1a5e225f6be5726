"""Events, hits and alarms, and the measured streams."""

from __future__ import annotations

import unittest

import numpy as np

from . import bursts, decision, detection, evaluate, intervals, protocol
from .endpoints import active_rms
from .features import to_float


class DetectionTest(unittest.TestCase):
    def test_smoothing_averages_what_there_is(self):
        got = detection.smooth(np.array([1.0, 0.0, 0.5, 0.5]), 20)
        np.testing.assert_allclose(got, [1.0, 0.5, 0.25, 0.5])
        np.testing.assert_allclose(detection.smooth(np.array([1.0, 0.0, 0.5, 0.5]), 40, period=2), got)

    def test_one_event_until_the_posterior_falls(self):
        posteriors = np.array([0, 0.9, 0.9, 0.9, 0, 0.9, 0, 0, 0, 0, 0, 0.9])
        self.assertEqual(detection.detect(posteriors, 0.5, 10, 100), [0.035, 0.135])

    def test_an_output_has_the_time_of_the_frame_that_completed_it(self):
        self.assertEqual(detection.output_time(0, 1), 0.025)
        self.assertEqual(detection.output_time(0, 2), 0.035)
        posteriors = np.array([0, 0.9, 0, 0.9, 0, 0.9, 0, 0.9])
        self.assertEqual(detection.detect(posteriors, 0.5, 20, 70, period=2), [0.055, 0.135])

    def test_peaks_stand_apart_and_the_highest_come_first(self):
        posteriors = np.zeros(1000)
        posteriors[[100, 150, 500]] = 0.9, 1.0, 0.5
        found = detection.peaks(posteriors, 10, 1, 1.0, 0.1)
        np.testing.assert_allclose(found, [(1.0, 150), (0.5, 500)])
        self.assertEqual(len(detection.peaks(posteriors, 10, 1, 0.4, 0.1)), 3)

    def test_an_event_is_a_hit_until_half_a_second_after_the_clip(self):
        scored = protocol.score([0.5, 3.4, 6.0], [(0.0, 1.0, 0.8), (2.0, 3.0, 2.7), (4.0, 5.0, 4.5)])
        self.assertEqual((scored.missed, scored.alarms), ([2], [6.0]))
        np.testing.assert_allclose(scored.latencies, [-300, 700])


class ProtocolTest(unittest.TestCase):
    def test_mixed_noise_lies_below_the_speech_and_pauses_below_the_clip(self):
        rng = np.random.default_rng(1)
        noise = [bursts.Clip("noise", rng.integers(-3000, 3000, 160000).astype(np.int16))]
        clip = bursts.burst(1, 500)
        samples = to_float(clip.samples)
        clean, noisy = (protocol.clip_stream([clip], noise, mixed) for mixed in (None, 10))
        (start, end, word_end) = clean.spans[0]
        self.assertAlmostEqual(word_end - start, 0.7, delta=0.011)
        part = slice(round(start * 16000), round(end * 16000))
        added = noisy.samples[part] - clean.samples[part]
        level = 20 * np.log10(active_rms(samples) / np.sqrt(np.mean(added**2)))
        self.assertAlmostEqual(float(level), 10, delta=0.05)
        pause = clean.samples[part.stop :]
        level = 20 * np.log10(np.sqrt(np.mean(samples**2)) / np.sqrt(np.mean(pause**2)))
        self.assertAlmostEqual(float(level), 30, delta=0.3)


class ChoiceTest(unittest.TestCase):
    def point(self, threshold: float, missed: int, total: int, latency: int = 150) -> dict:
        return {
            "threshold": threshold,
            "smoothing": 100,
            "missed": missed,
            "missedNoisy": 3 * missed,
            "total": total,
            "latency": [latency, latency],
        }

    def test_figure_averages_the_best_of_each_number_of_alarms(self):
        points = [self.point(0.9, 6, 0), self.point(0.8, 4, 2), self.point(0.7, 2, 4)]
        self.assertAlmostEqual(evaluate.figure(points), 2 * (6 + 6 + 4 + 4 + 2) / 5)

    def test_the_choice_is_the_cheapest_quick_point(self):
        costs = {0.95: 5.0, 0.9: 4.0, 0.85: 4.0, 0.8: 3.0}
        points = [{**self.point(t, 1, 0), "cost": cost} for t, cost in costs.items()]
        points[-1]["latency"] = [300, 400]
        self.assertEqual(decision.choose(points)["threshold"], 0.9)
        with self.assertRaisesRegex(ValueError, "within 230 ms"):
            decision.choose(points[-1:])

    def test_alarms_to_expect_follow_the_tail(self):
        odds = np.random.default_rng(1).exponential(0.8, 4000)
        tail = decision.AlarmTail(1 / (1 + np.exp(-odds)))
        for level in (4.5, 5.5, 6.5):
            true = 4000 * np.exp(-level / 0.8)
            self.assertTrue(0.4 * true < tail.expected(1 / (1 + np.exp(-level))) < 2.5 * true)
        self.assertEqual(tail.expected(0.5), decision.TAIL)


class IntervalsTest(unittest.TestCase):
    def test_known_values(self):
        np.testing.assert_allclose(intervals.miss_rate(0, 180), (0, 0.020285), atol=1e-5)
        np.testing.assert_allclose(intervals.miss_rate(5, 180), (0.009083, 0.063630), atol=1e-4)
        np.testing.assert_allclose(intervals.alarms_per_hour(0, 2), (0, 1.4979), atol=1e-3)
        np.testing.assert_allclose(intervals.alarms_per_hour(1, 1), (0.0253, 5.5716), atol=1e-3)


if __name__ == "__main__":
    unittest.main()
