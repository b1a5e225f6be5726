"""What streams are made of: the words, other words, reading, splices, fragments, mined mistakes, noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from .augment import change_speed, decibels, fade, swell, tilt
from .codecs import degrade
from .corpus import Clip, TrainingSet
from .endpoints import ACTIVITY_FRAME as HOP
from .endpoints import active_rms, activity, closure, word_bounds
from .features import to_float
from .labels import IGNORED, NEGATIVE, SILENT, SPOKEN
from .noise import NoiseBank, excerpt
from .recipe import Recipe
from .rooms import Bank
from .synthesis import AlignedClip

SAMPLE_RATE = 16000
UNSURE = 2400  # samples at the start of other speech that may still pass for silence; 0.15 s
BANK_SEED = 20  # of rooms and coloured noise, the same for all runs


@dataclass(frozen=True)
class Piece:
    """A stretch of a stream: samples [n] float32, labels [n] int8 (the label of a frame ending there)."""

    samples: np.ndarray
    labels: np.ndarray


@cache
def rooms(seed: int) -> Bank:
    """Impulse responses of rooms, made once a process."""
    return Bank(seed=seed)


@dataclass
class Library:
    """What all composers of a run share."""

    training: TrainingSet
    synthetic: dict[str, dict[str, list[Clip]]] = field(default_factory=dict)  # parts by word
    mined: list[Clip] = field(default_factory=list)

    def __post_init__(self):
        training = self.training
        self.words = {**training.words, "synthetic": self.spoken("negative")}
        self.synthetic_speech = self.spoken("speech")
        self.noise = NoiseBank(training.noise, training.speech + training.words["commands"], BANK_SEED)
        self.rooms = rooms(BANK_SEED)
        self.known_bounds: dict[int, tuple[int, int]] = {}

    def spoken(self, part: str) -> list[Clip]:
        """Synthesized clips of one part, of all words."""
        return [clip for parts in self.synthetic.values() for clip in parts.get(part, [])]

    def bounds(self, clip: Clip) -> tuple[int, int]:
        """First and one-past-last sample of the word in a clip, worked out once."""
        key = id(clip)
        if key not in self.known_bounds:
            known = (clip.start, clip.end) if isinstance(clip, AlignedClip) else None
            self.known_bounds[key] = known or word_bounds(to_float(clip.samples))
        return self.known_bounds[key]


class Composer:
    """Makes one stream's pieces from the library."""

    def __init__(self, library: Library, recipe: Recipe, seed):
        self.library, self.recipe = library, recipe
        self.rng = np.random.default_rng(seed)
        self.other = {"speech": self.speech, "chain": self.chain, "fragment": self.fragment, "event": self.event}
        empty = {"mined": not library.mined, "speech": not library.training.speech}
        self.kinds = tuple(share for share in recipe.kinds if not empty.get(share[0]))
        self.sources = tuple(share for share in recipe.words if library.words.get(share[0]))

    def pick(self, shares: tuple[tuple[str, float], ...]) -> str:
        """A random name, in proportion to its share."""
        draw = self.rng.random() * sum(share for _, share in shares)
        for name, share in shares:
            draw -= share
            if draw < 0:
                return name
        return shares[-1][0]

    def one_of(self, clips: list[Clip]) -> Clip:
        """A random clip."""
        return clips[self.rng.integers(len(clips))]

    def noise(self, length: int) -> np.ndarray:
        """[length] float32 of unit RMS."""
        return self.library.noise.draw(length, self.rng)

    def vary(self, samples: np.ndarray) -> np.ndarray:
        """A random microphone and room; the length stays."""
        if self.rng.random() < 0.6:
            samples = tilt(samples, self.rng)
        if self.rng.random() < self.recipe.room:
            samples = self.library.rooms.reverberate(samples, self.rng)
        return samples

    def played(self, clip: Clip, slowest: float, fastest: float) -> tuple[np.ndarray, tuple[int, int]]:
        """A clip faster or slower, and the word's bounds in it."""
        factor = self.rng.uniform(slowest, fastest)
        start, end = self.library.bounds(clip)
        samples = change_speed(to_float(clip.samples), factor)
        return samples, (int(start / factor), min(len(samples), int(end / factor)))

    def any_word(self) -> tuple[int, str]:
        """Label and name of one of the words."""
        names = list(self.library.training.positives)
        k = int(self.rng.integers(len(names)))
        return k + 1, names[k]

    def recorded(self, word: str) -> Clip:
        """A recording of a word, or a synthesized one where there are none."""
        clips = self.library.training.positives[word] or self.library.synthetic.get(word, {}).get("positive")
        if not clips:
            raise ValueError(f"{word!r}: no recordings and no synthesized speech, expected either; see recordings.py")
        return self.one_of(clips)

    def positive(self, word: str) -> tuple[np.ndarray, tuple[int, int]]:
        """A clip of a word and the word's bounds in it."""
        draw, recipe = self.rng.random(), self.recipe
        synthetic = self.library.synthetic.get(word, {})
        if synthetic.get("sentence") and draw > 1 - recipe.sentence_positive:
            return self.in_sentence(self.one_of(synthetic["sentence"]))
        if synthetic.get("positive") and draw < recipe.synthetic_positive:
            return self.played(self.one_of(synthetic["positive"]), recipe.slowest, recipe.fastest)
        return self.played(self.recorded(word), recipe.slowest, recipe.fastest)

    def in_sentence(self, clip: Clip) -> tuple[np.ndarray, tuple[int, int]]:
        """A sentence from at most 2 s before the word to at most 1 s after it."""
        samples, (start, end) = self.played(clip, 0.9, 1.12)
        first = max(0, start - int(self.rng.uniform(0.2, 2) * SAMPLE_RATE))
        last = end + int(self.rng.uniform(0.2, 1) * SAMPLE_RATE)
        return samples[first:last], (start - first, end - first)

    def embed(self, clip: np.ndarray, bounds: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]]:
        """The word with another word right before or right after it."""
        other, (first, last) = self.word()
        other = match(fade(other[first:last], 160), clip)
        start, end = bounds
        gap = np.zeros(int(self.rng.uniform(0, 0.12) * SAMPLE_RATE), np.float32)
        if self.rng.random() < 0.5:
            clip = fade(clip[max(0, start - 400) :], 160)
            shift = len(other) + len(gap) - max(0, start - 400)
            return np.concatenate([other, gap, clip]), (start + shift, end + shift)
        return np.concatenate([fade(clip[: end + 400], 160), gap, other]), bounds

    def word(self) -> tuple[np.ndarray, tuple[int, int]]:
        """A clip of another word and where it is."""
        return self.played(self.one_of(self.library.words[self.pick(self.sources)]), 0.83, 1.2)

    def speech(self, longest: float = 5) -> np.ndarray:
        """One to `longest` seconds of continuous speech, sometimes backwards."""
        clips = self.library.training.speech
        synthetic = self.library.synthetic_speech
        if synthetic and self.rng.random() < self.recipe.synthetic_speech:
            clips = synthetic
        length = int(self.rng.uniform(1, longest) * SAMPLE_RATE)
        samples = to_float(excerpt(self.one_of(clips).samples, length, self.rng))
        samples = change_speed(samples, self.rng.uniform(0.75, 1.35))
        return samples[::-1] if self.rng.random() < 0.08 else samples

    def chain(self) -> np.ndarray:
        """Two to six words of different speakers without a pause, almost continuous speech."""
        parts = []
        for _ in range(self.rng.integers(2, 7)):
            other, (first, last) = self.word()
            margin = int(self.rng.uniform(0, 0.05) * SAMPLE_RATE)
            part = fade(other[max(0, first - margin) : last + margin], 80)
            parts.append(part if not parts else match(part, parts[0]))
        return np.concatenate(parts)

    def fragment(self) -> np.ndarray:
        """Half of the word alone, joined to half of another word or to other speech, or the word backwards."""
        clip, (start, end) = self.played(self.recorded(self.any_word()[1]), 0.85, 1.17)
        cut = closure(clip, start, end)
        if cut is None or self.rng.random() < 0.12:
            return clip[::-1]
        if self.rng.random() < 0.6:
            other, (first, last) = self.word()
        else:
            other = self.speech(1.5)
            first, last = 0, len(other)
        other = match(other, clip)
        middle = (first + last) // 2
        quarter = int(4 * self.rng.random())
        if not self.recipe.tails:  # few recordings can't tell how weak a beginning may be: endings are not refused
            quarter -= quarter % 2
        if quarter == 0:
            parts = [clip[:cut]]
        elif quarter == 1:
            parts = [clip[cut:]]
        elif quarter == 2:
            parts = [clip[:cut], other[middle:]]
        else:
            parts = [other[:middle], clip[cut:]]
        return np.concatenate([fade(part, 80) for part in parts])

    def event(self) -> np.ndarray:
        """Half a second to four of recorded noise as loud as a voice: a sneeze, a cry, a bark."""
        length = int(self.rng.uniform(0.5, 4) * SAMPLE_RATE)
        samples = to_float(excerpt(self.one_of(self.library.training.noise).samples, length, self.rng))
        return change_speed(samples, self.rng.uniform(0.7, 1.45))

    def content(self) -> tuple[np.ndarray, np.ndarray]:
        """Samples and labels of one random thing to hear."""
        kind = self.pick(self.kinds)
        if kind == "positive":
            label, word = self.any_word()
            clip, bounds = self.positive(word)
            if self.recipe.swell:
                clip = swell(clip, self.recipe.swell, self.rng)
            if self.rng.random() < self.recipe.embedded:
                clip, bounds = self.embed(clip, bounds)
            return self.vary(clip), self.label(len(clip), *bounds, label)
        if kind in ("noise", "silence"):
            return self.background(kind)
        if kind == "mined":
            clip = to_float(self.one_of(self.library.mined).samples)
            clip = change_speed(clip, self.rng.uniform(0.93, 1.08))
            clip = tilt(clip, self.rng) if self.rng.random() < 0.3 else clip
        elif kind == "word":
            clip = self.vary(self.word()[0])
        else:
            clip = self.vary(self.other[kind]())
        clip = clip.astype(np.float32)
        return clip, np.zeros(len(clip), np.int8) if kind in ("mined", "event") else spoken_labels(clip)

    def background(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Half a second to four of "noise" or "silence", in which somebody else may be talking."""
        length = int(self.rng.uniform(0.5, 4) * SAMPLE_RATE)
        noise, voiced = self.library.noise.drawn(length, self.rng) if kind == "noise" else (np.zeros(length), False)
        clip = noise * decibels(self.rng.uniform(-60, -15))
        return clip.astype(np.float32), np.full(length, NEGATIVE if voiced else SILENT, np.int8)

    def label(self, length: int, start: int, end: int, word: int = 1) -> np.ndarray:
        """Labels [length + what the target of the `word`-th word needs after the clip]."""
        tail = int(self.recipe.ignored_to * SAMPLE_RATE)
        labels = np.zeros(max(length, end + tail), np.int8)
        labels[start : end + tail] = IGNORED
        first = max(start, end + int(self.recipe.positive_from * SAMPLE_RATE))
        labels[first : end + int(self.recipe.positive_to * SAMPLE_RATE)] = word
        return labels

    def piece(self) -> Piece:
        """One thing to hear and the pause before it; a word's target may reach into a pause after it."""
        rng, recipe = self.rng, self.recipe
        clip, labels = self.content()
        before = 0 if rng.random() < 0.12 else int(rng.uniform(0.1, 2.0) * SAMPLE_RATE)
        after = max(0, len(labels) - len(clip))
        level = max(active_rms(clip), 1e-4)
        if rng.random() < recipe.cut:  # a recording cut into a quiet stream
            pause = level * decibels(-rng.uniform(20, 46))
            if rng.random() < recipe.cut_noise:
                clip = clip + self.noise(len(clip)) * level * decibels(-rng.uniform(0, recipe.softest_noise))
            heard = np.concatenate([self.noise(before) * pause, clip, self.noise(after) * pause])
        else:  # a voice in a place with its own noise
            heard = np.concatenate([np.zeros(before), fade(clip, int(rng.uniform(16, 640))), np.zeros(after)])
            heard += self.noise(len(heard)) * level * decibels(-rng.uniform(0, 32))
        if rng.random() < recipe.codec:
            heard = degrade(np.clip(heard, -1, 1).astype(np.float32), rng)
        heard = heard * (decibels(rng.uniform(-16, 12)) if rng.random() < 0.8 else 1.0)
        labels = np.concatenate([np.zeros(before, np.int8), labels])
        return Piece(np.clip(heard, -1, 32767 / 32768).astype(np.float32), labels)


def spoken_labels(clip: np.ndarray) -> np.ndarray:
    """Labels [samples] of other speech: SPOKEN from a little after its first to its last active frame."""
    active, _ = activity(clip)
    at = np.flatnonzero(active)
    labels = np.zeros(len(clip), np.int8)
    if len(at):
        labels[int(at[0]) * HOP + UNSURE : int(at[-1] + 1) * HOP] = SPOKEN
    return labels


def match(samples: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """At the speech level of another clip."""
    return samples * np.float32(max(active_rms(reference), 1e-4) / max(active_rms(samples), 1e-4))
