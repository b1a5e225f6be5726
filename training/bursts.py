"""A word that needs no recordings: tone bursts, for the tests."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from .corpus import Clip, TrainingSet
from .features import MFCC_40_20, FrontEnd, with_normalization
from .fit import Settings, Trainer
from .network import Architecture
from .pieces import Composer, Library
from .recipe import Recipe
from .streams import Streams

BATCH, NUM_FRAMES = 4, 100
STEPS = 80
# Easy to learn in a few steps: no half words, rooms or codecs.
RECIPE = Recipe(
    kinds=(("positive", 0.35), ("word", 0.35), ("speech", 0.15), ("noise", 0.10), ("silence", 0.05), ("mined", 0.1)),
    room=0.0,
    codec=0.0,
    cut=1.0,
    embedded=0.0,
    positive_from=0.0,
)
NETWORKS = {
    "rnn": Architecture(cell="rnn", hidden_size=12, channels=(8, 10)),
    "gru": Architecture(cell="gru", hidden_size=12, channels=()),
    "lstm": Architecture(cell="lstm", hidden_size=12, channels=()),
    "crnn": Architecture(cell="gru", hidden_size=12, channels=(8, 10)),
}


def burst(seed: int, frequency: float) -> Clip:
    """One second with a tone burst of 0.4 s in faint noise."""
    t = np.arange(16000) / 16000
    tone = np.where((t > 0.3) & (t < 0.7), 0.3 * np.sin(2 * np.pi * frequency * t), 0)
    noise = 0.001 * np.random.default_rng(seed).standard_normal(16000)
    return Clip(f"burst-{frequency}", np.round((tone + noise) * 32767).astype(np.int16))


@cache
def library(mined: bool = False) -> Library:
    """500 Hz is the word, 2 and 3 kHz are others."""
    noise = [Clip("noise", np.random.default_rng(3).integers(-300, 300, 32000).astype(np.int16))]
    words = {"commands": [burst(2, 2000)], "arabic": [burst(5, 3000)], "community": []}
    training = TrainingSet({"burst": [burst(1, 500)]}, words, [burst(4, 2000)], noise)
    return Library(training, mined=[burst(6, 700)] if mined else [])


def streams(mined: bool = False, num_frames: int = NUM_FRAMES) -> Streams:
    """A few parallel streams of bursts."""
    return Streams([Composer(library(mined), RECIPE, seed) for seed in range(BATCH)], num_frames)


@cache
def segments(mined: bool = False) -> tuple[tuple[torch.Tensor, torch.Tensor], ...]:
    """Log-mels and labels of consecutive segments."""
    source, front_end = streams(mined), FrontEnd(MFCC_40_20)
    drawn = (source.segment() for _ in range(STEPS))
    return tuple((front_end.log_mel(torch.from_numpy(s)).half(), torch.from_numpy(labels)) for s, labels in drawn)


@cache
def frontend() -> dict:
    """The front end with the normalization of the bursts."""
    mel = torch.cat([mel.float().flatten(0, 1) for mel, _ in segments()[:10]])
    return with_normalization(MFCC_40_20, mel @ FrontEnd(MFCC_40_20).dct)


def settings(network: str, **changes) -> Settings:
    """A small network of a kind, trained for a few steps."""
    rate = 0.005 if NETWORKS[network].cell == "rnn" else 0.02  # orthogonal steps hand errors on undiminished
    quick = {"steps": STEPS, "warmup": 2, "learning_rate": rate, "average": 0.9, "augment": False}
    return Settings(**{"architecture": NETWORKS[network], **quick, **changes})


def trained(network: str, mined: bool = False, **changes) -> Trainer:
    """A small network trained from the beginning."""
    trainer = Trainer(settings(network, **changes), frontend())
    trainer.advance(segments(mined).__getitem__, trainer.settings.steps)
    return trainer
