"""Train a wake word: `python -m training.train --word happy --audio ../shared/audio -o models/happy.onnx`."""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from . import corpus, evaluate, synthesis
from .export import export, metadata
from .features import MFCC_40_20, FrontEnd, with_normalization
from .network import WakeWordNetwork, count_parameters
from .streams import IGNORED, NEGATIVE, POSITIVE, Composer, Recipe, Streams


@dataclass(frozen=True)
class Settings:
    """What a training run is made of."""

    num_coefficients: int = 20
    hidden_size: int = 96
    num_layers: int = 2
    dropout: float = 0.1
    batch: int = 64  # parallel streams
    num_frames: int = 300  # of a segment, the reach of backpropagation
    steps: int = 3600
    warmup: int = 100  # steps
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    positive_weight: float = 1.5
    clip: float = 1.0  # of the gradient's norm
    average: float = 0.998  # decay of the averaged weights, which are what is kept
    restart: float = 0.05  # chance that a stream starts anew, from a zero state, with a segment
    seed: int = 1


class Segments(torch.utils.data.IterableDataset):
    """Cepstra [batch, frames, numCoefficients] and labels [batch, frames] of consecutive segments."""

    def __init__(self, streams: Streams, front_end: FrontEnd):
        self.streams, self.front_end = streams, front_end

    def __iter__(self):
        torch.set_num_threads(1)
        while True:
            samples, labels = self.streams.segment()
            yield self.front_end.cepstra(torch.from_numpy(samples)), torch.from_numpy(labels)


def learning_rate(step: int, settings: Settings) -> float:
    """Linear warm-up, then a cosine to 2 % of the peak."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    progress = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.learning_rate * (0.02 + 0.98 * (1 + math.cos(math.pi * progress)) / 2)


def frame_loss(logits: torch.Tensor, labels: torch.Tensor, positive_weight: float) -> torch.Tensor:
    """Mean cross-entropy over the frames that count. logits, labels: [batch, frames]."""
    target = (labels == POSITIVE).float()
    weight = (labels != IGNORED).float() * (1 + (positive_weight - 1) * target)
    losses = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (losses * weight).sum() / weight.sum()


def restarted(state: torch.Tensor, labels: torch.Tensor, chance: float, generator: torch.Generator) -> torch.Tensor:
    """State [numLayers, batch, hiddenSize], zero in a few of the streams that are not inside a word."""
    draw = torch.rand(len(labels), generator=generator)
    starts = (draw < chance) & (labels[:, 0] == NEGATIVE)
    return state * (~starts).float()[:, None]


def update_average(average: torch.nn.Module, network: torch.nn.Module, decay: float) -> None:
    """Exponential moving average of the weights."""
    with torch.no_grad():
        for kept, trained in zip(average.parameters(), network.parameters()):
            kept.lerp_(trained, 1 - decay)


def fit(segments, settings: Settings, frontend: dict, watch=None) -> WakeWordNetwork:
    """Train on an iterator of segments by truncated backpropagation through time; returns the averaged network."""
    torch.manual_seed(settings.seed)
    network = WakeWordNetwork(
        settings.num_coefficients, settings.hidden_size, settings.num_layers, settings.dropout
    )
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=settings.weight_decay)
    front_end = FrontEnd(frontend)
    generator = torch.Generator().manual_seed(settings.seed)
    state = None
    for step in range(settings.steps):
        cepstra, labels = next(segments)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, settings)
        if state is not None:
            state = restarted(state.detach(), labels, settings.restart, generator)
        logits, state = network(front_end.normalize(cepstra), state)
        loss = frame_loss(logits[..., 0], labels, settings.positive_weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimizer.step()
        update_average(average, network, min(settings.average, (step + 1) / (step + 10)))
        if watch:
            watch(step, float(loss.detach()), average)
    return average


def training_streams(audio: Path, word: str, synthetic: Path | None, settings: Settings) -> Streams:
    """The seeded streams that a model of this word is trained on."""
    training = corpus.training_set(audio, word)
    voices = synthesis.load(synthetic) if synthetic else {}
    seeds = np.random.SeedSequence(settings.seed).generate_state(settings.batch)
    composers = [Composer(training, voices, Recipe(), int(seed)) for seed in seeds]
    return Streams(composers, settings.num_frames)


class Watch:
    """Prints the loss, and every so often the validation figures of the averaged network."""

    def __init__(self, streams: dict, frontend: dict, every: int):
        self.streams, self.every, self.losses, self.start = streams, every, [], time.time()
        front_end = FrontEnd(frontend)
        self.features = [front_end(torch.from_numpy(s.samples[None]))[0] for s in streams.values()]

    def points(self, network: WakeWordNetwork) -> list[dict]:
        """The validation sweep of a network."""
        posteriors = evaluate.posteriors_of_network(network, self.features)
        return evaluate.sweep(self.streams, dict(zip(self.streams, posteriors)))

    def __call__(self, step: int, loss: float, average: WakeWordNetwork) -> None:
        self.losses.append(loss)
        if (step + 1) % 100 == 0:
            mean = float(np.mean(self.losses[-100:]))
            print(f"step {step + 1}: loss {mean:.5f}, {time.time() - self.start:.0f} s", flush=True)
        if (step + 1) % self.every == 0:
            points = self.points(average)
            for alarms in (0, 1, 2, 4):
                print(f"  at most {alarms} alarms: {json.dumps(evaluate.best(points, alarms))}", flush=True)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--word", default="happy")
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--synthetic", type=Path, help="folder written by python -m training.synthesis")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--hidden-size", type=int, default=Settings.hidden_size)
    parser.add_argument("--num-coefficients", type=int, default=Settings.num_coefficients)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=500, help="steps between validations")
    return parser.parse_args()


def main() -> None:
    """Train, validate, choose the threshold on validation, export."""
    args = arguments()
    torch.set_num_threads(args.threads)
    settings = Settings(
        num_coefficients=args.num_coefficients, hidden_size=args.hidden_size, steps=args.steps, seed=args.seed
    )
    streams = training_streams(args.audio, args.word, args.synthetic, settings)
    plain = {**MFCC_40_20, "numCoefficients": settings.num_coefficients}
    front_end = FrontEnd(plain)
    loader = iter(torch.utils.data.DataLoader(Segments(streams, front_end), batch_size=None, num_workers=1))
    sample = torch.cat([next(loader)[0].flatten(0, 1) for _ in range(10)])
    frontend = with_normalization(plain, sample)
    measured = evaluate.validation_streams(args.audio, args.word)
    watch = Watch(measured, frontend, args.every)
    network = fit(loader, settings, frontend, watch)
    point = evaluate.choose(watch.points(network))
    contract = metadata(frontend, args.word, point["threshold"], point["smoothing"], evaluate.REFRACTORY)
    difference = export(network, contract, args.output)
    print(evaluate.report(measured, point))
    print(f"{args.output}: {count_parameters(network)} parameters, {difference:.1e} from PyTorch")


if __name__ == "__main__":
    main()
