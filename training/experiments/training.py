"""One run of the experiments: a network trained on its shards, kept so that it can be heard again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from ..courses import Course
from ..fit import Trainer
from ..render import Shards
from ..train import normalization
from .runs import STEPS, Run
from .segments import segments


class Watch:
    """Keeps the losses, and lets a network that is trained on windows start each of them from a zero state."""

    def __init__(self, windows: bool):
        self.windows, self.losses = windows, []

    def __call__(self, trainer: Trainer, entry: dict) -> None:
        self.losses.append(entry["loss"])
        if self.windows:
            trainer.state = None


def train(run: Run, shards: Shards, steps: int = STEPS) -> tuple[Trainer, float]:
    """Train a run's network from the beginning; with the mean loss of its last 100 steps.

    A seed decides everything, on one kind of processor.
    """
    trainer, watch = Trainer(run.settings(steps), normalization(shards)), Watch(run.windows)
    trainer.advance(segments(Course([shards], run.seed), run), steps, watch)
    return trainer, float(np.mean(watch.losses[-100:]))


def trained(run: Run, shards: Shards, folder: Path) -> tuple[Trainer, float]:
    """The run's trained network: that of an earlier call with the same definition, or a new one."""
    path = folder / f"{run.name.replace('/', '_')}.pt"
    definition = json.dumps(run.definition())
    if path.exists():
        saved = torch.load(path, weights_only=True)
        if saved["definition"] == definition:
            trainer = Trainer(run.settings(), saved["frontend"])
            trainer.average.load_state_dict(saved["average"])
            return trainer, saved["loss"]
    trainer, loss = train(run, shards)
    folder.mkdir(parents=True, exist_ok=True)
    average = trainer.average.state_dict()
    torch.save({"definition": definition, "frontend": trainer.frontend, "average": average, "loss": loss}, path)
    return trainer, loss
