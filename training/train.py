"""Train wake words, all of it: `python -m training.train --word happy`."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import numpy as np
import torch

from . import evaluate, render, start, synthesis
from .courses import Course
from .export import export, metadata
from .features import MFCC_40_20, FrontEnd, with_normalization
from .fit import Settings, Trainer
from .log import Log
from .network import CELLS, Architecture, WakeWordNetwork, count_parameters
from .render import SEGMENTS, Shards
from .stages import Stages, learn_from_mistakes
from .validation import Validation, Watch

NETWORKS = {
    "rnn": Architecture(cell="rnn", hidden_size=160, channels=()),
    "gru": Architecture(cell="gru", hidden_size=96, channels=()),
    "lstm": Architecture(cell="lstm", hidden_size=84, channels=()),
    "crnn": Architecture(),
}


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
    given = {name: value for name, value in given.items() if value is not None}
    return dataclasses.replace(chosen, words=len(args.word), **given)


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line, with the folders that depend on the word filled in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--word", required=True, nargs="+", help="one or several; folders of Speech Commands, or else")
    parser.add_argument("--recordings", type=Path, help="of the first word: a folder with a folder a session, or a table")
    parser.add_argument("--others", type=Path, help="a folder of own sound without the word, such as false alarms")
    parser.add_argument("--hold-out", nargs="+", default=(), help="sessions of --recordings that only validate")
    parser.add_argument("--without", nargs="+", default=(), help="folders of community recordings to leave out")
    parser.add_argument("--name", help="of the model and the run's folders; default: the words")
    parser.add_argument(
        "--from", dest="start", type=Path, help="a model of the same sizes, whose layers and front end are trained on"
    )
    parser.add_argument(
        "--alarms", type=float, help="to expect in the validation negatives at the threshold chosen; default: by price"
    )
    parser.add_argument("--lead-ins", nargs="+", default=(), help="said before a part of the synthesized words: hey ok")
    parser.add_argument("--positives", type=int, default=synthesis.POSITIVES, help="synthesized clips of each word")
    parser.add_argument(
        "--warping", type=float, default=Settings.warping, help="share by which formants are moved at most"
    )
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--synthetic", type=Path, help="folder with a folder a word, made where missing")
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
    if args.hold_out and not args.recordings:
        parser.error("--hold-out names sessions of --recordings, which is not given")
    if len({*args.word}) < len(args.word) or {*args.word} & {"silence", "unknown"}:
        parser.error(f"--word {' '.join(args.word)}: expected words that differ, and neither silence nor unknown")
    name = args.name or "-".join(args.word)
    args.synthetic = args.synthetic or Path("build/synthetic")
    args.render = args.render or Path("build/render") / name
    args.run = args.run or Path("build/runs") / name
    args.output = args.output or Path("build") / f"{name}.onnx"
    return args


def prepare(args: argparse.Namespace, stages: Stages) -> Settings:
    """Refuse what could only fail at its end, synthesize what is missing; the settings of the training."""
    unmeasured = [word for word, count in stages.validation_clips().items() if not count]
    if unmeasured and args.alarms is None:
        raise ValueError(
            f"{unmeasured[0]!r}: no clips of it to validate on, expected some to choose a threshold by; hold out a "
            "session of --recordings (--hold-out), or say how many alarms to expect (--alarms 1)"
        )
    for word in args.word:
        if (args.synthetic / word).exists():
            print(f"{args.synthetic / word}: there already, taken as it is", file=sys.stderr)
        else:
            synthesis.synthesize(word, args.synthetic / word, positives=args.positives, lead_ins=tuple(args.lead_ins))
    return Settings(
        architecture=architecture(args),
        steps=args.steps,
        learning_rate=args.learning_rate,
        decay=args.decay,
        warping=args.warping,
        seed=args.seed,
    )


def beginning(args: argparse.Namespace, settings: Settings, stages: Stages, latest: Shards) -> Trainer:
    """A trainer that resumes, starts from a model, or starts from nothing."""
    if args.resume:
        return Trainer.load(args.run / "checkpoint.pt", settings, args.device)
    stages.forget()
    frontend = start.front_end_of(args.start) if args.start else normalization(latest)
    trainer = Trainer(settings, frontend, args.device)
    if args.start:
        start.start_from(trainer.network, args.start)
        trainer.average.load_state_dict(trainer.network.state_dict())
    return trainer


def main() -> None:
    """Synthesize, render, train, mine, train on, choose the decision on validation, export."""
    args = arguments()
    torch.set_num_threads(args.threads)
    stages = Stages(args)
    settings = prepare(args, stages)
    checkpoint = args.run / "checkpoint.pt"
    latest, *pools = stages.first(), stages.pool(1), stages.pool(2)
    render.start([latest, *pools], args.workers)
    trainer = beginning(args, settings, stages, latest)
    log = Log(args.run, trainer.step)
    validation = Validation(stages.plain, trainer.frontend)
    watch = Watch(args.run, log, validation, args.every)
    print(f"{count_parameters(trainer.network)} parameters, {settings}", flush=True)
    folders, begun = [latest], 0
    for stage, until in enumerate((*args.mine_at, settings.steps)):
        if stage:
            if trainer.step == begun and not stages.left_out(stage).exists():
                learn_from_mistakes(trainer, stages, stage, pools[stage - 1], log)
            folders = [stages.later(stage), folders[0]]
            render.start(folders[:1], args.workers)
        until = until // SEGMENTS * SEGMENTS if stage < 2 else until
        if trainer.step < until:
            trainer.advance(Course(folders, settings.seed, begun), until, watch)
            trainer.save(checkpoint)
        begun = until
    trainer.save(checkpoint)
    trainer.average.cpu()
    points = validation.choose(trainer.average, args.alarms)
    for word, point in points.items():
        log.write(step=trainer.step, event="chosen", word=word, point=point)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    difference = export(trainer.average, metadata(trainer.frontend, points, evaluate.REFRACTORY), args.output)
    print(f"{args.output}: {count_parameters(trainer.network)} parameters, {difference:.1e} from PyTorch")


if __name__ == "__main__":
    main()
