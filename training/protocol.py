"""Streams that measure a model: clips of the word in one unreset stream, and negatives likewise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .corpus import SAMPLE_RATE, Clip
from .endpoints import active_rms, activity_end
from .features import to_float

PAUSE = 1.5  # s of noise between clips
PAUSE_LEVEL = -30.0  # dB relative to the clip before it
AFTER = 0.5  # s after a clip's end in which its word may still be heard
QUIETEST = 1e-4  # RMS below which an excerpt can't be scaled to a level


@dataclass(frozen=True)
class MeasuredStream:
    """Samples [n] float32 and, for each clip, its start, its end its word's end in seconds, and its word."""

    samples: np.ndarray
    spans: list[tuple[float, float, float]]
    words: tuple[str, ...] = ()  # one a span

    @property
    def hours(self) -> float:
        """Length of the stream in hours."""
        return len(self.samples) / SAMPLE_RATE / 3600

    def of(self, word: str) -> MeasuredStream:
        """The same for one keyword: other words are there to be taken for it."""
        spans = [span for span, spoken in zip(self.spans, self.words, strict=True) if spoken == word]
        return MeasuredStream(self.samples, spans, (word,) * len(spans))


class NoiseSource:
    """Excerpts of recorded noise in a fixed order, each from where the last one of its recording ended."""

    def __init__(self, clips: list[Clip]):
        self.clips = [to_float(clip.samples) for clip in clips]
        self.positions = [0] * len(clips)
        self.next = 0

    def excerpt(self, length: int, rms: float) -> np.ndarray:
        """[length] float32 at the RMS asked for; recordings silent there are passed over."""
        while True:
            k, self.next = self.next, (self.next + 1) % len(self.clips)
            rolled = np.roll(self.clips[k], -self.positions[k])
            noise = np.resize(rolled, length)
            self.positions[k] = (self.positions[k] + length) % len(self.clips[k])
            level = float(np.sqrt(np.mean(np.square(noise))))
            if level > QUIETEST:
                return noise * np.float32(rms / level)


def word_stream(clips: Mapping[str, list[Clip]], noise: list[Clip], mixed: float | None = None) -> MeasuredStream:
    """A `clip_stream` of several words, one after the other."""
    stream = clip_stream([clip for members in clips.values() for clip in members], noise, mixed)
    words = tuple(word for word, members in clips.items() for _ in members)
    return MeasuredStream(stream.samples, stream.spans, words)


def clip_stream(clips: list[Clip], noise: list[Clip], mixed: float | None = None) -> MeasuredStream:
    """Clips in order with pauses of noise between them; `mixed`: noise over each clip too, dB below its speech."""
    source = NoiseSource(noise)
    parts = [source.excerpt(int(PAUSE * SAMPLE_RATE), 0.001)]
    spans, at = [], len(parts[0])
    for clip in clips:
        samples = to_float(clip.samples)
        rms = float(np.sqrt(np.mean(np.square(samples))))
        word_end = activity_end(samples)
        spans.append((at / SAMPLE_RATE, (at + len(samples)) / SAMPLE_RATE, (at + word_end) / SAMPLE_RATE))
        if mixed is not None:
            samples = samples + source.excerpt(len(samples), active_rms(samples) * 10 ** (-mixed / 20))
        parts += [samples, source.excerpt(int(PAUSE * SAMPLE_RATE), rms * 10 ** (PAUSE_LEVEL / 20))]
        at += len(parts[-2]) + len(parts[-1])
    samples = np.clip(np.round(np.concatenate(parts) * 32768), -32768, 32767) / 32768
    return MeasuredStream(samples.astype(np.float32), spans)


@dataclass(frozen=True)
class Score:
    """What was heard in a stream: misses, alarms, and the latency of each hit in ms after the word's end."""

    missed: list[int]
    alarms: list[float]
    latencies: list[float]


def score(events: list[float], spans: list[tuple[float, float, float]]) -> Score:
    """An event between a clip's start and 0.5 s after its end is a hit, the first of a clip; all others are alarms."""
    heard: dict[int, float] = {}
    alarms = []
    starts = np.array([start for start, _, _ in spans])
    for event in events:
        k = int(np.searchsorted(starts, event, side="right")) - 1
        if k >= 0 and event <= spans[k][1] + AFTER and k not in heard:
            heard[k] = event
        else:
            alarms.append(event)
    latencies = [1000 * (event - spans[k][2]) for k, event in heard.items()]
    return Score([k for k in range(len(spans)) if k not in heard], alarms, latencies)
