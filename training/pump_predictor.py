"""
Train the predictor of `examples/sequences`, which finds faults of a pump: `python -m training.pump_predictor`.

An LSTM that has only seen a healthy pump says, of every sample, what the sensors will read a second later. The example hears from the
differences that something is wrong; here the same score is measured over hours.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .pump import COMMAND, DIGITS, FAULT_SECONDS, FAULTS, SENSORS, faults_at, simulate
from .spell_numbers import FOLDER, export

# As in the example:
SMOOTHING = 0.05
MARGIN = 2.0
WARM_UP = 60  # seconds until the state is the pump's


class Predictor(nn.Module):
    """Command and sensors [batch, time, 6] to the sensors a second later [batch, time, 5], in their units."""

    def __init__(self, series: torch.Tensor, hidden: int):
        super().__init__()
        self.register_buffer("mean", series.mean((0, 1)))
        self.register_buffer("deviation", series.std((0, 1)))
        self.lstm = nn.LSTM(1 + len(SENSORS), hidden, batch_first=True)
        self.head = nn.Linear(hidden, len(SENSORS))

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        outputs, _ = self.lstm((samples - self.mean) / self.deviation)
        return self.head(outputs) * self.deviation[1:] + self.mean[1:]


def with_liars(samples: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """
    A sensor in four is wrong by a constant from some second on: else the predictor would learn that every sensor tells its own next
    value best, and believe a broken one.
    """
    batch, seconds, _ = samples.shape
    sensors = len(SENSORS)
    lies = (torch.rand(batch, 1, sensors) < 0.25) & (torch.arange(seconds)[:, None] >= torch.randint(seconds, (batch, 1, 1)))
    wrong = samples.clone()
    wrong[:, :, 1:] += lies * torch.randn(batch, 1, sensors) * 0.5 * deviation[1:]
    return wrong


def train(predictor: Predictor, series: torch.Tensor, noise: torch.Tensor, steps: int, batch: int, length: int) -> None:
    """`noise`: what no prediction can be better than, one a sensor; errors are weighed by it."""
    optimizer = torch.optim.AdamW(predictor.parameters(), lr=1e-2, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=steps)
    for step in range(steps):
        rows = torch.randint(len(series), (batch,))
        starts = torch.randint(series.shape[1] - length - 1, (batch,))
        chosen = series[rows[:, None], starts[:, None] + torch.arange(length + 1)]
        error = (predictor(with_liars(chosen[:, :-1], predictor.deviation)) - chosen[:, 1:, 1:]) / noise
        loss = nn.functional.huber_loss(error[:, WARM_UP:], torch.zeros_like(error[:, WARM_UP:]), delta=3.0)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(predictor.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 0 or step == steps - 1:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)


@torch.inference_mode()
def drift_of(predictor: Predictor, series: np.ndarray) -> np.ndarray:
    """Exponentially weighted means of the errors, [seconds, 5]; the first WARM_UP are 0."""
    samples = torch.tensor(series, dtype=torch.float32)[None]
    predicted = predictor(samples)[0].numpy()
    drift = np.zeros((len(series), len(SENSORS)))
    for second in range(WARM_UP, len(series)):
        error = series[second, 1:] - predicted[second - 1]
        drift[second] = drift[second - 1] + SMOOTHING * (error - drift[second - 1])
    return np.abs(drift)


def alarms_of(drift: np.ndarray, limits: np.ndarray) -> list[int]:
    """Seconds at which a sensor passes its limit for the first time since it was below half of it."""
    alarms, alarmed = [], np.zeros(len(SENSORS), bool)
    for second, scores in enumerate(drift / limits):
        alarms += [second] * bool((~alarmed & (scores > 1)).any())
        alarmed = scores > np.where(alarmed, 0.5, 1)
    return alarms


def measure(predictor: Predictor, generator: np.random.Generator, normal: np.ndarray, hours: int) -> None:
    """Prints faults found by kind. What is left for as long as a fault was, after it, is no false alarm: the pump recovers."""
    limits = MARGIN * drift_of(predictor, normal).max(0)
    print("limits", {sensor: round(float(limit), 3) for sensor, limit in zip(SENSORS, limits)})
    faults = faults_at(generator, hours * 3600)
    alarms = alarms_of(drift_of(predictor, simulate(generator, hours * 3600, faults)), limits)
    for kind in FAULTS:
        starts = [at for name, at in faults if name == kind]
        found = sum(any(at <= alarm < at + FAULT_SECONDS for alarm in alarms) for at in starts)
        print(f"{kind}: found {found} of {len(starts)}")
    false = [alarm for alarm in alarms if not any(at <= alarm < at + 2 * FAULT_SECONDS for _, at in faults)]
    healthy = alarms_of(drift_of(predictor, simulate(generator, hours * 3600, [])), limits)
    print(f"false alarms: {len(false)} between these faults, {len(healthy)} in {hours} h without any")


def write(path: Path, series: np.ndarray, faults: list[tuple[str, int]]) -> None:
    """A line a second; the last column says the fault, and no one reads it but who counts."""
    names = np.full(len(series), "", object)
    for kind, at in faults:
        names[at : at + FAULT_SECONDS] = kind
    digits = (0, *DIGITS)
    lines = [",".join([*(f"{value:.{d}f}" for value, d in zip(row, digits)), name]) for row, name in zip(series, names)]
    path.write_text("\n".join([",".join([COMMAND, *SENSORS, "fault"]), *lines, ""]))
    print(f"{path}: {path.stat().st_size} bytes, {len(faults)} faults")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--length", type=int, default=150, help="seconds of a training sequence")
    parser.add_argument("--hidden", type=int, default=16)
    parser.add_argument("--hours", type=int, default=20, help="that are measured, with faults and without")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    generator = np.random.default_rng(options.seed)
    series = torch.tensor(np.stack([simulate(generator, 3600, []) for _ in range(12)]), dtype=torch.float32)
    predictor = Predictor(series, options.hidden)
    differences = (series[:, 1:] - series[:, :-1])[:, :, 1:]
    noise = differences.abs().flatten(0, 1).median(0).values
    train(predictor, series, noise, options.steps, options.batch, options.length)
    normal = simulate(generator, 1800, [])
    faults = faults_at(generator, 2400)
    faulty = simulate(generator, 2400, faults)
    measure(predictor, generator, normal, options.hours)
    write(options.folder / "pump-normal.csv", normal, [])
    write(options.folder / "pump.csv", faulty, faults)
    export(
        predictor, (series[:1, :10],), ["samples"], ["predicted"],
        {"samples": {1: "time"}, "predicted": {1: "time"}}, options.folder / "pump-predictor.onnx",
    )  # fmt: skip


if __name__ == "__main__":
    main()
