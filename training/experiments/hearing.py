"""Trained networks heard on the validation streams: as one stream, or as windows that overlap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .. import evaluate
from ..features import FrontEnd
from ..fit import Trainer, stream_posteriors
from ..network import WakeWordNetwork
from ..protocol import MeasuredStream
from .runs import WORD, Run

ALLOWED = range(11)  # alarms in the validation negatives
EVERY = 10  # rendered frames from one window to the next: 100 ms
BATCH = 512  # windows

Posteriors = dict[str, np.ndarray]  # [outputs] by stream


class Streams:
    """The validation streams of the word, and their log-mels, made once."""

    def __init__(self, audio: Path):
        self.measured: dict[str, MeasuredStream] = evaluate.validation_streams(audio, (WORD,))
        self.cepstra: dict[str, torch.Tensor] = {}  # [frames, numCoefficients], before mean and scale

    def features(self, frontend: dict, hop: int) -> dict[str, torch.Tensor]:
        """[frames, numCoefficients] by stream, every hop-th frame."""
        front_end = FrontEnd(frontend)
        if not self.cepstra:
            for name, stream in self.measured.items():
                self.cepstra[name] = front_end.cepstra(torch.from_numpy(stream.samples[None]))[0]
        return {name: front_end.normalize(cepstra[hop - 1 :: hop]) for name, cepstra in self.cepstra.items()}

    @property
    def clips(self) -> int:
        """Clips of the word."""
        return len(self.measured[evaluate.CLEAN].spans)

    @property
    def hours(self) -> float:
        """In which alarms are counted: of negatives, and of the clips with the pauses between them."""
        return sum(stream.hours for name, stream in self.measured.items() if name != evaluate.NOISY)


def as_streams(trainer: Trainer, run: Run, streams: Streams) -> Posteriors:
    """The state is never reset."""
    features = streams.features(trainer.frontend, run.hop)
    heard = evaluate.posteriors_of_network(trainer.average, list(features.values()))
    return {name: posteriors[:, 0] for name, posteriors in zip(features, heard)}


def as_windows(trainer: Trainer, run: Run, streams: Streams, seconds: float) -> Posteriors:
    """Every 100 ms a window of so many seconds, from a zero state; its last 100 ms of posteriors are taken."""
    frames, every = (round(count / run.hop) for count in (100 * seconds, EVERY))
    features = streams.features(trainer.frontend, run.hop)
    return {name: windowed(trainer.average, part, frames, every) for name, part in features.items()}


def windowed(network: WakeWordNetwork, features: torch.Tensor, frames: int, every: int) -> np.ndarray:
    """[frames, numCoefficients] to posteriors [outputs]: zeros before the first whole window."""
    windows = features.unfold(0, frames, every).transpose(1, 2)  # [windows, frames, numCoefficients]
    last = [stream_posteriors(network, part)[:, -every:, 0].flatten().numpy() for part in windows.split(BATCH)]
    heard = np.concatenate([np.zeros(frames - every, np.float32), *last])
    return np.concatenate([heard, np.zeros(len(features) - len(heard), np.float32)])


def figures(streams: Streams, posteriors: Posteriors, period: int) -> dict:
    """Misses, clean and with noise over the clips, at the best threshold and smoothing by the alarms allowed."""
    measured, heard = evaluate.heard_of(WORD, 0, streams.measured, {n: p[:, None] for n, p in posteriors.items()})
    points = evaluate.sweep(measured, heard, period)
    bests = [evaluate.best(points, alarms) for alarms in ALLOWED]
    return {
        "missed": [point["missed"] for point in bests],
        "missedNoisy": [point["missedNoisy"] for point in bests],
        "margin": round(evaluate.margin(measured, heard, period), 3),
    }
