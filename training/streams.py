"""Endless labelled streams: words, reading and noise, one after the other, as a microphone would hear them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .augment import change_speed, coloured_noise, decibels, fade, vary
from .corpus import Clip, TrainingSet
from .endpoints import active_rms, closure, word_bounds
from .features import to_float

NEGATIVE, POSITIVE, IGNORED = 0, 1, -1
HOP_LENGTH, WINDOW_LENGTH = 160, 400  # samples


@dataclass(frozen=True)
class Recipe:
    """What the streams are made of. Times in seconds, measured from the word's end to a frame's end."""

    kinds: tuple[tuple[str, float], ...] = (
        ("positive", 0.28),
        ("word", 0.30),
        ("speech", 0.22),
        ("fragment", 0.10),
        ("noise", 0.08),
        ("silence", 0.02),
    )
    positive_from: float = 0.06
    positive_to: float = 0.36
    ignored_to: float = 0.60
    words: tuple[tuple[str, float], ...] = (
        ("commands", 0.40),
        ("arabic", 0.20),
        ("community", 0.15),
        ("synthetic", 0.25),
    )
    synthetic_positive: float = 0.06  # share of the positives
    synthetic_speech: float = 0.35  # share of the continuous speech


@dataclass(frozen=True)
class Piece:
    """A stretch of a stream: samples [n] float32, labels [n] int8 (the label of a frame ending there)."""

    samples: np.ndarray
    labels: np.ndarray


class Composer:
    """Makes one stream's pieces from the training set."""

    def __init__(self, training: TrainingSet, synthetic: dict[str, list[Clip]], recipe: Recipe, seed: int):
        self.training, self.synthetic, self.recipe = training, synthetic, recipe
        self.rng = np.random.default_rng(seed)
        self.words = {**training.words, "synthetic": synthetic.get("negative", [])}

    def kind(self, shares: tuple[tuple[str, float], ...]) -> str:
        """A random name, in proportion to its share."""
        names, weights = zip(*shares)
        return names[self.rng.choice(len(names), p=np.array(weights) / sum(weights))]

    def choose(self, clips: list[Clip]) -> np.ndarray:
        """Samples of a random clip, float32."""
        return to_float(clips[self.rng.integers(len(clips))].samples)

    def excerpt(self, samples: np.ndarray, length: int) -> np.ndarray:
        """`length` samples from a random place, repeated where the recording is shorter."""
        if len(samples) < length:
            samples = np.tile(samples, length // len(samples) + 1)
        start = self.rng.integers(len(samples) - length + 1)
        return samples[start : start + length]

    def noise(self, length: int) -> np.ndarray:
        """Noise of unit RMS (digital silence stays silent): recorded, coloured, or other people far away."""
        if length == 0:
            return np.zeros(0, np.float32)
        draw = self.rng.random()
        if draw < 0.60:
            noise = self.excerpt(self.choose(self.training.noise), length)
        elif draw < 0.85:
            return coloured_noise(length, self.rng)
        else:
            source = self.training.speech if draw < 0.95 else self.training.words["commands"]
            noise = self.excerpt(self.choose(source), length)
        rms = np.sqrt(np.mean(np.square(noise)))
        return (noise / max(rms, 1e-4)).astype(np.float32)

    def positive(self) -> tuple[np.ndarray, tuple[int, int]]:
        """A clip of the word and the word's bounds in it."""
        clips = self.training.positives
        if self.synthetic.get("positive") and self.rng.random() < self.recipe.synthetic_positive:
            clips = self.synthetic["positive"]
        clip = change_speed(self.choose(clips), self.rng.uniform(0.87, 1.15))
        return clip, word_bounds(clip)

    def word(self) -> np.ndarray:
        """A clip of another word."""
        present = tuple(share for share in self.recipe.words if self.words[share[0]])
        return change_speed(self.choose(self.words[self.kind(present)]), self.rng.uniform(0.85, 1.18))

    def speech(self) -> np.ndarray:
        """One to five seconds of continuous speech, sometimes backwards."""
        clips = self.training.speech
        if self.synthetic.get("speech") and self.rng.random() < self.recipe.synthetic_speech:
            clips = self.synthetic["speech"]
        length = int(self.rng.uniform(1, 5) * 16000)
        speech = change_speed(self.excerpt(self.choose(clips), length), self.rng.uniform(0.8, 1.25))
        return speech[::-1] if self.rng.random() < 0.1 else speech

    def fragment(self) -> np.ndarray:
        """Half of the word alone, joined to half of another word or to other speech, or the word backwards."""
        clip, (start, end) = self.positive()
        cut = closure(clip, start, end)
        if cut is None or self.rng.random() < 0.15:
            return clip[::-1]
        other = self.word() if self.rng.random() < 0.6 else self.speech()[:8000]
        first, last = word_bounds(other) if len(other) > 4000 else (0, len(other))
        middle = (first + last) // 2
        draw = self.rng.random()
        if draw < 0.25:
            parts = [clip[:cut]]
        elif draw < 0.5:
            parts = [clip[cut:]]
        elif draw < 0.75:
            parts = [clip[:cut], other[middle:]]
        else:
            parts = [other[:middle], clip[cut:]]
        return np.concatenate([fade(part, 80) for part in parts])

    def content(self) -> tuple[np.ndarray, np.ndarray]:
        """Samples and labels of one random thing to hear."""
        kind = self.kind(self.recipe.kinds)
        if kind == "positive":
            clip, (start, end) = self.positive()
            return vary(clip, self.rng), self.label(len(clip), start, end)
        if kind in ("noise", "silence"):
            length = int(self.rng.uniform(0.5, 4) * 16000)
            clip = self.noise(length) * decibels(self.rng.uniform(-60, -15)) * (kind == "noise")
        else:
            clip = vary({"word": self.word, "speech": self.speech, "fragment": self.fragment}[kind](), self.rng)
        return clip.astype(np.float32), np.zeros(len(clip), np.int8)

    def label(self, length: int, start: int, end: int) -> np.ndarray:
        """Labels [length + what the word's target needs after the clip]."""
        tail = int(self.recipe.ignored_to * 16000)
        labels = np.zeros(max(length, end + tail), np.int8)
        labels[start : end + tail] = IGNORED
        first = max(start, end + int(self.recipe.positive_from * 16000))
        labels[first : end + int(self.recipe.positive_to * 16000)] = POSITIVE
        return labels

    def piece(self) -> Piece:
        """One thing to hear and the pause before it; a word's target may reach into a pause after it."""
        rng = self.rng
        clip, labels = self.content()
        before = 0 if rng.random() < 0.12 else int(rng.uniform(0.1, 2.0) * 16000)
        after = max(0, len(labels) - len(clip))
        level = max(active_rms(clip), 1e-4)
        if rng.random() < 0.5:  # a recording cut into a quiet stream
            pause = level * decibels(-rng.uniform(18, 45))
            heard = np.concatenate([self.noise(before) * pause, clip, self.noise(after) * pause])
            if rng.random() < 0.5:
                heard += self.noise(len(heard)) * level * decibels(-rng.uniform(2, 32))
        else:  # a voice in a room with its own noise
            heard = np.concatenate([np.zeros(before), fade(clip, int(rng.uniform(16, 640))), np.zeros(after)])
            heard += self.noise(len(heard)) * level * decibels(-rng.uniform(0, 32))
        heard *= decibels(rng.uniform(-14, 12)) if rng.random() < 0.8 else 1.0
        labels = np.concatenate([np.zeros(before, np.int8), labels])
        return Piece(np.clip(heard, -1, 32767 / 32768).astype(np.float32), labels)


class Streams:
    """`batch` parallel streams, delivered in segments that continue one another."""

    def __init__(self, composers: list[Composer], num_frames: int):
        self.composers, self.num_frames = composers, num_frames
        self.samples = [np.zeros(0, np.float32) for _ in composers]
        self.labels = [np.zeros(0, np.int8) for _ in composers]

    def segment(self) -> tuple[np.ndarray, np.ndarray]:
        """Samples [batch, hop x frames + window - hop] and frame labels [batch, frames]."""
        advance = HOP_LENGTH * self.num_frames
        length = advance + WINDOW_LENGTH - HOP_LENGTH
        samples = np.empty((len(self.composers), length), np.float32)
        labels = np.empty((len(self.composers), self.num_frames), np.int8)
        ends = np.arange(self.num_frames) * HOP_LENGTH + WINDOW_LENGTH - 1
        for b, composer in enumerate(self.composers):
            while len(self.samples[b]) < length:
                piece = composer.piece()
                self.samples[b] = np.concatenate([self.samples[b], piece.samples])
                self.labels[b] = np.concatenate([self.labels[b], piece.labels])
            samples[b] = self.samples[b][:length]
            labels[b] = self.labels[b][ends]
            self.samples[b], self.labels[b] = self.samples[b][advance:], self.labels[b][advance:]
        return samples, labels
