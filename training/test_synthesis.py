"""Tests of synthesis.py, sentences.py and confusables.py: `python -m unittest training.test_synthesis`, seconds."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from functools import lru_cache
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np

from . import accents, confusables, sentences, synthesis, utterances
from .confusables import distance, phonemes, substituted
from .corpus import SAMPLE_RATE, decode
from .utterances import Utterance
from .voices import FLITE_VOICES, Voice

WORDS = [
    "hobby",
    "happen",
    "unhappy",
    "happier",
    "happiness",
    "Happy",
    "table",
    "nappy",
    "hat",
    "stupid",
    "peppy",
    "of",
]
MISSING = [program for program in ("espeak-ng", "flite") if not shutil.which(program)]
spoken = unittest.skipIf(MISSING, f"{' and '.join(MISSING)} missing: apt-get install espeak-ng flite")
SMALL = {"POSITIVES": 3, "NEGATIVES": 4, "SPEECH": 12, "SENTENCES": 4}


def recursive_distance(a: tuple, b: tuple) -> float:
    """Edit distance from its definition."""

    @lru_cache(None)
    def rest(i: int, j: int) -> float:
        if i == len(a) or j == len(b):
            return confusables.INSERTED * (len(a) - i + len(b) - j)
        return min(
            rest(i + 1, j + 1) + substituted(a[i], b[j]),
            rest(i + 1, j) + confusables.INSERTED,
            rest(i, j + 1) + confusables.INSERTED,
        )

    return rest(0, 0)


class DistanceTest(unittest.TestCase):
    def test_joint_symbols_are_taken_apart(self):
        self.assertEqual(phonemes("h_ˈæ_p_i"), ("h", "æ", "p", "i"))
        self.assertEqual(phonemes("f_ˈaɪɚ"), ("f", "aɪ", "ɚ"))
        self.assertEqual(phonemes("l_ˈɪ_ɾ_əl"), ("l", "ɪ", "t", "ə", "l"))
        self.assertEqual(phonemes("k_ˈɑːɹ tʃ_ˈɜː_tʃ"), ("k", "ɑ", "ɹ", "tʃ", "ɜ", "tʃ"))

    def test_marks_of_other_languages_are_left_out(self):
        self.assertEqual(phonemes("(en)_h_ˈa_p_i_(fr)"), ("h", "a", "p", "i"))

    def test_costs_are_symmetric_and_rank_sounds(self):
        symbols = [*confusables.VOWELS, *confusables.CONSONANTS]
        for a in symbols:
            self.assertEqual(substituted(a, a), 0)
            for b in symbols:
                self.assertAlmostEqual(substituted(a, b), substituted(b, a))
                self.assertTrue(a == b or 0 < substituted(a, b) <= 1.2, (a, b))
        self.assertLess(substituted("p", "b"), substituted("p", "s"))
        self.assertLess(substituted("æ", "ɛ"), substituted("æ", "u"))

    def test_equals_its_definition(self):
        rng = np.random.default_rng(1)
        symbols = [*confusables.VOWELS, *confusables.CONSONANTS]
        for _ in range(40):
            a, b = (tuple(rng.choice(symbols, rng.integers(0, 6)).tolist()) for _ in range(2))
            self.assertAlmostEqual(distance(a, b), recursive_distance(a, b))


class LexiconTest(unittest.TestCase):
    @spoken
    def test_words_that_hold_the_word_are_left_out(self):
        lexicon = confusables.Lexicon("happy", WORDS)
        for other in ("unhappy", "Happy"):
            self.assertNotIn(other, lexicon.words)
        found = lexicon.confusables()
        self.assertNotIn("happier", found, "flite says happy in it")
        self.assertNotIn("happiness", found, "flite says happy in it")
        self.assertEqual(found[0], "hobby")
        self.assertTrue({"happen", "nappy", "hat"} <= set(found))
        self.assertEqual(len(found), len(set(found)))

    @spoken
    def test_nearest_come_first_and_homophones_never(self):
        lexicon = confusables.Lexicon("right", ["write", "rite", "light", "ride", "table", "ripe", "height"])
        found = lexicon.confusables(nearest=3, sharing=2)
        self.assertFalse({"write", "rite"} & set(found))
        self.assertNotIn("table", found)
        self.assertEqual(found[0], "ride")

    @spoken
    def test_beginning_and_end_are_taken_too(self):
        lexicon = confusables.Lexicon("happy", ["hobby", "hamster", "creepy", "stool"])
        self.assertEqual(lexicon.confusables(nearest=1, sharing=5), ["hobby", "hamster", "creepy"])

    def test_a_missing_dictionary_is_refused(self):
        with self.assertRaisesRegex(FileNotFoundError, "apt-get install wamerican"):
            confusables.dictionary_words(5, Path("no/such/list"))

    @spoken
    def test_accents_are_those_that_keep_the_word(self):
        near = confusables.accents_near("computer", ("es", "de", "da", "tr"))
        self.assertEqual(near, ("de", "da"), "Spanish and Turkish say oo, not you, and stress the end")

    @spoken
    def test_transcribes_in_order_however_many_texts_a_process_gets(self):
        with mock.patch.object(confusables, "CHUNK", 2):
            few = confusables.transcribe(WORDS)
        self.assertEqual(few, confusables.transcribe(WORDS))

    @spoken
    def test_a_word_without_sound_is_refused(self):
        with self.assertRaisesRegex(ValueError, "no phonemes"):
            confusables.Lexicon("...", ["hat"])


@spoken
class AccentTest(unittest.TestCase):
    def test_any_english_voice_may_tap_and_others_are_left_alone(self):
        british = Voice("espeak-ng", "en-gb+m3", 1.0, 1.0, 50.0)
        rngs = [np.random.default_rng(seed) for seed in range(60)]
        texts = {accents.accented("hey water!", british, rng) for rng in rngs}
        self.assertIn(None, texts)
        self.assertIn("[[h'eI]] [[w'O:*3]]!", texts)
        self.assertIn("[[h'eI]] [[w'O:ta#]]!", texts)
        for other in (Voice("espeak-ng", "es+m3", 1.0, 1.0, 50.0), Voice("flite", "rms", 1.0, 1.0, 100.0)):
            self.assertEqual({accents.accented("water?", other, rng) for rng in rngs}, {None})


class SentencesTest(unittest.TestCase):
    def test_frames_are_filled(self):
        rng = np.random.default_rng(1)
        texts = [sentences.from_frame(rng) for _ in range(300)]
        self.assertFalse([text for text in texts if "{" in text or "}" in text])
        self.assertGreater(len(set(texts)), 280)

    def test_the_word_has_neighbours(self):
        rng = np.random.default_rng(1)
        texts = [sentences.around("happy", ["stone"], rng) for _ in range(200)]
        for text in texts:
            self.assertEqual(text.split().count("happy"), 1)
            self.assertGreater(len(text.split()), 1)
        ends = sum(text.endswith("happy") for text in texts)
        self.assertTrue(20 < ends < 120, f"{ends} of 200 end with the word")


class AlignmentTest(unittest.TestCase):
    PRINTED = "pau:0.177 ay:0.336 ae:0.467 m:0.538 hh:0.623 ae:0.766 p:0.846 iy:0.929 t:0.992 pau:1.589"

    def test_bounds_are_those_of_the_phones(self):
        self.assertEqual(synthesis.word_times(self.PRINTED, ("hh", "ae", "p", "iy")), (0.538, 0.929))
        with self.assertRaisesRegex(ValueError, "0 times"):
            synthesis.word_times(self.PRINTED, ("b", "eh", "d"))

    @spoken
    def test_the_last_word_ends_where_the_sound_does(self):
        for voice, formants in product(FLITE_VOICES, (1, 1.3)):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "0000.flac"
                speaker = Voice("flite", voice, formants, stretch=1.2, pitch=160, deviation=20)
                start, end = synthesis.speak(Utterance("we said happy", speaker, path, aligned=True), "happy")
                samples = decode(path).astype(np.float64)
            active = np.flatnonzero(np.abs(samples) > 0.03 * np.abs(samples).max())
            self.assertAlmostEqual(end / SAMPLE_RATE, active[-1] / SAMPLE_RATE, delta=0.09, msg=voice)
            self.assertTrue(0.2 < (end - start) / SAMPLE_RATE < 0.8, voice)
            self.assertGreater(start, 0.15 * SAMPLE_RATE, voice)


@spoken
class SynthesisTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for patch in (
            mock.patch.multiple(utterances, **SMALL),
            mock.patch.object(confusables, "dictionary_words", lambda letters: WORDS),
        ):
            patch.start()
            cls.addClassCleanup(patch.stop)
        for name in ("one", "two"):
            synthesis.synthesize("happy", cls.folder / name, seed=3)

    def test_same_seed_gives_the_same_files(self):
        paths = sorted(path.relative_to(self.folder / "one") for path in (self.folder / "one").rglob("*.*"))
        self.assertEqual(len(paths), sum(SMALL.values()) + 2)
        for path in paths:
            self.assertEqual(
                (self.folder / "one" / path).read_bytes(), (self.folder / "two" / path).read_bytes(), str(path)
            )

    def test_loads_with_bounds(self):
        parts = synthesis.load(self.folder / "one")
        self.assertEqual([len(parts[part]) for part in synthesis.PARTS], list(SMALL.values()))
        for clip in parts["sentence"]:
            self.assertTrue(0 <= clip.start < clip.end <= len(clip.samples), clip.name)
            self.assertGreater(np.abs(clip.samples[clip.start : clip.end].astype(int)).max(), 1000)

    def test_texts_with_other_keywords_are_left_out(self):
        every, folder = synthesis.load(self.folder / "one"), self.folder / "one"
        texts = synthesis.texts_of(folder)
        fewer = synthesis.load(folder, without=("HOBBY",))
        for part, clips in every.items():
            expected = [clip.name for clip in clips if "hobby" not in texts[f"{part}/{clip.name}"].lower()]
            self.assertEqual([clip.name for clip in fewer[part]], expected)
        self.assertLess(len(fewer["negative"]), len(every["negative"]))

    def test_more_positives_leave_the_voices_as_they_are(self):
        few, many = (
            utterances.plan("happy", Path("x"), 3, positives=count, lead_ins=("hey", "ok")) for count in (40, 60)
        )
        self.assertEqual([u.voice for u in few[:40]], [u.voice for u in many[:40]])
        self.assertEqual([u.voice for u in few[40:]], [u.voice for u in many[60:]])

    def test_lead_ins_stand_before_the_word_and_words_like_it(self):
        with mock.patch.object(utterances, "NEGATIVES", 300):
            planned = utterances.plan("happy", Path("x"), 3, positives=300, lead_ins=("hey", "ok"))
        for part in ("positive", "negative"):
            texts = [u.text for u in planned if u.path.parent.name == part]
            for lead_in in ("hey ", "ok "):
                self.assertTrue(20 < sum(text.startswith(lead_in) for text in texts) < 70, (part, lead_in))
        self.assertFalse([u for u in utterances.plan("happy", Path("x"), 3) if u.text.startswith("ok ")])

    def test_only_positives_and_sentences_hold_the_word(self):
        lines = (self.folder / "one" / "texts.tsv").read_text(encoding="utf-8").splitlines()
        for line in lines:
            path, text = line.split("\t")
            holds = "happy" in text.lower()
            self.assertEqual(holds, path.startswith(("positive", "sentence")), line)

    def test_an_existing_folder_is_not_written_over(self):
        with self.assertRaisesRegex(FileExistsError, "remove it"):
            synthesis.synthesize("happy", self.folder / "one")

    def test_a_folder_without_bounds_is_refused(self):
        with self.assertRaisesRegex(FileNotFoundError, "python -m training.synthesis"):
            synthesis.load(self.folder)


if __name__ == "__main__":
    unittest.main()
