"""What a network costs on a stream, as `tympan inspect` counts it."""

from __future__ import annotations

from dataclasses import dataclass

from ..network import WakeWordNetwork, count_parameters
from .runs import Run

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


@dataclass(frozen=True)
class Cost:
    """Parameters in the file (ONNX keeps both biases of a gate), multiply-adds of a frame on average."""

    parameters: int
    multiply_adds: float


def cost(run: Run) -> Cost:
    """Products of weights only: biases, gates' products and activations are left out."""
    a = run.architecture
    total, share, inputs = 0.0, 1.0, a.num_coefficients
    for channels in a.channels:
        share /= a.stride
        total += share * channels * inputs * a.kernel
        inputs = channels
    total += share * a.hidden_size * (GATES[a.cell] * (inputs + a.hidden_size) + 1)
    return Cost(count_parameters(WakeWordNetwork(a)), total)


def a_second(run: Run, window: float | None = None) -> float:
    """Multiply-adds of a second of sound. window: s of sound that is heard anew every 100 ms; None: as one stream."""
    frames = 100 / run.hop
    return cost(run).multiply_adds * (frames if window is None else 10 * window * frames)
