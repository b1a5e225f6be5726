"""Endless labelled streams: pieces one after the other, as a microphone would hear them."""

from __future__ import annotations

import numpy as np

from .labels import IGNORED, is_negative
from .pieces import Composer

HOP_LENGTH, WINDOW_LENGTH = 160, 400  # samples


class Streams:
    """`batch` parallel streams, delivered in segments that continue one another.

    What the labels of the first `unknown` samples would be, were the stream older, can't be told; they don't count.
    """

    def __init__(self, composers: list[Composer], num_frames: int, unknown: int = 0):
        self.composers, self.num_frames, self.unknown = composers, num_frames, unknown
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
            parts, heard = [(self.samples[b], self.labels[b])], len(self.samples[b])
            while heard < length:
                piece = composer.piece()
                parts.append((piece.samples, piece.labels))
                heard += len(piece.samples)
            self.samples[b], self.labels[b] = (np.concatenate(part) for part in zip(*parts))
            samples[b] = self.samples[b][:length]
            labels[b] = self.labels[b][ends]
            self.samples[b], self.labels[b] = self.samples[b][advance:], self.labels[b][advance:]
        beginning = labels[:, : self.unknown // HOP_LENGTH]
        beginning[is_negative(beginning)] = IGNORED
        self.unknown = max(0, self.unknown - advance)
        return samples, labels
