"""The splits of the recordings."""

from __future__ import annotations

import unittest

from . import corpus
from .test_recipe import AUDIO


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
