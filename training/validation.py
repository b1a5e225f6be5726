"""Validation while a network is trained, for the log, and the decision at its end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch

from . import decision, evaluate, recordings, render
from .features import FrontEnd
from .fit import Trainer
from .log import Log
from .network import WakeWordNetwork
from .render import Rendering


class Validation:
    """The validation streams, their features made once."""

    def __init__(self, rendering: Rendering, frontend: dict):
        self.words = rendering.words
        own = {self.words[0]: recordings.clips(render.own_clips(rendering).held_out)}
        self.streams = evaluate.validation_streams(Path(rendering.audio), self.words, own)
        front_end = FrontEnd(frontend)
        self.features = [front_end(torch.from_numpy(s.samples[None]))[0] for s in self.streams.values()]

    def posteriors(self, network: WakeWordNetwork) -> dict[str, np.ndarray]:
        """Posteriors [outputs, words] of every stream."""
        device = next(network.parameters()).device
        features = [f.to(device) for f in self.features]
        return dict(zip(self.streams, evaluate.posteriors_of_network(network, features)))

    def summaries(self, network: WakeWordNetwork) -> list[dict]:
        """What goes into the log, for each word."""
        posteriors, period = self.posteriors(network), network.architecture.period
        return [
            self.summary(word, *evaluate.heard_of(word, k, self.streams, posteriors), period)
            for k, word in enumerate(self.words)
        ]

    def summary(self, word: str, streams: dict, posteriors: dict[str, np.ndarray], period: int) -> dict:
        """What goes into the log of one word."""
        points = evaluate.sweep(streams, posteriors, period)
        keys = ("missed", "missedNoisy", "total", "threshold", "smoothing", "latency")
        bests = [{"atMost": n, **{k: evaluate.best(points, n)[k] for k in keys}} for n in evaluate.AT_MOST]
        hours = sum(s.hours for name, s in streams.items() if name != evaluate.NOISY)
        clips = len(streams[evaluate.CLEAN].spans)
        return {
            "word": word,
            "clips": clips,
            "hours": round(hours, 4),
            "figure": evaluate.figure(points),
            "margin": evaluate.margin(streams, posteriors, period) if clips else None,
            "best": bests,
        }

    def choose(self, network: WakeWordNetwork, alarms: float | None) -> dict[str, dict]:
        """The decision to ship for each word, at a price, or with so many alarms to expect; see decision.py."""
        posteriors, period = self.posteriors(network), network.architecture.period
        points = {}
        for k, word in enumerate(self.words):
            heard = evaluate.heard_of(word, k, self.streams, posteriors)
            priced = decision.priced(*heard, period, evaluate.REFRACTORY)
            points[word] = decision.choose(priced) if alarms is None else decision.choose_by_alarms(priced, alarms)
            print(f"{word}:\n{evaluate.report(heard[0], points[word])}")
        return points


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
            for summary in self.validation.summaries(trainer.average):
                self.log.write(step=trainer.step, validation=summary)
                print(f"  {summary['word']}: figure {summary['figure']:.2f}, margin {summary['margin'] or 0:.2f}")
                for point in summary["best"]:
                    print(f"  {json.dumps(point)}", flush=True)
        if trainer.step % self.every == 0 or trainer.step % 1000 == 0:
            trainer.save(self.folder / "checkpoint.pt")
