"""Several words in one model, recordings of one's own, and starting from a trained model."""

from __future__ import annotations

import csv
import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import onnxruntime
import soundfile
import torch

from . import bursts, decision, evaluate, export, protocol, recordings, render, start
from .corpus import Clip, TrainingSet
from .fit import Trainer, frame_loss, stream_posteriors
from .labels import IGNORED, NEGATIVE, SILENT, SPOKEN, is_negative, is_word
from .masks import EDGES, warp
from .network import Architecture, WakeWordNetwork
from .pieces import Composer, Library
from .recipe import FEW, recipe_for
from .render import Rendering, fingerprint
from .streams import Streams

HIGH, LOW = bursts.burst(11, 900), bursts.burst(12, 400)


def two_words() -> Library:
    """Bursts of 400 Hz and of 900 Hz are words."""
    training = bursts.library().training
    return Library(TrainingSet({"low": [LOW], "high": [HIGH]}, training.words, training.speech, training.noise))


def trained_on_two(steps: int = 150) -> Trainer:
    """A small network that tells the two."""
    architecture = Architecture(hidden_size=16, num_layers=1, channels=(), words=2)
    trainer = Trainer(bursts.settings("gru", architecture=architecture, steps=steps), bursts.frontend())
    source = Streams([Composer(two_words(), bursts.RECIPE, seed) for seed in range(bursts.BATCH)], bursts.NUM_FRAMES)

    def segment(_: int):
        samples, labels = source.segment()
        return trainer.front_end.log_mel(torch.from_numpy(samples)), torch.from_numpy(labels)

    trainer.advance(segment, steps)
    return trainer


class LabelsTest(unittest.TestCase):
    def test_words_and_all_else(self):
        labels = np.array([IGNORED, NEGATIVE, 1, 2, SPOKEN, SILENT], np.int8)
        self.assertEqual(is_word(labels).tolist(), [False, False, True, True, False, False])
        self.assertEqual(is_negative(labels).tolist(), [False, True, False, False, True, True])

    def test_each_word_has_its_label_and_both_come(self):
        composer = Composer(two_words(), bursts.RECIPE, 1)
        seen = set()
        for _ in range(80):
            seen |= set(np.unique(composer.piece().labels).tolist())
        self.assertEqual(seen, {IGNORED, NEGATIVE, 1, 2, SPOKEN, SILENT})

    def test_loss_of_one_word_is_binary_cross_entropy(self):
        logits, labels = torch.tensor([[[2.0], [-1.0], [0.5]]]), torch.tensor([[1, SILENT, IGNORED]], dtype=torch.int8)
        expected = (3 * np.log1p(np.exp(-2)) + np.log1p(np.exp(-1))) / 4
        self.assertAlmostEqual(float(frame_loss(logits, labels, 3.0)), expected, places=6)

    def test_loss_of_several_words_is_of_the_class_or_of_silence_and_speech_together(self):
        logits = torch.tensor([[[1.0, 0.0, 2.0, -1.0]] * 5])
        labels = torch.tensor([[2, SPOKEN, SILENT, NEGATIVE, IGNORED]], dtype=torch.int8)
        p = np.exp([1.0, 0.0, 2.0, -1.0])
        p /= p.sum()
        expected = -np.mean(np.log([p[3], p[1], p[0], p[0] + p[1]]))
        self.assertAlmostEqual(float(frame_loss(logits, labels, 1.0)), expected, places=6)

    def test_few_recordings_are_joined_by_synthesized_ones(self):
        self.assertGreater(recipe_for(FEW - 1).synthetic_positive, 3 * recipe_for(FEW).synthetic_positive)

    def test_several_words_are_heard_more_often_in_all(self):
        one, three = (dict(recipe_for(FEW, words).kinds) for words in (1, 3))
        self.assertEqual({**three, "positive": one["positive"]}, one)
        self.assertTrue(one["positive"] < three["positive"] < 3 * one["positive"])


class SeveralWordsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.trainer = trained_on_two()

    def test_each_word_is_heard_as_itself(self):
        clips = {"low": [LOW] * 3, "high": [HIGH] * 3}
        stream = protocol.word_stream(clips, bursts.library().training.noise)
        features = self.trainer.front_end.normalize(self.trainer.front_end.cepstra(torch.from_numpy(stream.samples[None])))
        heard = stream_posteriors(self.trainer.average, features)[0].numpy()
        self.assertEqual(heard.shape[1], 2)
        highest = [heard[int(100 * a) : int(100 * b) + 40].max(0) for a, b, _ in stream.spans]
        for k, word in enumerate(stream.words):
            right = ["low", "high"].index(word)
            self.assertGreater(highest[k][right], 2 * highest[k][1 - right], f"clip {k}, {word}: {highest[k]}")

    def test_one_word_of_a_stream_of_several(self):
        stream = protocol.word_stream({"low": [LOW], "high": [HIGH]}, bursts.library().training.noise)
        alone = stream.of("high")
        self.assertEqual((alone.spans, alone.words), ([stream.spans[1]], ("high",)))
        one, other = (protocol.score([stream.spans[0][2] + 0.1], stream.of(word).spans) for word in ("low", "high"))
        self.assertEqual((one.missed, one.alarms), ([], []))
        self.assertEqual((other.missed, len(other.alarms)), ([0], 1))

    def test_the_file_has_a_label_and_a_threshold_for_each(self):
        points = {"low": {"threshold": 0.6, "smoothing": 100}, "high": {"threshold": 0.7, "smoothing": 150}}
        contract = export.metadata(self.trainer.frontend, points, 1000)
        self.assertEqual(contract["tympan.labels"]["names"], ["silence", "unknown", "low", "high"])
        keywords = {"low": {"threshold": 0.6}, "high": {"threshold": 0.7, "smoothing": 150}}
        self.assertEqual(contract["tympan.detection"]["keywords"], keywords)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "two.onnx"
            export.export(self.trainer.average, contract, path)
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            (posterior,) = session.run(None, {"features": np.zeros((1, 40, 20), np.float32)})
        self.assertEqual(posterior.shape, (1, 40, 4))
        np.testing.assert_allclose(posterior.sum(-1), 1, atol=1e-6)


class StartTest(unittest.TestCase):
    def test_layers_are_those_of_the_file_and_the_head_is_not(self):
        for kind, architecture in bursts.NETWORKS.items():
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.onnx"
                torch.manual_seed(3)
                trained = WakeWordNetwork(architecture)
                point = {"burst": {"threshold": 0.5, "smoothing": 100}}
                export.export(trained, export.metadata(bursts.frontend(), point, 1000), path)
                torch.manual_seed(4)
                network = WakeWordNetwork(architecture)
                start.start_from(network, path)
                own = network.state_dict()
                for name, weights in trained.state_dict().items():
                    self.assertEqual(torch.equal(own[name], weights), name != "head.weight", name)
                self.assertEqual(start.front_end_of(path), json.loads(json.dumps(bursts.frontend())))

    def test_int8_weights_are_taken_as_the_numbers_they_stand_for(self):
        path = Path(__file__).parent.parent / "models" / "happy.onnx"
        network = WakeWordNetwork(Architecture())
        start.start_from(network, path)
        model = onnx.load(path)
        head = start.computed(model, ["network.head.bias", next(n for n in model.graph.node if n.op_type == "MatMul").input[1]])
        bias, weight = (torch.from_numpy(values.copy()) for values in head.values())
        network.head.load_state_dict({"weight": weight.T, "bias": bias})
        features = torch.randn(1, 400, 20, generator=torch.Generator().manual_seed(1))
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        expected = session.run(None, {"features": features.numpy()})[0]
        np.testing.assert_allclose(stream_posteriors(network, features).numpy(), expected, atol=1e-6)

    def test_layers_that_compute_otherwise_are_refused(self):
        model = onnx.load(Path(__file__).parent.parent / "models" / "happy.onnx")
        changes = {
            ("GRU", "linear_before_reset"): (0, "has linear_before_reset 0, expected 1"),
            ("GRU", "direction"): ("reverse", "has direction b'reverse', expected b'forward'"),
            ("GRU", "clip"): (1.0, "has clip 1.0, expected none"),
            ("Conv", "strides"): ([1], r"has strides \[1\], expected \[2\]"),
        }
        for (operator, name), (value, said) in changes.items():
            changed = onnx.ModelProto()
            changed.CopyFrom(model)
            node = next(node for node in changed.graph.node if node.op_type == operator)
            kept = [attribute for attribute in node.attribute if attribute.name != name]
            del node.attribute[:]
            node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                onnx.save(changed, Path(folder) / "model.onnx")
                with self.assertRaisesRegex(ValueError, said):
                    start.start_from(WakeWordNetwork(Architecture()), Path(folder) / "model.onnx")

    def test_other_sizes_are_refused(self):
        path = Path(__file__).parent.parent / "models" / "happy.onnx"
        with self.assertRaisesRegex(ValueError, r"recurrent.bias_hh_l0 is \(240,\), expected \(288,\)"):
            start.start_from(WakeWordNetwork(Architecture(hidden_size=96)), path)


class RecordingsTest(unittest.TestCase):
    def test_sessions_of_a_folder_and_of_a_table(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("desk/1.wav", "desk/2.wav", "kitchen/1.flac"):
                (root / name).parent.mkdir(exist_ok=True)
                soundfile.write(root / name, np.full((4800, 2), 0.25), 48000)
            (root / "desk" / "notes.txt").write_text("not sound")
            found = recordings.sessions(root, Path("unused"))
            self.assertEqual({k: len(v) for k, v in found.items()}, {"desk": 2, "kitchen": 1})
            parts = recordings.split(root, Path("unused"), ["kitchen"])
            self.assertEqual((len(parts.training), [p.name for p in parts.held_out]), (2, ["1.flac"]))
            (clip,) = recordings.clips(parts.held_out)
            self.assertEqual((clip.samples.shape, clip.samples.dtype), ((1600,), np.int16))
            self.assertTrue(clip.name.endswith("kitchen/1"))
            self.assertAlmostEqual(float(np.median(clip.samples)), 8192, delta=3)
            table = root / "table.csv"
            with table.open("w", newline="") as file:
                csv.writer(file).writerows([("session", "clip"), ("a", "desk/1.wav"), ("b", "kitchen/1.flac")])
            self.assertEqual(recordings.split(table, root, ["a"]).training, (root / "kitchen/1.flac",))
            with self.assertRaisesRegex(ValueError, "no session 'cellar' to hold out, expected one of desk, kitchen"):
                recordings.split(root, Path("unused"), ["cellar"])

    def test_sessions_of_two_people_in_rooms_of_the_same_name_are_two(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("anna", "bob"):
                path = Path(folder) / name / "kitchen" / "1.wav"
                path.parent.mkdir(parents=True)
                soundfile.write(path, np.full(4800, 0.25), 16000)
            self.assertEqual([*recordings.sessions(Path(folder), Path())], ["anna/kitchen", "bob/kitchen"])

    def test_files_that_hold_no_word_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "1.wav"
            wrong = ((np.zeros(32000), "digital silence"), (np.full(160, 0.2), "too short"), (np.full(200000, 0.2), "12 s"))
            for samples, said in wrong:
                soundfile.write(path, samples, 16000)
                with self.subTest(said), self.assertRaisesRegex(ValueError, f"1.wav: .*{said}"):
                    recordings.clips([path])

    def test_long_sound_without_the_word_is_cut(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "radio.wav"
            soundfile.write(path, np.concatenate([np.full(9 * 16000, 0.2), np.zeros(4 * 16000)]), 16000)
            found = recordings.pieces([path])
            self.assertEqual([len(clip.samples) for clip in found], [64000, 64000, 64000])
            self.assertEqual(int(np.count_nonzero(found[2].samples)), 16000)

    def test_a_folder_without_sound_is_refused(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(ValueError, "no recordings"):
            recordings.sessions(Path(folder), Path("unused"))


class HeldOutTest(unittest.TestCase):
    def test_sessions_held_out_validate_and_never_train(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for k, name in enumerate(("word/a/1.wav", "word/a/2.wav", "word/b/1.wav", "others/radio/1.wav")):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(root / name, np.full(4800, 0.1 * (k + 1)), 16000)
            wanted = Rendering("x", ("word",), str(root), "none", 1, recordings=str(root / "word"), held_out=("b",))
            wanted = replace(wanted, others=str(root / "others"))
            empty = TrainingSet({"word": []}, {"commands": [HIGH]}, [], bursts.library().training.noise)

            def training_set(audio, words, own, without):
                return replace(empty, positives={"word": own["word"]}, words=dict(empty.words))

            with mock.patch.object(render.corpus, "training_set", training_set):
                library = render.library(wanted)
            names = [clip.name.removeprefix(root.as_posix()) for clip in library.training.positives["word"]]
            self.assertEqual(names, ["/word/a/1", "/word/a/2"])
            self.assertEqual([clip.samples[0] for clip in library.training.words["own"]], [round(0.4 * 32768)])
            self.assertEqual([path.parent.name for path in render.own_clips(wanted).held_out], ["b"])
            marks = {fingerprint(wanted), fingerprint(replace(wanted, held_out=("a",))), fingerprint(replace(wanted, others=None))}
            soundfile.write(root / "word/a/2.wav", np.full(4800, 0.9), 16000)
            self.assertEqual(len(marks | {fingerprint(wanted)}), 4)


class WarpTest(unittest.TestCase):
    def test_a_formant_moves_with_the_factor(self):
        scale = 700 * np.log1p(np.array(EDGES) / 700)
        centres = 700 * np.expm1(np.linspace(*scale, 42)[1:-1] / 700)
        for factor in (0.88, 1.0, 1.14):
            bump = torch.from_numpy(np.exp(-((np.log(centres / 1000) / 0.1) ** 2))).float()
            moved = warp(bump.expand(1, 3, 40), torch.tensor([factor]))[0, 1].numpy()
            place = np.exp(np.sum(moved * np.log(centres)) / np.sum(moved))
            self.assertAlmostEqual(place / 1000, factor, delta=0.015)


class ChoiceByAlarmsTest(unittest.TestCase):
    def test_fewest_misses_within_the_alarms_then_the_lowest_threshold(self):
        def point(threshold: float, expected: float, missed: int, latency: int = 100) -> dict:
            return {"threshold": threshold, "expected": expected, "total": 0, "missed": missed, "missedNoisy": missed,
                    "latency": [latency, latency]}  # fmt: skip

        deaf = {**point(0.95, 0.0, 9), "latency": None}
        self.assertEqual(decision.choose_by_alarms([deaf, point(0.5, 0.1, 2, 260)], 0.4)["threshold"], 0.5)
        points = [point(0.5, 2.0, 0), point(0.7, 0.4, 3), point(0.8, 0.3, 2), point(0.9, 0.1, 2), point(0.75, 0.2, 1, 400)]
        self.assertEqual(decision.choose_by_alarms(points, 0.4)["threshold"], 0.8)
        with self.assertRaisesRegex(ValueError, "the fewest to expect are 0.1"):
            decision.choose_by_alarms(points, 0.05)

    def test_a_word_without_clips_is_decided_by_its_negatives(self):
        noise = bursts.library().training.noise
        rng = np.random.default_rng(1)
        streams = {
            evaluate.CLEAN: protocol.word_stream({"low": []}, noise),
            evaluate.NOISY: protocol.word_stream({"low": []}, noise),
            "other": protocol.clip_stream([Clip("noise", rng.integers(-9, 9, 160000).astype(np.int16))] * 30, noise),
        }
        streams["other"] = protocol.MeasuredStream(streams["other"].samples, [])
        lengths = {name: len(stream.samples) // 160 for name, stream in streams.items()}
        posteriors = {name: rng.beta(0.3, 8, (n, 1)) for name, n in lengths.items()}
        heard = evaluate.heard_of("low", 0, streams, posteriors)
        point = decision.choose_by_alarms(decision.priced(*heard, 1, 1000), 0.4)
        self.assertLessEqual(point["expected"], 0.4)
        self.assertEqual((point["missed"], point["latency"]), (0, None))


if __name__ == "__main__":
    unittest.main()
