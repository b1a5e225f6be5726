"""Tests of curves.py and gradients.py: `python -m unittest training.test_curves`, seconds."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from .features import MFCC_40_20
from .fit import Settings, Trainer
from .log import Log
from .network import Architecture, WakeWordNetwork
from .protocol import MeasuredStream

try:
    from . import curves, gradients
except ImportError as error:  # pictures are not needed to train
    if error.name not in ("matplotlib", "PIL"):
        raise
    curves = gradients = None

drawn = unittest.skipIf(curves is None, "matplotlib is missing: pip install -r training/requirements.txt")
TINY = Architecture(hidden_size=6, num_layers=1, channels=(), dropout=0.0)
CONTEXT = Architecture(hidden_size=6, num_layers=1, channels=(5, 6), dropout=0.0)
PLAIN = {**MFCC_40_20, "mean": [0.0] * 20, "scale": [1.0] * 20}


def write_log(folder: Path, steps: int = 700) -> None:
    """A log such as a run writes, with a loss that falls as 1 / step."""
    log = Log(folder)
    for step in range(1, steps + 1):
        norm = 3.0 if step % 10 == 0 else 0.5
        log.write(step=step, loss=1 / step, gradientNorm=norm, clippedNorm=min(norm, 1.0), learningRate=1e-3)
        if step % 100 == 0:
            best = [
                {"atMost": n, "missed": 9 - n, "missedNoisy": 19 - n, "total": n, "threshold": 0.5, "smoothing": 100,
                 "latency": [90, 150]} for n in range(5)
            ]  # fmt: skip
            log.write(step=step, validation={"clips": 189, "hours": 0.9, "figure": 7.0, "margin": 1.0, "best": best})
    log.write(step=300, event="mined", excerpts=5)
    log.file.close()


@drawn
class CurvesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_pictures_are_drawn_small_and_alike(self):
        write_log(self.folder)
        paths = curves.draw(self.folder, self.folder / "a")
        self.assertEqual([path.name for path in paths], ["loss.png", "misses.png", "gradient-norm.png"])
        for path, again in zip(paths, curves.draw(self.folder, self.folder / "b")):
            data = path.read_bytes()
            self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
            self.assertTrue(8_000 < len(data) < 150_000, f"{path.name}: {len(data)} bytes")
            self.assertEqual(data, again.read_bytes(), path.name)

    def test_another_log_gives_another_picture(self):
        write_log(self.folder)
        before = [path.read_bytes() for path in curves.draw(self.folder, self.folder / "a")]
        lines = [json.loads(line) for line in (self.folder / "log.jsonl").read_text().splitlines()]
        for entry in lines:
            for point in entry.get("validation", {}).get("best", []):
                point["missedNoisy"] += 30
            entry.update({key: 2 * entry[key] for key in ("loss", "gradientNorm") if key in entry})
        (self.folder / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in lines))
        after = [path.read_bytes() for path in curves.draw(self.folder, self.folder / "a")]
        self.assertTrue(all(x != y for x, y in zip(before, after)))

    def test_stretches_hold_every_step_once(self):
        values = np.arange(701.0)
        np.testing.assert_array_equal(np.concatenate(curves.stretches(values, 240)), values)
        self.assertLessEqual(len(curves.stretches(values, 240)), 240)
        low, high = curves.quantiles(values, 0.0, 1.0)  # 701 steps: stretches of 5
        np.testing.assert_array_equal(low[:2], [0, 5])
        np.testing.assert_array_equal(high[:2], [4, 9])

    def test_a_folder_without_a_log_is_refused(self):
        with self.assertRaisesRegex(FileNotFoundError, "no log.jsonl"):
            curves.draw(self.folder, self.folder)

    def test_a_log_without_validation_is_refused(self):
        write_log(self.folder, 50)
        with self.assertRaisesRegex(ValueError, "--every"):
            curves.draw(self.folder, self.folder)


@drawn
class GradientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)

    def test_norms_equal_finite_differences(self):
        for architecture in (TINY, CONTEXT, Architecture("lstm", hidden_size=5, num_layers=2, channels=())):
            torch.manual_seed(2)
            network = WakeWordNetwork(architecture).double().eval()
            features = torch.randn(2, 12, 20, dtype=torch.float64)
            got = gradients.norms(network, features)
            for frame in (3, 11):
                squares = 0.0
                for c in range(20):
                    ends = []
                    for shift in (1e-5, -1e-5):
                        moved = features.clone()
                        moved[1, frame, c] += shift
                        with torch.inference_mode():
                            ends.append(float(network(moved)[0][1, -1, 0]))
                    squares += ((ends[0] - ends[1]) / 2e-5) ** 2
                self.assertAlmostEqual(got[1, frame] / np.sqrt(squares), 1.0, delta=1e-4)

    def test_a_linear_rnn_forgets_at_the_rate_of_its_weight(self):
        network = WakeWordNetwork(Architecture("rnn", hidden_size=3, num_layers=1, channels=()))
        cell = network.recurrent
        with torch.no_grad():
            for bias in (cell.bias_ih_l0, cell.bias_hh_l0):
                bias.zero_()
            cell.weight_hh_l0.copy_(0.97 * torch.eye(3))
            cell.weight_ih_l0.mul_(1e-4)  # tanh is linear so near to 0
        lags, values = gradients.by_lag(network, torch.randn(4, 400, 20))
        self.assertEqual(len(lags), gradients.LONGEST_LAG // gradients.BLOCK)
        np.testing.assert_allclose(values[1:] / values[:-1], 0.97**gradients.BLOCK, rtol=1e-3)
        expected = np.ceil(np.log(0.01) / np.log(0.97) / gradients.BLOCK) * gradients.BLOCK * gradients.FRAME
        self.assertAlmostEqual(gradients.forgotten_at(lags, values), expected, delta=0.03)

    def test_excerpts_end_after_the_words(self):
        samples = np.random.default_rng(1).normal(0, 1e-4, 16000 * 12).astype(np.float32)
        spans = [(1.0, 2.0, 1.7), (6.0, 7.0, 6.7), (9.0, 10.0, 9.6)]
        tone = (0.1 * np.sin(2 * np.pi * 1000 / 16000 * np.arange(16000))).astype(np.float32)
        for start, _, end in spans:
            samples[int((start + 0.3) * 16000) : int(end * 16000)] += tone[: round((end - start - 0.3) * 16000)]
        frames = gradients.BEFORE + gradients.LONGEST_LAG
        found, spoken = gradients.excerpts(MeasuredStream(samples, spans), PLAIN)
        self.assertEqual(tuple(found.shape), (2, frames, 20))  # the first word comes too early
        self.assertAlmostEqual(spoken, 0.4, delta=0.05)
        energy = found[0, :, 0]
        loud = torch.nonzero(energy > (energy.max() + energy.min()) / 2).flatten()
        self.assertAlmostEqual(float(loud[-1] - frames) * gradients.FRAME, -gradients.AFTER_WORD, delta=0.05)

    def test_a_run_is_drawn_from_its_checkpoint(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            trainer = Trainer(Settings(architecture=CONTEXT, steps=4, warmup=1, augment=False), PLAIN)
            mel, labels = torch.randn(2, 40, 40), torch.zeros(2, 40, dtype=torch.int8)
            trainer.advance(lambda step: (mel, labels), 3)
            trainer.save(folder / "checkpoint.pt")
            untrained, trained, frontend, steps = gradients.networks(folder)
            self.assertEqual((frontend, steps), (PLAIN, 3))
            fresh = Trainer(trainer.settings, PLAIN).network
            for a, b in zip(untrained.parameters(), fresh.parameters()):
                self.assertTrue(torch.equal(a, b))
            for a, b in zip(trained.parameters(), trainer.average.parameters()):
                self.assertTrue(torch.equal(a, b))
            rows = [gradients.by_lag(network, torch.randn(2, 400, 20)) for network in (untrained, trained)]
            curve = [("as initialized", "CRNN (GRU)", *rows[0]), ("after training", "CRNN (GRU), 3 steps", *rows[1])]
            path = gradients.draw(curve, 0.5, folder / "lag.png")
            self.assertTrue(8_000 < path.stat().st_size < 150_000)

    def test_small_networks_are_trained_on_shards_and_kept(self):
        rng = np.random.default_rng(1)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with self.assertRaisesRegex(FileNotFoundError, "no labels"):
                gradients.FewStreams(folder)
            mels = rng.standard_normal((2, 20, 18, 8, 40)).astype(np.float16)
            for shard in range(2):
                np.save(folder / f"mel-{shard:04}.npy", mels[shard])
                np.save(folder / f"labels-{shard:04}.npy", np.full((20, 18, 8), shard, np.int8))
            segments = gradients.FewStreams(folder)
            for step, shard in ((0, 0), (19, 0), (20, 1), (45, 0)):
                mel, labels = segments(step)
                np.testing.assert_array_equal(mel.numpy(), mels[shard, step % 20, : gradients.SMALL_STREAMS])
                self.assertTrue(bool((labels == shard).all()), step)
            tiny = mock.patch.dict(gradients.SMALL, {"gru": TINY, "crnn": CONTEXT}, clear=True)
            with tiny, contextlib.redirect_stdout(io.StringIO()):
                runs = gradients.train_small(folder, folder / "small", steps=3)
                before = [(run / "checkpoint.pt").stat().st_mtime_ns for run in runs]
                self.assertEqual([gradients.networks(run)[3] for run in runs], [3, 3])
                gradients.train_small(folder, folder / "small", steps=9)
            self.assertEqual(before, [(run / "checkpoint.pt").stat().st_mtime_ns for run in runs])

    def test_a_folder_without_a_checkpoint_is_refused(self):
        with self.assertRaisesRegex(FileNotFoundError, "checkpoint.pt is missing"):
            gradients.networks(Path("no/such/run"))


if __name__ == "__main__":
    unittest.main()
