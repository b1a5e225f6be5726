"""Rendered segments as a run hears them: changed anew, every hop-th frame, whole or as windows."""

from __future__ import annotations

import torch

from ..fit import Segments
from ..labels import IGNORED, is_negative
from ..masks import augment
from .runs import Run


def windows_of(mel: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both halves of each segment as streams of their own, [2 batch, frames / 2, ...].

    A word that has begun before its window does not count in it.
    """
    mel, labels = (torch.cat(part.chunk(2, dim=1)) for part in (mel, labels))
    begun = torch.cumprod((~is_negative(labels)).long(), dim=1).bool()
    return mel, torch.where(begun, torch.full_like(labels, IGNORED), labels)


def segments(course: Segments, run: Run) -> Segments:
    """Log-mels [batch, frames, numMels] and labels [batch, frames] by step, for a trainer that doesn't augment.

    Gains and masks are drawn for frames of 10 ms, before frames are left out, so that they are the same sound at
    every hop. Frame j is the rendered frame hop * j + hop - 1: its window of 25 ms ends where one of 10 ms hop would.
    """

    def heard(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        mel, labels = course(step)
        generator = torch.Generator().manual_seed(run.seed * 1_000_003 + step)
        mel = augment(mel.float(), generator)
        mel, labels = mel[:, run.hop - 1 :: run.hop], labels[:, run.hop - 1 :: run.hop]
        return windows_of(mel, labels) if run.windows else (mel, labels)

    return heard
