"""Train a wake word, all of it: `python -m training.train --word happy`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch

from . import corpus, decision, evaluate, mining, render, synthesis
from .courses import Course
from .export import export, metadata
from .features import MFCC_40_20, FrontEnd, with_normalization
from .fit import Settings, Trainer
from .log import Log
from .network import CELLS, Architecture, WakeWordNetwork, count_parameters
from .pieces import Recipe
from .render import SEGMENTS, Rendering, Shards

MOST_LEFT_OUT = 0.03  # of the positives
NETWORKS = {
    "rnn": Architecture(cell="rnn", hidden_size=160, channels=()),
    "gru": Architecture(cell="gru", hidden_size=96, channels=()),
    "lstm": Architecture(cell="lstm", hidden_size=84, channels=()),
    "crnn": Architecture(),
}


class Watch:
    """Writes the log, prints its means, validates the averaged network and saves checkpoints every so often."""

    def __init__(self, folder: Path, log: Log, validation: Validation, every: int):
        self.folder, self.log, self.validation, self.every = folder, log, validation, every
        self.losses, self.start = [], time.time()

    def __call__(self, trainer: Trainer, entry: dict) -> None:
        self.log.write(**entry)
        self.losses.append(entry["loss"])
        if trainer.step % 100 == 0:
            mean = float(np.mean(self.losses[-100:]))
            print(f"step {trainer.step}: loss {mean:.5f}, {time.time() - self.start:.0f} s", flush=True)
        if trainer.step % self.every == 0:
            summary = self.validation.summary(trainer.average)
            self.log.write(step=trainer.step, validation=summary)
            print(f"  figure {summary['figure']:.2f}, margin {summary['margin']:.2f}", flush=True)
            for point in summary["best"]:
                print(f"  {json.dumps(point)}", flush=True)
        if trainer.step % self.every == 0 or trainer.step % 1000 == 0:
            trainer.save(self.folder / "checkpoint.pt")


class Validation:
    """The validation streams, their features made once."""

    def __init__(self, audio: Path, word: str, frontend: dict):
        self.streams = evaluate.validation_streams(audio, word)
        front_end = FrontEnd(frontend)
        self.features = [front_end(torch.from_numpy(s.samples[None]))[0] for s in self.streams.values()]

    def posteriors(self, network: WakeWordNetwork) -> dict[str, np.ndarray]:
        """Posteriors [outputs] of every stream."""
        device = next(network.parameters()).device
        features = [f.to(device) for f in self.features]
        return dict(zip(self.streams, evaluate.posteriors_of_network(network, features)))

    def summary(self, network: WakeWordNetwork) -> dict:
        """What goes into the log."""
        posteriors, period = self.posteriors(network), network.architecture.period
        points = evaluate.sweep(self.streams, posteriors, period)
        keys = ("missed", "missedNoisy", "total", "threshold", "smoothing", "latency")
        bests = [{"atMost": n, **{k: evaluate.best(points, n)[k] for k in keys}} for n in evaluate.AT_MOST]
        hours = sum(s.hours for name, s in self.streams.items() if name != evaluate.NOISY)
        return {
            "clips": len(self.streams[evaluate.CLEAN].spans),
            "hours": round(hours, 4),
            "figure": evaluate.figure(points),
            "margin": evaluate.margin(self.streams, posteriors, period),
            "best": bests,
        }


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


class Stages:
    """The folders of shards of a run: one before mistakes are mined, and one after each time."""

    RECIPES = (lambda recipe: recipe, second_recipe, third_recipe)

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.plain = Rendering(
            "first", args.word, str(args.audio), str(args.synthetic), args.shards[0], seed=args.render_seed
        )

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


def learn_from_mistakes(trainer: Trainer, stages: Stages, stage: int, pool: Shards, log: Log) -> None:
    """Mine the pool with the averaged network, and find the positives in which it hears nothing."""
    args, network = stages.args, trainer.average.cpu()
    mined = mining.mine(network, trainer.frontend, pool)
    if not mined:
        raise ValueError("mining: no negative comes near the word, expected some; mine earlier (--mine-at)")
    earlier = render.load_mined(str(stages.mined(stage - 1))) if stage > 1 else []
    mining.save(stages.mined(stage), [samples for _, samples in mined] + earlier)
    clips = corpus.training_set(args.audio, args.word).positives
    heights = mining.heights(network, trainer.frontend, clips)
    lowest = np.argsort(heights, kind="stable")[: int(MOST_LEFT_OUT * len(clips))]
    left_out = {clips[k].name: round(float(heights[k]), 4) for k in lowest if heights[k] < mining.EMPTY}
    stages.left_out(stage).write_text(json.dumps(left_out, indent=1) + "\n")
    trainer.average.to(trainer.device)
    summary = {"excerpts": len(mined), "highest": mined[0][0], "lowest": mined[-1][0]}
    log.write(step=trainer.step, event="mined", **summary)
    log.write(step=trainer.step, event="left out", clips=left_out)
    print(f"  mined {summary}, left out {len(left_out)} of {len(clips)} positives", flush=True)


def normalization(first: Shards) -> dict:
    """The front end with mean and scale of the first shard."""
    mel, _ = first.read(0)
    plain = FrontEnd(MFCC_40_20)
    sample = torch.from_numpy(np.array(mel[::2])).float().flatten(0, 2)
    return with_normalization(MFCC_40_20, sample @ plain.dct)


def architecture(args: argparse.Namespace) -> Architecture:
    """The chosen kind of network with the sizes given."""
    chosen = NETWORKS[args.network]
    given = {name: getattr(args, name) for name in ("cell", "hidden_size", "num_layers", "channels")}
    given["channels"] = None if args.channels is None else tuple(args.channels)
    return dataclasses.replace(chosen, **{name: value for name, value in given.items() if value is not None})


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line, with the folders that depend on the word filled in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--word", required=True, help="folder of the word's clips")
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--synthetic", type=Path, help="folder of training.synthesis, made where it is missing")
    parser.add_argument("--render", type=Path, help="folder of rendered streams, shared by runs")
    parser.add_argument("--run", type=Path, help="folder of the log, the checkpoint and what was mined")
    parser.add_argument("-o", "--output", type=Path, help="the model; default build/WORD.onnx")
    parser.add_argument("--network", choices=NETWORKS, default="crnn")
    parser.add_argument("--cell", choices=CELLS, help="of the recurrent layers, for another than the network's")
    parser.add_argument("--hidden-size", type=int)
    parser.add_argument("--num-layers", type=int)
    parser.add_argument("--channels", type=int, nargs="*", help="of the convolutions; none leaves them out")
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument(
        "--mine-at", type=int, nargs=2, default=(2000, 6000), help="steps after which mistakes are mined"
    )
    parser.add_argument("--learning-rate", type=float, default=Settings.learning_rate)
    parser.add_argument(
        "--decay", type=float, default=Settings.decay, help="share of the steps over which the learning rate falls"
    )
    parser.add_argument("--seed", type=int, default=Settings.seed, help="of the network and its training")
    parser.add_argument("--render-seed", type=int, default=1, help="of the streams")
    parser.add_argument(
        "--shards", type=int, nargs=3, default=(40, 70, 40), help="of each stage; 1.07 h and 31 MB a shard"
    )
    parser.add_argument("--pool", type=int, default=4, help="shards of negatives to mine in, 154 MB each")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that render; 0: another run does")
    parser.add_argument("--every", type=int, default=500, help="steps between validations")
    parser.add_argument("--resume", action="store_true", help="continue the run in --run")
    args = parser.parse_args(words)
    args.synthetic = args.synthetic or Path("build/synthetic") / args.word
    args.render = args.render or Path("build/render") / args.word
    args.run = args.run or Path("build/runs") / args.word
    args.output = args.output or Path("build") / f"{args.word}.onnx"
    return args


def main() -> None:
    """Synthesize, render, train, mine, train on, choose the decision on validation, export."""
    args = arguments()
    torch.set_num_threads(args.threads)
    if not args.synthetic.exists():
        synthesis.synthesize(args.word, args.synthetic)
    settings = Settings(
        architecture=architecture(args),
        steps=args.steps,
        learning_rate=args.learning_rate,
        decay=args.decay,
        seed=args.seed,
    )
    stages = Stages(args)
    checkpoint = args.run / "checkpoint.pt"
    latest, *pools = stages.first(), stages.pool(1), stages.pool(2)
    render.start([latest, *pools], args.workers)
    if args.resume:
        trainer = Trainer.load(checkpoint, settings, args.device)
    else:
        trainer = Trainer(settings, normalization(latest), args.device)
        stages.forget()
    log = Log(args.run, trainer.step)
    validation = Validation(args.audio, args.word, trainer.frontend)
    watch = Watch(args.run, log, validation, args.every)
    print(f"{count_parameters(trainer.network)} parameters, {settings}", flush=True)
    folders, start = [latest], 0
    for stage, until in enumerate((*args.mine_at, settings.steps)):
        if stage:
            if trainer.step == start and not stages.left_out(stage).exists():
                learn_from_mistakes(trainer, stages, stage, pools[stage - 1], log)
            folders = [stages.later(stage), folders[0]]
            render.start(folders[:1], args.workers)
        until = until // SEGMENTS * SEGMENTS if stage < 2 else until
        if trainer.step < until:
            trainer.advance(Course(folders, settings.seed, start), until, watch)
            trainer.save(checkpoint)
        start = until
    trainer.save(checkpoint)
    trainer.average.cpu()
    posteriors, period = validation.posteriors(trainer.average), settings.architecture.period
    point = decision.choose(decision.priced(validation.streams, posteriors, period, evaluate.REFRACTORY))
    log.write(step=trainer.step, event="chosen", point=point)
    contract = metadata(trainer.frontend, args.word, point["threshold"], point["smoothing"], evaluate.REFRACTORY)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    difference = export(trainer.average, contract, args.output)
    print(evaluate.report(validation.streams, point))
    print(f"{args.output}: {count_parameters(trainer.network)} parameters, {difference:.1e} from PyTorch")


if __name__ == "__main__":
    main()
