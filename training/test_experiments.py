"""The experiments: that runs are comparable and repeat, what a difference is, and where the page comes from."""

from __future__ import annotations

import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from . import bursts
from .experiments import hearing, product, questions, runs
from .experiments.__main__ import PAGE, RESULTS
from .experiments.compare import difference, figures_of, verdict
from .experiments.cost import a_second, cost
from .experiments.page import page
from .experiments.questions import CELLS, QUESTIONS, Row
from .experiments.results import Results
from .experiments.runs import Run
from .experiments.segments import segments, windows_of
from .experiments.sound import drawn
from .experiments.training import train
from .fit import stream_posteriors
from .labels import IGNORED, NEGATIVE
from .protocol import MeasuredStream
from .render import SEGMENTS
from .test_recipe import COMMAND

TINY = Run(hidden_size=8)


class BurstShards:
    """Shards of tone bursts, in memory."""

    rendering = SimpleNamespace(shards=bursts.STEPS // SEGMENTS)

    def read(self, shard: int) -> tuple[np.ndarray, np.ndarray]:
        parts = bursts.segments()[shard * SEGMENTS : (shard + 1) * SEGMENTS]
        return tuple(np.stack([part[k].numpy() for part in parts]) for k in range(2))


class RunsTest(unittest.TestCase):
    def test_every_run_has_a_name_of_its_own(self):
        found = questions.runs_of(list(QUESTIONS))
        self.assertEqual(len({run.name for run in found}), len(found))
        self.assertEqual({run.seed for run in found}, {*runs.SEEDS})

    def test_cells_have_as_many_multiply_adds_a_second(self):
        wanted = a_second(questions.GRU)
        for label, run in CELLS.items():
            self.assertLess(abs(a_second(run) / wanted - 1), 0.03, label)

    def test_windows_cost_what_they_hear_again(self):
        self.assertEqual(a_second(Run(), 1.5), 15 * a_second(Run()))

    def test_rows_are_compared_with_rows_of_their_table(self):
        for question in QUESTIONS.values():
            labels = [row.label for row in question.rows]
            self.assertEqual(len({*labels}), len(labels))
            for row in question.rows:
                self.assertTrue(row.against is None or row.against in labels, row.label)

    def test_fewer_recordings_are_among_more_and_each_is_of_another_speaker(self):
        names = tuple(f"happy/{k % 40:08x}_nohash_{k // 40}" for k in range(120))
        five, twenty = (drawn(names, count, seed=2) for count in (5, 20))
        self.assertEqual(twenty[:5], five)
        self.assertEqual(len({name.split("_")[0] for name in twenty}), 20)
        self.assertNotEqual(drawn(names, 5, seed=3), five)
        with self.assertRaisesRegex(ValueError, "there are 40 speakers"):
            drawn(names, 41, seed=1)


class SegmentsTest(unittest.TestCase):
    def setUp(self):
        mel = torch.arange(12.0).reshape(1, 12, 1).expand(2, 12, 40)
        labels = torch.tensor([[IGNORED, 1, 0, 0, 0, IGNORED, IGNORED, 1, 1, 0, 0, 1]] * 2, dtype=torch.int8)
        self.course = lambda step: (mel, labels)

    def test_every_hop_th_frame_is_heard_the_last_of_each_hop(self):
        whole, _ = segments(self.course, Run(hop=1))(3)
        for hop in (2, 4):
            mel, labels = segments(self.course, Run(hop=hop))(3)
            self.assertTrue(torch.equal(mel, whole[:, hop - 1 :: hop]))
            self.assertEqual(labels.shape, mel.shape[:2])

    def test_words_that_began_before_a_window_do_not_count_in_it(self):
        mel, labels = windows_of(*self.course(0))
        self.assertEqual(mel.shape, (4, 6, 40))
        self.assertEqual(labels[0].tolist(), [IGNORED, IGNORED, 0, 0, 0, IGNORED])
        self.assertEqual(labels[2].tolist(), [IGNORED, IGNORED, IGNORED, 0, 0, 1])

    def test_words_that_begin_in_a_window_count(self):
        labels = torch.tensor([[NEGATIVE, IGNORED, 1, NEGATIVE]], dtype=torch.int8)
        self.assertEqual(windows_of(torch.zeros(1, 4, 1), labels)[1].tolist(), [[0, IGNORED], [IGNORED, 0]])


class TrainingTest(unittest.TestCase):
    def test_a_seed_decides_everything(self):
        for run in (TINY, replace(TINY, windows=True), replace(TINY, cell="lstm", channels=(4,))):
            one, other, another = (train(r, BurstShards(), 12) for r in (run, run, replace(run, seed=2)))
            self.assertEqual(one[1], other[1], run.name)
            self.assertNotEqual(one[1], another[1], run.name)
            for weight, same in zip(one[0].average.parameters(), other[0].average.parameters()):
                self.assertTrue(torch.equal(weight, same), run.name)

    def test_windows_start_from_a_zero_state(self):
        trainer, _ = train(replace(TINY, windows=True), BurstShards(), 3)
        self.assertIsNone(trainer.state)
        self.assertIsNotNone(train(TINY, BurstShards(), 3)[0].state)


class HearingTest(unittest.TestCase):
    def test_windows_take_their_last_posteriors_from_a_zero_state(self):
        torch.manual_seed(1)
        network = train(TINY, BurstShards(), 1)[0].average
        features = torch.randn(47, 20)
        heard = hearing.windowed(network, features, 20, 5)
        self.assertEqual(len(heard), 47)
        self.assertTrue((heard[:15] == 0).all() and (heard[45:] == 0).all())
        for end in range(20, 46, 5):
            expected = stream_posteriors(network, features[None, end - 20 : end])[0, -5:, 0].numpy()
            np.testing.assert_allclose(heard[end - 5 : end], expected, atol=1e-6)

    def test_the_product_hears_what_pytorch_hears_and_counts_what_we_count(self):
        if not COMMAND.exists():
            self.skipTest("dist/ is missing: run npm run build first")
        samples = np.round(np.random.default_rng(4).uniform(-3000, 3000, 40000)) / 32768
        for run in (TINY, replace(TINY, channels=(6,), stride=2), replace(TINY, cell="lstm", hop=1)):
            streams = hearing.Streams.__new__(hearing.Streams)
            streams.measured, streams.cepstra = {"noise": MeasuredStream(samples.astype(np.float32), [])}, {}
            trainer, _ = train(run, BurstShards(), 4)
            expected = hearing.as_streams(trainer, run, streams)
            with tempfile.TemporaryDirectory() as folder:
                heard, costs = product.in_product(trainer, run, streams, Path(folder))
            self.assertLess(product.largest_difference(heard["f32"], expected), 1e-3)
            self.assertLess(product.largest_difference(heard["int8"], expected), 0.2)
            self.assertFalse(np.array_equal(heard["int8"]["noise"], heard["f32"]["noise"]))
            self.assertEqual(costs["parameters"], cost(run).parameters)
            self.assertAlmostEqual(costs["multiplyAddsPerFrame"], cost(run).multiply_adds)


class CompareTest(unittest.TestCase):
    def result(self, missed: int, noisy: int) -> dict:
        return {"heard": {"stream": {"missed": [99] + [missed] * 10, "missedNoisy": [99] + [noisy] * 10}}}

    def figures(self, clean: list[int], noisy: list[int]):
        row = Row("row", Run())
        return figures_of(row, {r.name: self.result(*pair) for r, pair in zip(row.runs, zip(clean, noisy))})

    def test_ranges_that_meet_are_no_difference(self):
        self.assertEqual(difference((5, 6, 7), (7, 8, 9)), "none")
        self.assertEqual(difference((5, 6, 7), (1, 9, 20)), "none")
        self.assertEqual(difference((5, 6, 7), (8, 9, 20)), "more")
        self.assertEqual(difference((5, 6, 7), (1, 2, 4)), "fewer")

    def test_noise_is_told_where_it_differs(self):
        base = self.figures([5, 6, 7], [50, 60, 70])
        self.assertEqual(verdict(base, self.figures([6, 7, 8], [20, 30, 40])), "none (in noise fewer)")
        self.assertEqual(verdict(base, self.figures([1, 2, 3], [20, 30, 40])), "fewer")

    def test_the_mean_leaves_out_what_no_alarm_allows(self):
        self.assertEqual(self.figures([5, 6, 7], [1, 2, 3]).mean, (5, 6, 7))

    def test_a_row_needs_all_its_seeds(self):
        run = replace(Run(), seed=1)
        self.assertIsNone(figures_of(Row("row", run), {run.name: self.result(1, 2)}))


class ResultsTest(unittest.TestCase):
    def test_a_run_is_made_again_when_its_definition_has_changed(self):
        with tempfile.TemporaryDirectory() as folder:
            results = Results(Path(folder) / "results.json")
            self.assertIsNone(results.of(TINY))
            results.keep(TINY, {"heard": {}})
            results.keep(replace(TINY, seed=2), {"heard": {}})
            self.assertEqual(results.of(TINY)["heard"], {})
            stored = json.loads(results.path.read_text())
            stored[TINY.name]["definition"]["settings"]["steps"] += 1
            results.path.write_text(json.dumps(stored))
            self.assertIsNone(results.of(TINY))
            self.assertIsNotNone(results.of(replace(TINY, seed=2)))

    def test_the_page_is_what_the_results_give(self):
        self.assertEqual(PAGE.read_text(encoding="utf-8"), page(Results(RESULTS).read()))

    def test_results_are_of_the_runs_as_they_are_defined(self):
        results = Results(RESULTS)
        known = {run.name: run for run in questions.runs_of(list(QUESTIONS))}
        for name in results.read():
            self.assertIn(name, known)
            self.assertIsNotNone(results.of(known[name]), name)

    def test_a_page_without_results_says_so(self):
        self.assertIn("Not measured yet: `python -m training.experiments --only cells`", page({}))
        self.assertIn(f"0 of {len(questions.runs_of(list(QUESTIONS)))} runs", page({}))

    def invented(self) -> dict[str, dict]:
        """Results of all runs: a GRU of 16 units misses 40 and some, all else 10 and some, by seed."""
        results = {}
        for run in questions.runs_of(list(QUESTIONS)):
            missed = [(40 if run.hidden_size == 16 else 10) + run.seed] * 11
            heard = {way: {"missed": missed, "missedNoisy": [60] * 11, "margin": 0.0} for way in questions.ways(run)}
            results[run.name] = {"clips": 150, "hours": 0.5, "heard": heard}
        return results

    def test_a_page_of_all_results_answers_every_question(self):
        whole = page(self.invented())
        self.assertNotIn("not complete", whole)
        self.assertNotIn("Not measured", whole)
        for question in QUESTIONS.values():
            for row in question.rows:
                self.assertIn(f"| {row.label} |", whole)
        self.assertIn("Misses from 16 units (42.0) upwards", whole)
        self.assertIn("32 units fewer (in noise none), 12.0", whole)
        self.assertIn("int8 differs from f32 in none", whole)

    def test_a_page_of_some_results_says_which_answers_are_missing(self):
        results = self.invented()
        del results[replace(Run(), hop=4, seed=3).name]
        text = page(results)
        self.assertIn("Missing, wholly or in part, are the answers to: How often a frame?\n", text)
        self.assertIn("Not measured yet: 40 ms.", text)
        self.assertNotIn("| 40 ms |", text)


if __name__ == "__main__":
    unittest.main()
