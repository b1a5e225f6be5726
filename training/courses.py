"""Which segment of which shard a step trains on."""

from __future__ import annotations

import numpy as np
import torch

from .render import SEGMENTS, Shards


def shard_of(block: int, shards: int, seed: int) -> int:
    """The shard of the `block`-th stretch of `SEGMENTS` steps: every other one is new, so that rendering keeps up,
    those between are drawn from the earlier ones; once all were seen, they come shuffled, pass by pass.
    """
    new, repeated = divmod(block, 2)
    if new < shards:
        return int(np.random.default_rng([seed, block]).integers(new + 1)) if repeated else new
    turn, at = divmod(block, shards)
    return int(np.random.default_rng([seed, turn]).permutation(shards)[at])


class Course:
    """One or two folders of shards as segments by step; of two, stretches alternate, the newer first."""

    def __init__(self, folders: list[Shards], seed: int, start: int = 0):
        """`start`: the step at which the first shard is read, a multiple of `SEGMENTS`."""
        self.folders, self.seed, self.start = folders, seed, start
        self.at, self.loaded = None, None

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-mels [batch, frames, numMels] float16 and labels [batch, frames] int8."""
        block, segment = divmod(step - self.start, SEGMENTS)
        if block != self.at:
            turn, which = divmod(block, len(self.folders))
            folder = self.folders[which]
            # Folders after the first have been passed through once by the course before.
            turn += 2 * folder.rendering.shards if which else 0
            self.at, self.loaded = block, folder.read(shard_of(turn, folder.rendering.shards, self.seed))
        mel, labels = self.loaded
        return torch.from_numpy(np.array(mel[segment])), torch.from_numpy(labels[segment])
