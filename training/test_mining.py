"""Rendered shards, the order they are read in, and mistakes mined from them."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from . import bursts, mining, render
from .courses import Course, shard_of
from .log import Log, read
from .pieces import Library
from .recipe import Recipe
from .render import Rendering

SHARDS = 2


def rendering(**changes) -> Rendering:
    """Two shards of bursts; the library is replaced in `filled`."""
    return Rendering(**{"name": "bursts", "words": ("burst",), "audio": "", "synthetic": "", "shards": SHARDS, "batch": 3,
                        "num_frames": 50, "recipe": bursts.RECIPE, **changes})  # fmt: skip


def library(wanted: Rendering) -> Library:
    """Bursts, with what was mined from them."""
    return Library(bursts.library().training, mined=[bursts.Clip("mined", s) for s in render.load_mined(wanted.mined)])


def filled(root: Path, wanted: Rendering) -> render.Shards:
    """A folder rendered in this process."""
    shards = render.Shards(wanted, root)
    with mock.patch.object(render, "library", library):
        render.work([(wanted, str(shards.folder))], 0, 1)
    return shards


class RenderTest(unittest.TestCase):
    def test_a_shard_depends_on_its_seed_alone(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            first, second = filled(Path(one), rendering()), filled(Path(other), rendering(shards=1))
            np.testing.assert_array_equal(first.read(0)[0], second.read(0)[0])
            np.testing.assert_array_equal(first.read(0)[1], second.read(0)[1])
            self.assertFalse(np.array_equal(first.read(1)[1], first.read(0)[1]))
            self.assertEqual(first.read(0)[0].shape, (render.SEGMENTS, 3, 50, 40))

    def test_a_folder_of_another_recipe_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            render.Shards(rendering(), Path(folder))
            render.Shards(rendering(shards=5), Path(folder))  # more of the same is welcome
            with self.assertRaisesRegex(ValueError, "another recipe"):
                render.Shards(rendering(recipe=Recipe(room=0.5)), Path(folder))

    def test_a_missing_shard_without_a_renderer_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(RuntimeError, "shard 1 is missing"):
                render.Shards(rendering(), Path(folder)).read(1)


class CourseTest(unittest.TestCase):
    def test_all_shards_come_once_before_a_pass_in_which_all_come_again(self):
        order = [shard_of(block, 4, 1) for block in range(16)]
        self.assertEqual(order[:8:2], [0, 1, 2, 3])
        self.assertTrue(all(shard <= k for k, shard in enumerate(order[1:8:2])))
        self.assertEqual(sorted(order[8:12]), [0, 1, 2, 3])
        self.assertEqual(sorted(order[12:]), [0, 1, 2, 3])

    def test_segments_of_a_shard_follow_one_another_and_folders_alternate(self):
        with tempfile.TemporaryDirectory() as root:
            one = filled(Path(root), rendering())
            two = filled(Path(root), rendering(name="second", seed=9))
            course = Course([two, one], 1, start=40)
            for step, (folder, segment) in {40: (two, 0), 59: (two, 19), 60: (one, 0), 61: (one, 1)}.items():
                mel, labels = course(step)
                shard = 0 if folder is two else shard_of(2 * SHARDS, SHARDS, 1)
                np.testing.assert_array_equal(mel.numpy(), folder.read(shard)[0][segment])
                np.testing.assert_array_equal(labels.numpy(), folder.read(shard)[1][segment])


class MiningTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.network = bursts.trained("crnn").average

    def test_excerpts_are_what_the_network_takes_for_the_word(self):
        # A pool with the word in it: then the highest peaks must follow the word.
        wanted = rendering(name="pool", keep_samples=True, shards=1)
        with tempfile.TemporaryDirectory() as root:
            pool = filled(Path(root), wanted)
            mined = mining.mine(self.network, bursts.frontend(), pool, most=4)
            labels = np.concatenate(pool.read(0)[1], axis=1)
            heard = np.concatenate(pool.samples(0), axis=1)
            path = Path(root) / "mined.npz"
            mining.save(path, [samples for _, samples in mined])
            loaded = render.load_mined(str(path))
        self.assertEqual(sorted((height for height, _ in mined), reverse=True), [height for height, _ in mined])
        length = round((mining.BEFORE + mining.BEHIND) * 16000)
        for (_, samples), again in zip(mined, loaded, strict=True):
            np.testing.assert_array_equal(samples, again)
            self.assertAlmostEqual(len(samples), length, delta=1)
        row, at = next(
            (b, k) for b in range(3) for k in range(0, heard.shape[1] - length, 160)
            if np.array_equal(heard[b, k : k + 1600], mined[0][1][:1600])
        )  # fmt: skip
        peak = round((at / 16000 + mining.BEFORE) * 100)
        self.assertIn(1, labels[row, peak - 30 : peak + 5])

    def test_a_mined_run_with_the_same_seed_gives_the_same_weights(self):
        with tempfile.TemporaryDirectory() as root:
            weights = []
            for turn in ("one", "two"):
                folder = Path(root) / turn
                folder.mkdir()
                pool = filled(folder, rendering(name="pool", keep_samples=True, shards=1))
                mined = mining.mine(self.network, bursts.frontend(), pool, most=4)
                mining.save(folder / "mined.npz", [samples for _, samples in mined])
                second = filled(folder, rendering(name="second", mined=str(folder / "mined.npz")))
                trainer = bursts.Trainer(bursts.settings("crnn", steps=20), bursts.frontend())
                trainer.advance(Course([second, pool], 1), 20)
                weights.append(trainer.network.state_dict())
            for name, weight in weights[0].items():
                self.assertTrue(torch.equal(weight, weights[1][name]), name)

    def test_a_clip_without_the_word_is_found(self):
        noise = np.random.default_rng(1).integers(-300, 300, 16000).astype(np.int16)
        clips = [bursts.burst(1, 500), bursts.Clip("empty", noise)]
        heard, empty = mining.heights(self.network, bursts.frontend(), clips)
        self.assertLess(empty, 0.5 * heard)


class LogTest(unittest.TestCase):
    def test_lines_after_the_checkpoint_are_dropped(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Log(Path(folder))
            for step in range(1, 6):
                log.write(step=step, loss=1 / step)
            log.file.write('{"step": 6, "lo')
            log.file.close()
            Log(Path(folder), 3).file.close()
            self.assertEqual([entry["step"] for entry in read(Path(folder))], [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
