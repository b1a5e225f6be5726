"""What the runs of the experiments hear: shards rendered from all recordings of the word, or from a few."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np

from .. import corpus
from ..recipe import Recipe, recipe_for
from ..render import Rendering
from .runs import BATCH, FRAMES, SHARDS, WORD, Sound


@cache
def recordings(audio: Path, word: str) -> tuple[str, ...]:
    """Names of the word's training recordings."""
    return tuple(corpus.of_word(corpus.command_keys(audio)["train"], word))


def drawn(names: tuple[str, ...], count: int, seed: int) -> list[str]:
    """`count` recordings of as many speakers. Those of a smaller count are among those of a larger one."""
    chosen: dict[str, str] = {}
    for k in np.random.default_rng(seed).permutation(len(names)):
        chosen.setdefault(corpus.speaker(names[k]), names[k])
    if len(chosen) < count:
        raise ValueError(f"{count} recordings of as many speakers: there are {len(chosen)} speakers; ask for fewer")
    return list(chosen.values())[:count]


def recipe_of(sound: Sound) -> Recipe:
    """The recipe for so many recordings; without noise every piece is a recording cut into a quiet stream."""
    recipe = Recipe() if sound.recordings is None else recipe_for(sound.recordings)
    return recipe if sound.noise else dataclasses.replace(recipe, cut=1.0, cut_noise=0.0)


def rendering(sound: Sound, seed: int, audio: Path, synthetic: Path) -> Rendering:
    """The shards of a sound. synthetic: a folder with a folder of synthesized speech for the word."""
    names = recordings(audio, WORD)
    kept = names if sound.recordings is None else drawn(names, sound.recordings, seed)
    return Rendering(
        name=sound.name(seed),
        words=(WORD,),
        audio=str(audio),
        synthetic=str(synthetic) if sound.synthesized else str(synthetic / "none"),
        shards=SHARDS,
        batch=BATCH,
        num_frames=FRAMES,
        seed=seed if sound.is_drawn else 1,
        recipe=recipe_of(sound),
        left_out=tuple(sorted({*names} - {*kept})),
    )
