"""The recipe's own test, under a minute: `python -m training.test_recipe`."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from . import corpus, detection, export, intervals, protocol, train
from .corpus import Clip
from .endpoints import word_bounds
from .features import MFCC_40_20, FrontEnd, to_float, with_normalization
from .streams import IGNORED, NEGATIVE, POSITIVE, Composer, Recipe, Streams

ROOT = Path(__file__).resolve().parent.parent
AUDIO = Path(os.environ.get("TYMPAN_AUDIO", ROOT.parent / "shared" / "audio"))
MODEL = ROOT / "models" / "happy.onnx"
COMMAND = ROOT / "dist" / "cli" / "index.js"
TINY = train.Settings(hidden_size=12, batch=4, num_frames=100, steps=80, warmup=2, learning_rate=0.02)


def burst(seed: int, frequency: float) -> Clip:
    """One second with a tone burst of 0.4 s in faint noise, a stand-in for a spoken word."""
    t = np.arange(16000) / 16000
    tone = np.where((t > 0.3) & (t < 0.7), 0.3 * np.sin(2 * np.pi * frequency * t), 0)
    noise = 0.001 * np.random.default_rng(seed).standard_normal(16000)
    return Clip(f"burst-{frequency}", np.round((tone + noise) * 32767).astype(np.int16))


def tiny_streams() -> Streams:
    """Streams of tone bursts: 500 Hz is the word, 2 kHz is another."""
    noise = [Clip("noise", np.random.default_rng(3).integers(-300, 300, 32000).astype(np.int16))]
    words = {"commands": [burst(2, 2000)], "arabic": [burst(5, 3000)], "community": []}
    training = corpus.TrainingSet([burst(1, 500)], words, [burst(4, 2000)], noise)
    return Streams([Composer(training, {}, Recipe(), seed) for seed in range(TINY.batch)], TINY.num_frames)


def tiny_fit(settings: train.Settings = TINY) -> tuple[torch.nn.Module, dict]:
    """A tiny network trained for a few steps, and its front end."""
    segments = iter(train.Segments(tiny_streams(), FrontEnd(MFCC_40_20)))
    frontend = with_normalization(MFCC_40_20, next(segments)[0].flatten(0, 1))
    return train.fit(segments, settings, frontend), frontend


def tiny_loss(network: torch.nn.Module, frontend: dict) -> float:
    """The loss of a network on one long segment."""
    streams = tiny_streams()
    streams.num_frames = 1500
    samples, labels = streams.segment()
    with torch.inference_mode():
        logits = network(FrontEnd(frontend)(torch.from_numpy(samples)))[0][..., 0]
    return float(train.frame_loss(logits, torch.from_numpy(labels), 1.0))


def mfcc_by_definition(samples: np.ndarray, config: dict) -> np.ndarray:
    """The front end in float64 from its formulas alone: direct DFT, triangles and cosines by loops."""
    n, size = np.arange(config["windowLength"]), config["fftSize"]
    fourier = np.exp(-2j * np.pi * np.outer(np.arange(size // 2 + 1), n) / size)
    top = [2595 * np.log10(1 + f / 700) for f in (config["lowFrequency"], config["highFrequency"])]
    mels = config["numMels"]
    edges = [700 * (10 ** ((top[0] + (top[1] - top[0]) * i / (mels + 1)) / 2595) - 1) for i in range(mels + 2)]
    rows = []
    for start in range(0, len(samples) - config["windowLength"] + 1, config["hopLength"]):
        window = 0.5 - 0.5 * np.cos(2 * np.pi * n / config["windowLength"])
        power = np.abs(fourier @ (samples[start : start + config["windowLength"]] * window)) ** 2
        energy = np.zeros(mels)
        for m in range(mels):
            for k in range(size // 2 + 1):
                hz = k * config["sampleRate"] / size
                if edges[m] < hz <= edges[m + 1]:
                    energy[m] += power[k] * (hz - edges[m]) / (edges[m + 1] - edges[m])
                elif edges[m + 1] < hz < edges[m + 2]:
                    energy[m] += power[k] * (edges[m + 2] - hz) / (edges[m + 2] - edges[m + 1])
        log = np.log(np.maximum(energy, config["logFloor"]))
        cosines = [
            np.sqrt((1 if c == 0 else 2) / mels) * np.sum(log * np.cos(np.pi * c * (np.arange(mels) + 0.5) / mels))
            for c in range(config["numCoefficients"])
        ]
        rows.append((np.array(cosines) - config["mean"]) * config["scale"])
    return np.array(rows)


class FeaturesTest(unittest.TestCase):
    config = {**MFCC_40_20, "mean": [0.5] * 20, "scale": [0.25] * 20}

    def test_equal_their_definition(self):
        rng = np.random.default_rng(5)
        samples = rng.uniform(-0.5, 0.5, 2000) * np.linspace(0, 1, 2000)
        samples[:500] = 0  # digital silence: the log's floor
        got = FrontEnd(self.config)(torch.from_numpy(samples.astype(np.float32))[None])[0].numpy()
        self.assertEqual(got.shape, (11, 20))
        np.testing.assert_allclose(got, mfcc_by_definition(samples, self.config), atol=2e-4)

    def test_do_not_depend_on_how_the_stream_is_cut(self):
        samples = torch.rand(1, 8000) - 0.5
        front_end = FrontEnd(self.config)
        whole = front_end(samples)
        cut = torch.cat([front_end(samples[:, :3440]), front_end(samples[:, 3200:])], dim=1)
        torch.testing.assert_close(whole, cut, atol=1e-5, rtol=0)

    def test_refuse_another_front_end(self):
        with self.assertRaisesRegex(ValueError, "melScale"):
            FrontEnd({**self.config, "melScale": "slaney"})

    def test_equal_the_runtime_on_real_clips(self):
        if not COMMAND.exists() or not MODEL.exists():
            self.skipTest("dist/ or models/happy.onnx is missing: run npm run build first")
        clips = sorted((AUDIO / "speech-commands" / "bed").glob("*.flac"))[:2] if AUDIO.exists() else []
        clips += sorted((ROOT / "models" / "samples").glob("*.wav"))
        props = {p.key: p.value for p in onnx.load(MODEL).metadata_props}
        front_end = FrontEnd(json.loads(props["tympan.frontend"]))
        self.assertTrue(clips, "no clip to compare on, expected models/samples/*.wav at least")
        for clip in clips:
            command = ["node", str(COMMAND), "features", str(clip), "--model", str(MODEL), "--json"]
            done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
            self.assertEqual(done.returncode, 0, done.stderr)
            runtime = np.array(json.loads(done.stdout)["features"])
            expected = front_end(torch.from_numpy(to_float(corpus.decode(clip)))[None])[0].numpy()
            self.assertEqual(runtime.shape, expected.shape, clip.name)
            self.assertLessEqual(float(np.abs(runtime - expected).max()), 1e-3, clip.name)


class CorpusTest(unittest.TestCase):
    def test_splits_share_no_speaker(self):
        if not AUDIO.exists():
            self.skipTest(f"{AUDIO} is missing: set TYMPAN_AUDIO to the recordings")
        keys = corpus.command_keys(AUDIO)
        corpus.check_disjoint(keys)
        for split in ("validation", "test"):
            self.assertFalse(set(keys["train"]) & set(keys[split]))
        self.assertGreater(len(corpus.of_word(keys["train"], "happy")), 1000)

    def test_a_shared_speaker_is_refused(self):
        keys = {"train": ["bed/0a_nohash_0"], "validation": ["cat/0a_nohash_1"], "test": []}
        with self.assertRaisesRegex(ValueError, "1 speakers are in both train and validation"):
            corpus.check_disjoint(keys)


class StreamsTest(unittest.TestCase):
    def test_word_bounds_find_the_burst(self):
        start, end = word_bounds(to_float(burst(1, 500).samples))
        self.assertAlmostEqual(start / 16000, 0.3, delta=0.03)
        self.assertAlmostEqual(end / 16000, 0.7, delta=0.03)

    def test_targets_stand_at_the_word_end(self):
        labels = Composer(tiny_streams().composers[0].training, {}, Recipe(), 1).label(16000, 4800, 11200)
        self.assertEqual(labels[4000], NEGATIVE)
        self.assertEqual(labels[6000], IGNORED)
        self.assertEqual(labels[11200 + 2400], POSITIVE)
        self.assertEqual(labels[11200 + 8000], IGNORED)

    def test_segments_continue_one_another(self):
        streams = tiny_streams()
        (before, labels), (after, _) = streams.segment(), streams.segment()
        np.testing.assert_array_equal(before[:, -240:], after[:, :240])
        self.assertEqual(labels.shape, (TINY.batch, TINY.num_frames))


class TrainingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.network, cls.frontend = tiny_fit()

    def test_loss_falls(self):
        untrained, frontend = tiny_fit(dataclasses.replace(TINY, steps=0))
        self.assertLess(tiny_loss(self.network, self.frontend), 0.7 * tiny_loss(untrained, frontend))

    def test_same_seed_gives_the_same_weights(self):
        again, frontend = tiny_fit()
        self.assertEqual(frontend, self.frontend)
        for name, weight in again.state_dict().items():
            self.assertTrue(torch.equal(weight, self.network.state_dict()[name]), name)

    def test_exported_file_equals_pytorch_and_carries_its_contract(self):
        contract = export.metadata(self.frontend, "burst", 0.6, 100, 1000)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tiny.onnx"
            self.assertLessEqual(export.export(self.network, contract, path), export.MAXIMUM_DIFFERENCE)
            props = onnxruntime.InferenceSession(str(path)).get_modelmeta().custom_metadata_map
            self.assertEqual({key: json.loads(value) for key, value in props.items()}, contract)
            other = copy.deepcopy(self.network)
            torch.nn.init.constant_(other.head.bias, 1.0)
            with self.assertRaisesRegex(ValueError, "differ from PyTorch"):
                export.check_equal(path, other)


class DetectionTest(unittest.TestCase):
    def test_smoothing_averages_what_there_is(self):
        got = detection.smooth(np.array([1.0, 0.0, 0.5, 0.5]), 20)
        np.testing.assert_allclose(got, [1.0, 0.5, 0.25, 0.5])

    def test_one_event_until_the_posterior_falls(self):
        posteriors = np.array([0, 0.9, 0.9, 0.9, 0, 0.9, 0, 0, 0, 0, 0, 0.9])
        self.assertEqual(detection.detect(posteriors, 0.5, 10, 100), [0.035, 0.135])

    def test_an_event_is_a_hit_until_half_a_second_after_the_clip(self):
        scored = protocol.score([0.5, 3.4, 6.0], [(0.0, 1.0, 0.8), (2.0, 3.0, 2.7), (4.0, 5.0, 4.5)])
        self.assertEqual((scored.missed, scored.alarms), ([2], [6.0]))
        np.testing.assert_allclose(scored.latencies, [-300, 700])


class IntervalsTest(unittest.TestCase):
    def test_known_values(self):
        np.testing.assert_allclose(intervals.miss_rate(0, 180), (0, 0.020285), atol=1e-5)
        np.testing.assert_allclose(intervals.miss_rate(5, 180), (0.009083, 0.063630), atol=1e-4)
        np.testing.assert_allclose(intervals.alarms_per_hour(0, 2), (0, 1.4979), atol=1e-3)
        np.testing.assert_allclose(intervals.alarms_per_hour(1, 1), (0.0253, 5.5716), atol=1e-3)


def main() -> int:
    """Run all tests; the last line counts them."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed{skipped}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
