"""The stages of a run, and the mistakes that are mined between them."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np

from . import corpus, mining, render
from .fit import Trainer
from .log import Log
from .recipe import FEW, Recipe, recipe_for
from .render import Rendering, Shards

MOST_LEFT_OUT = 0.03  # of the positives


def second_recipe(recipe: Recipe) -> Recipe:
    """More noise than at first; shares of mined mistakes count once there are some."""
    return dataclasses.replace(recipe, cut=0.6, cut_noise=0.75, softest_noise=20.0)


def third_recipe(recipe: Recipe) -> Recipe:
    """Recorded events too, as loud as voices: some come near the word, and plain noise is rarely as loud."""
    return dataclasses.replace(second_recipe(recipe), kinds=(*recipe.kinds, ("event", 0.08)))


def no_positives(recipe: Recipe) -> Recipe:
    """The recipe of a pool that mistakes are mined in: nothing that may hold the word or most of it."""
    kinds = tuple(part for part in recipe.kinds if part[0] in ("word", "speech", "chain", "noise", "event"))
    return dataclasses.replace(recipe, kinds=kinds)


def count_positives(rendering: Rendering) -> int:
    """Recordings of the word that has fewest."""
    keys = corpus.command_keys(Path(rendering.audio))["train"]
    counts = [len(corpus.of_word(keys, word)) for word in rendering.words]
    counts[0] += len(render.own_clips(rendering).training)
    return min(counts)


class Stages:
    """The folders of shards of a run: one before mistakes are mined, and one after each time."""

    RECIPES = (lambda recipe: recipe, second_recipe, third_recipe)

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.plain = Rendering(
            "first",
            tuple(args.word),
            str(args.audio),
            str(args.synthetic),
            args.shards[0],
            recordings=args.recordings and str(args.recordings),
            held_out=tuple(args.hold_out),
            others=args.others and str(args.others),
            without=tuple(args.without),
            seed=args.render_seed,
        )
        self.plain = dataclasses.replace(self.plain, recipe=recipe_for(count_positives(self.plain), len(self.plain.words)))

    def validation_clips(self) -> dict[str, int]:
        """How many clips of each word there are to validate on."""
        keys = corpus.command_keys(self.args.audio)["validation"]
        counts = {word: len(corpus.of_word(keys, word)) for word in self.plain.words}
        counts[self.plain.words[0]] += len(render.own_clips(self.plain).held_out)
        return counts

    def first(self) -> Shards:
        """Before any mistake is mined; shared by runs, as is the pool."""
        return Shards(self.plain, self.args.render)

    def pool(self, stage: int) -> Shards:
        """Negatives only, with their samples, to mine in before a stage: 1 or 2."""
        recipe = self.plain.recipe if stage == 1 else third_recipe(self.plain.recipe)
        pool = dataclasses.replace(
            self.plain,
            name=f"pool-{stage}",
            shards=self.args.pool,
            seed=self.plain.seed + 2000 * stage - 1000,
            recipe=no_positives(recipe),
            keep_samples=True,
        )
        return Shards(pool, self.args.render)

    def mined(self, stage: int) -> Path:
        """The file of excerpts mined before a stage."""
        return self.args.run / f"mined-{stage}.npz"

    def left_out(self, stage: int) -> Path:
        """The names and heights of the positives left out from a stage on; written last of what is mined."""
        return self.args.run / f"left-out-{stage}.json"

    def forget(self) -> None:
        """Remove what an earlier run in the folder decided."""
        for stage in (1, 2):
            self.left_out(stage).unlink(missing_ok=True)
            self.mined(stage).unlink(missing_ok=True)
            shutil.rmtree(self.args.run / f"stage-{stage}", ignore_errors=True)

    def later(self, stage: int) -> Shards:
        """With mined mistakes and without empty positives; in the run's own folder, as its network decided them."""
        rendering = dataclasses.replace(
            self.plain,
            name=f"stage-{stage}",
            shards=self.args.shards[stage],
            seed=self.plain.seed + 2000 * stage,
            recipe=self.RECIPES[stage](self.plain.recipe),
            mined=str(self.mined(stage)),
            left_out=tuple(json.loads(self.left_out(stage).read_text())),
        )
        return Shards(rendering, self.args.run)


def unheard(trainer: Trainer, positives: dict[str, list[corpus.Clip]]) -> dict[str, float]:
    """Names and heights of clips in which nothing is heard; none of a word with few: there each one counts."""
    found = {}
    for k, clips in enumerate(positives.values()):
        if len(clips) >= FEW:
            heights = mining.heights(trainer.average, trainer.frontend, clips, k)
            lowest = np.argsort(heights, kind="stable")[: int(MOST_LEFT_OUT * len(clips))]
            found |= {clips[j].name: round(float(heights[j]), 4) for j in lowest if heights[j] < mining.EMPTY}
    return found


def learn_from_mistakes(trainer: Trainer, stages: Stages, stage: int, pool: Shards, log: Log) -> None:
    """Mine the pool with the averaged network, and find the positives in which it hears nothing."""
    args, network = stages.args, trainer.average.cpu()
    mined = mining.mine(network, trainer.frontend, pool)
    if not mined:
        raise ValueError("mining: no negative comes near the word, expected some; mine earlier (--mine-at)")
    earlier = render.load_mined(str(stages.mined(stage - 1))) if stage > 1 else []
    mining.save(stages.mined(stage), [samples for _, samples in mined] + earlier)
    left_out = unheard(trainer, render.training_recordings(stages.plain).positives)
    stages.left_out(stage).write_text(json.dumps(left_out, indent=1) + "\n")
    trainer.average.to(trainer.device)
    summary = {"excerpts": len(mined), "highest": mined[0][0], "lowest": mined[-1][0]}
    log.write(step=trainer.step, event="mined", **summary)
    log.write(step=trainer.step, event="left out", clips=left_out)
    print(f"  mined {summary}, left out {len(left_out)} positives", flush=True)
