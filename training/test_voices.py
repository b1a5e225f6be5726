"""Tests of voices.py, festival.py and residual.py: `python -m unittest training.test_voices`, seconds."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import unittest
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np
from scipy.signal import lfilter

from . import endpoints, festival, synthesis, voices
from .corpus import SAMPLE_RATE, decode
from .residual import repitched
from .utterances import Utterance
from .voices import FLITE_VOICES, Voice

MISSING = [program for program in ("espeak-ng", "flite") if not shutil.which(program)]
spoken = unittest.skipIf(MISSING, f"{' and '.join(MISSING)} missing: apt-get install espeak-ng flite")
ABSENT = sorted(set(festival.VOICES) - festival.installed())
with_festival = unittest.skipIf(
    ABSENT, f"festival's {' and '.join(ABSENT)} missing: apt-get install festival {' '.join(festival.VOICES.values())}"
)


def pitch(samples: np.ndarray) -> float:
    """Median pitch in Hz between 60 and 400, by the autocorrelation of frames of 40 ms; of the loud, periodic ones."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 640)[::160]
    window, found = np.hanning(640), []
    weight = np.fft.irfft(np.abs(np.fft.rfft(window, 2048)) ** 2)[:320]
    for frame in frames[np.mean(frames**2, axis=1) > 0.003 * np.max(samples**2)]:
        likeness = np.fft.irfft(np.abs(np.fft.rfft(frame * window, 2048)) ** 2)[:320] / weight
        likeness /= likeness[0]
        best = likeness[40:266].max()
        rising = (likeness[41:265] > likeness[40:264]) & (likeness[41:265] >= likeness[42:266])
        peaks = 41 + np.flatnonzero(rising & (likeness[41:265] > 0.88 * best))
        if best > 0.6 and len(peaks):
            found.append(SAMPLE_RATE / peaks[0])
    return float(np.median(found)) if found else float("nan")


def envelope(samples: np.ndarray) -> np.ndarray:
    """Smoothed log spectrum up to 4 kHz, [128], by 20 cepstral coefficients."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::160] * np.hanning(512)
    cepstrum = np.fft.irfft(np.log(np.mean(np.abs(np.fft.rfft(frames)) ** 2, axis=0) + 1e-9))
    cepstrum[20:-19] = 0
    return np.fft.rfft(cepstrum).real[:128]


def centroid(samples: np.ndarray) -> float:
    """Spectral centroid in Hz."""
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.sum(spectrum * np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)) / np.sum(spectrum))


def said(speakers: list[Voice], text: str = "computer") -> list[np.ndarray]:
    """What speakers make of a text."""
    with tempfile.TemporaryDirectory() as folder:
        utterances = [Utterance(text, voice, Path(folder) / f"{k:04}.flac") for k, voice in enumerate(speakers)]
        synthesis.spoken(utterances, text)
        return [decode(utterance.path) / 32768 for utterance in utterances]


class RepitchedTest(unittest.TestCase):
    @staticmethod
    def vowel(hertz: float) -> np.ndarray:
        """A pulse train at a pitch through two resonances, 1 s."""
        samples = (np.diff(np.floor(np.arange(SAMPLE_RATE + 1) * hertz / SAMPLE_RATE)) > 0).astype(float)
        for centre, width in ((700, 80), (1900, 120)):
            radius = np.exp(-np.pi * width / SAMPLE_RATE)
            samples = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * centre / SAMPLE_RATE), radius**2], samples)
        return samples

    def test_a_factor_of_one_changes_nothing(self):
        samples = self.vowel(100)
        np.testing.assert_allclose(repitched(samples, 1)[: len(samples)], samples, atol=1e-9 * samples.max())

    def test_pitch_and_length_change_and_formants_stay(self):
        samples = self.vowel(100)
        for factor in (0.8, 1.5, 2.2):
            found = repitched(samples, factor)
            self.assertAlmostEqual(pitch(found), 100 * factor, delta=3 * factor)
            self.assertAlmostEqual(len(found) * factor / len(samples), 1, delta=0.02)
            peaks = [np.argmax(envelope(found)[first:last]) + first for first, last in ((10, 40), (45, 80))]
            for peak, hertz in zip(peaks, (700, 1900)):
                self.assertAlmostEqual(peak * SAMPLE_RATE / 512, hertz, delta=130, msg=f"{factor}")


@spoken
class VoiceTest(unittest.TestCase):
    def test_pitch_is_as_asked_for_whatever_the_formants(self):
        every = product(FLITE_VOICES, (1, 1.25), (100, 200))
        asked = [Voice("flite", name, formants, 1.2, hertz, 5) for name, formants, hertz in every]
        for voice, samples in zip(asked, said(asked)):
            self.assertAlmostEqual(pitch(samples) / voice.pitch, 1, delta=0.12, msg=f"{voice}")

    def test_formants_are_as_asked_for(self):
        for name in FLITE_VOICES:
            one, other = said([Voice("flite", name, formants, 1.2, 120, 5) for formants in (1, 1.3)])
            hertz = np.arange(20, 98)  # bins of the envelope
            apart = {f: np.corrcoef(np.interp(hertz / f, np.arange(128), envelope(one)), envelope(other)[20:98])[0, 1]
                     for f in (1, 1.3)}  # fmt: skip
            self.assertGreater(apart[1.3], apart[1], name)

    def test_duration_doesnt_follow_from_formants_or_pitch(self):
        for name in FLITE_VOICES:
            speakers = [Voice("flite", name, f, s, p, 5) for f, s, p in ((1, 1, 100), (1.3, 1, 220), (1.3, 1.5, 220))]
            plain, small, slow = (np.subtract(*endpoints.word_bounds(x)[::-1]) for x in said(speakers))
            self.assertAlmostEqual(small / plain, 1, delta=0.15, msg=name)
            self.assertAlmostEqual(slow / small, 1.5, delta=0.2, msg=name)

    def test_people_are_further_apart_than_one_voice(self):
        names = {"flite": FLITE_VOICES, "festival": ()}
        people = said([voices.anybody(names, (), np.random.default_rng([1, k])) for k in range(40)])
        one = said([Voice("flite", "kal16", 1, s, 105, d) for s in (0.9, 1, 1.1) for d in (5, 20)])
        for measure, widest in ((pitch, 2.5), (centroid, 1.7), (len, 1.6)):
            spread, single = (
                float(np.divide(*np.nanpercentile([measure(x) for x in clips], (90, 10)))) for clips in (people, one)
            )
            self.assertGreater(spread, widest, measure.__name__)
            self.assertGreater(spread, 1.3 * single, measure.__name__)

    def test_every_variant_and_accent_speaks(self):
        names = [f"en-us+{name}" for name in voices.VARIANTS] + [f"{name}+m1" for name in voices.ACCENTS]
        names += [f"{name}+m1" for name in voices.LANGUAGES]
        for name, samples in zip(names, said([Voice("espeak-ng", name, 1, 1, 50) for name in names])):
            self.assertGreater(np.abs(samples).max(), 0.02, name)
            self.assertTrue(0.3 < len(samples) / SAMPLE_RATE < 2, name)


class FestivalTest(unittest.TestCase):
    def test_without_it_a_line_says_so_and_its_share_is_spoken_by_flite(self):
        with mock.patch.object(festival, "installed", frozenset), contextlib.redirect_stderr(io.StringIO()) as printed:
            self.assertEqual(voices.festival_voices(), ())
        self.assertEqual(len(printed.getvalue().splitlines()), 1)
        self.assertRegex(printed.getvalue(), "without kal_diphone, ked_diphone; apt-get install festival festvox-kal")
        names = {"flite": FLITE_VOICES, "festival": ()}
        programs = [voices.anybody(names, (), np.random.default_rng(k)).program for k in range(400)]
        self.assertEqual(set(programs), {"flite", "espeak-ng"})
        self.assertAlmostEqual(programs.count("flite") / 400, voices.FLITE_SHARE + voices.FESTIVAL_SHARE, delta=0.1)

    def test_words_are_found_by_name(self):
        words = [("hey", 0.1, 0.3), ("Computer", 0.3, 0.9), ("stop", 1.0, 1.4)]
        self.assertEqual(festival.word_times(words, "computer"), (0.3, 0.9))
        self.assertEqual(festival.word_times(words, "hey computer"), (0.1, 0.9))
        with self.assertRaisesRegex(ValueError, "0 times in 'hey computer stop'"):
            festival.word_times(words, "bed")

    @with_festival
    def test_pitch_duration_and_bounds(self):
        asked = [Voice("festival", name, f, 1.2, 180, 10) for name in festival.VOICES for f in (1, 1.3)]
        with tempfile.TemporaryDirectory() as folder:
            utterances = [
                Utterance('we "said" computer', voice, Path(folder) / f"{k}.flac", aligned=True)
                for k, voice in enumerate(asked)
            ]
            bounds = synthesis.spoken(utterances, "computer")
            clips = [decode(utterance.path) / 32768 for utterance in utterances]
        for voice, samples, (start, end) in zip(asked, clips, bounds):
            self.assertAlmostEqual(pitch(samples) / 180, 1, delta=0.12, msg=f"{voice}")
            self.assertAlmostEqual(endpoints.word_bounds(samples)[1], end, delta=0.1 * SAMPLE_RATE, msg=f"{voice}")
            self.assertTrue(0.4 < (end - start) / SAMPLE_RATE < 0.9, f"{voice}")

    @with_festival
    def test_a_text_it_cannot_speak_is_named(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(ValueError, "0 of 1 texts.*voice_nobody"):
            festival.run([festival.line("nobody", "a", 1, 100, 10, "a.wav")], Path(folder))


if __name__ == "__main__":
    unittest.main()
