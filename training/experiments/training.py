"""One run of the experiments: a network trained on its shards."""

from __future__ import annotations

import numpy as np

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
