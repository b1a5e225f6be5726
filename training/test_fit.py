"""Training: that it learns, that a seed decides everything, and that a resumed run is the run."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import onnxruntime
import torch

from . import bursts, export
from .features import MFCC_40_20, FrontEnd
from .fit import Trainer, frame_loss, learning_rate
from .masks import FRAMES, TIME_MASKS, augment
from .network import WakeWordNetwork


def loss_of(trainer: Trainer) -> float:
    """The loss of an averaged network on a long segment that it wasn't trained on."""
    samples, labels = bursts.streams(num_frames=1500).segment()
    period = trainer.settings.architecture.period
    network = trainer.average.eval()
    with torch.inference_mode():
        logits, _ = network(FrontEnd(trainer.frontend)(torch.from_numpy(samples)))
    return float(frame_loss(logits, torch.from_numpy(labels)[:, period - 1 :: period], 1.0))


class FitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.trainers = {kind: bursts.trained(kind) for kind in bursts.NETWORKS}

    def assert_same(self, one: torch.nn.Module, other: torch.nn.Module):
        for name, weight in one.state_dict().items():
            self.assertTrue(torch.equal(weight, other.state_dict()[name]), name)

    def test_loss_falls(self):
        for kind, trainer in self.trainers.items():
            with self.subTest(kind):
                untrained = Trainer(trainer.settings, trainer.frontend)
                self.assertLess(loss_of(trainer), 0.8 * loss_of(untrained))

    def test_same_seed_gives_the_same_weights(self):
        for kind, trainer in self.trainers.items():
            with self.subTest(kind):
                again = bursts.trained(kind)
                self.assert_same(again.network, trainer.network)
                self.assert_same(again.average, trainer.average)

    def test_another_seed_gives_other_weights(self):
        other = bursts.trained("gru", seed=2)
        self.assertFalse(torch.equal(other.network.head.weight, self.trainers["gru"].network.head.weight))

    def test_a_resumed_run_is_the_run(self):
        for kind, trainer in self.trainers.items():
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "checkpoint.pt"
                stopped = Trainer(trainer.settings, trainer.frontend)
                stopped.advance(bursts.segments().__getitem__, 23)
                stopped.save(path)
                torch.rand(5)  # whatever else draws random numbers in between
                resumed = Trainer.load(path, trainer.settings)
                entries = []
                resumed.advance(bursts.segments().__getitem__, trainer.settings.steps, lambda _, e: entries.append(e))
                self.assertEqual(entries[0]["step"], 24)
                self.assert_same(resumed.network, trainer.network)
                self.assert_same(resumed.average, trainer.average)

    def test_resuming_with_other_settings_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint.pt"
            self.trainers["gru"].save(path)
            with self.assertRaisesRegex(ValueError, r"other settings \(learning_rate\)"):
                Trainer.load(path, bursts.settings("gru", learning_rate=0.001))

    def test_a_run_that_has_ended_may_be_given_more_steps_and_one_that_decays_may_not(self):
        ended = self.trainers["gru"]
        longer = bursts.settings("gru", steps=ended.settings.steps + 8)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint.pt"
            ended.save(path)
            entries = []
            segments = bursts.segments()
            Trainer.load(path, longer).advance(
                lambda step: segments[step % len(segments)], longer.steps, lambda _, entry: entries.append(entry)
            )
            self.assertEqual([entry["step"] for entry in entries][:1], [ended.settings.steps + 1])
            self.assertEqual(len(entries), 8)
            self.assertAlmostEqual(entries[0]["learningRate"], learning_rate(ended.settings.steps, longer))
            self.assertGreater(entries[0]["learningRate"], entries[-1]["learningRate"])
            decaying = Trainer(ended.settings, ended.frontend)
            decaying.step = ended.settings.steps - 1
            decaying.save(path)
            with self.assertRaisesRegex(ValueError, r"other settings \(steps\)"):
                Trainer.load(path, longer)

    def test_a_stream_does_not_depend_on_how_it_is_cut(self):
        features = torch.randn(2, 60, 20, generator=torch.Generator().manual_seed(1))
        for kind, trainer in self.trainers.items():
            with self.subTest(kind), torch.inference_mode():
                network = trainer.network.eval()
                whole, _ = network(features)
                first, state = network(features[:, :24])
                second, _ = network(features[:, 24:], state)
                network.train()
                torch.testing.assert_close(torch.cat([first, second], 1), whole, atol=1e-6, rtol=0)

    def test_no_output_sees_a_later_frame(self):
        features = torch.randn(1, 40, 20, generator=torch.Generator().manual_seed(2))
        changed = features.clone()
        changed[:, 20:] += 1
        for kind, trainer in self.trainers.items():
            with self.subTest(kind), torch.inference_mode():
                network = trainer.network.eval()
                before, after = network(features)[0], network(changed)[0]
                network.train()
                count = 20 // trainer.settings.architecture.period
                self.assertTrue(torch.equal(before[:, :count], after[:, :count]))
                self.assertFalse(torch.equal(before[:, count], after[:, count]))

    def test_exported_files_equal_pytorch_and_carry_their_contract(self):
        for kind, trainer in self.trainers.items():
            contract = export.metadata(trainer.frontend, {"burst": {"threshold": 0.6, "smoothing": 100}}, 1000)
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "tiny.onnx"
                self.assertLessEqual(export.export(trainer.average, contract, path), export.MAXIMUM_DIFFERENCE)
                props = onnxruntime.InferenceSession(str(path)).get_modelmeta().custom_metadata_map
                self.assertEqual({key: json.loads(value) for key, value in props.items()}, contract)
                with self.assertRaisesRegex(ValueError, "differ from PyTorch"):
                    export.check_equal(path, WakeWordNetwork(trainer.settings.architecture))


class MasksTest(unittest.TestCase):
    def test_masks_leave_most_of_a_word(self):
        mel = torch.randn(64, 300, 40, generator=torch.Generator().manual_seed(1))
        out = augment(mel, torch.Generator().manual_seed(2))
        self.assertEqual(out.shape, mel.shape)
        unchanged = (out == mel).flatten(1).all(1)
        self.assertTrue(10 < int(unchanged.sum()) < 54)
        # A masked frame is the same in all streams' masks: constant over the stretch but for the response.
        frozen = (out[:, 1:] == out[:, :-1]).all(2)
        self.assertTrue(bool(frozen.any()))
        self.assertLessEqual(int(frozen.sum(1).max()), TIME_MASKS * (FRAMES - 1))

    def test_same_generator_gives_the_same(self):
        mel = torch.randn(3, 50, 40, generator=torch.Generator().manual_seed(1))
        one, other = (augment(mel, torch.Generator().manual_seed(5)) for _ in range(2))
        self.assertTrue(torch.equal(one, other))


if __name__ == "__main__":
    unittest.main()
