"""The front end against its definition and against the runtime."""

from __future__ import annotations

import json
import subprocess
import unittest

import numpy as np
import onnx
import torch

from . import corpus
from .features import MFCC_40_20, FrontEnd, to_float
from .test_recipe import AUDIO, COMMAND, MODEL, ROOT


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
