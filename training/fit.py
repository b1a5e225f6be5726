"""Stateful truncated backpropagation through time over parallel streams."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.nn import functional

from .features import FrontEnd
from .labels import IGNORED, SILENT, SPOKEN, is_negative, is_word
from .masks import augment
from .network import Architecture, WakeWordNetwork, detached, posteriors

Segments = Callable[[int], tuple[torch.Tensor, torch.Tensor]]  # of a step: log-mels [batch, frames, numMels] and labels


@dataclass(frozen=True)
class Settings:
    """How a network is trained."""

    architecture: Architecture = Architecture()
    steps: int = 12000
    warmup: int = 150  # steps
    learning_rate: float = 2.5e-3
    decay: float = 0.45  # share of the steps, at the end, over which the learning rate falls
    weight_decay: float = 0.02
    positive_weight: float = 1.5
    clip: float = 1.0  # of the gradient's norm
    average: float = 0.998  # decay of the averaged weights, which are what is kept
    restart: float = 0.05  # chance that a stream starts anew, from a zero state, with a segment
    augment: bool = True  # change the log-mels anew at every step
    warping: float = 0.0  # share by which these changes move formants at most
    seed: int = 1


def learning_rate(step: int, settings: Settings) -> float:
    """Linear warm-up, a plateau, and a line down to 2 % of it."""
    rising = (step + 1) / settings.warmup
    falling = (settings.steps - step) / max(1, settings.decay * settings.steps)
    return settings.learning_rate * min(1.0, rising, max(0.02, falling))


def choice_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each output, [batch, outputs]; of silence and speech together where it isn't known which.

    logits: [batch, outputs, classes], silence, other speech and then the words.
    """
    logs = torch.log_softmax(logits, -1)
    target = torch.where(is_word(labels), labels + 1, (labels == SPOKEN).to(labels.dtype))
    chosen = logs.gather(-1, target.long()[..., None])[..., 0]
    told = is_word(labels) | (labels == SPOKEN) | (labels == SILENT)
    return -torch.where(told, chosen, torch.logsumexp(logs[..., :2], -1))


def frame_loss(logits: torch.Tensor, labels: torch.Tensor, positive_weight: float) -> torch.Tensor:
    """Mean cross-entropy over the outputs that count. logits: [batch, outputs, classes], labels: [batch, outputs]."""
    target = is_word(labels).float()
    weight = (labels != IGNORED).float() * (1 + (positive_weight - 1) * target)
    if logits.shape[-1] == 1:
        losses = functional.binary_cross_entropy_with_logits(logits[..., 0], target, reduction="none")
    else:
        losses = choice_losses(logits, labels)
    return (losses * weight).sum() / weight.sum().clamp(min=1)


class Trainer:
    """A network in training: its weights, their average, the optimizer, and the streams' state.

    Every step seeds its own random numbers, so a run that was stopped and resumed is the run that was not.
    """

    def __init__(self, settings: Settings, frontend: dict, device: str = "cpu"):
        torch.manual_seed(settings.seed)
        self.settings, self.frontend, self.device = settings, frontend, device
        self.network = WakeWordNetwork(settings.architecture).to(device)
        self.average = copy.deepcopy(self.network)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=settings.weight_decay)
        self.front_end = FrontEnd(frontend).to(device)
        self.state = None
        self.step = 0

    def features(self, mel: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Log-mels [batch, frames, numMels] to normalized cepstra on the device."""
        mel = mel.float()
        mel = augment(mel, generator, self.settings.warping) if self.settings.augment else mel
        return self.front_end.normalize(mel.to(self.device) @ self.front_end.dct)

    def advance(self, segments: Segments, until: int, watch: Callable[[Trainer, dict], None] | None = None) -> None:
        """Train until so many steps are done. `watch` is told of every step."""
        while self.step < until:
            entry = self.take_step(*segments(self.step))
            if watch:
                watch(self, entry)

    def take_step(self, mel: torch.Tensor, labels: torch.Tensor) -> dict:
        """One step; returns its line of the log."""
        settings = self.settings
        seed = settings.seed * 1_000_003 + self.step
        torch.manual_seed(seed)  # dropout
        generator = torch.Generator().manual_seed(seed)
        rate = learning_rate(self.step, settings)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if self.state is not None:
            starts = torch.rand(len(labels), generator=generator) < settings.restart
            keep = ~(starts & is_negative(labels[:, 0]))
            self.state = detached(self.state, keep.float().to(self.device))
        period = settings.architecture.period
        logits, self.state = self.network(self.features(mel, generator), self.state)
        marks = labels[:, period - 1 :: period].to(self.device)
        loss = frame_loss(logits, marks, settings.positive_weight)
        self.optimizer.zero_grad()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip))
        self.optimizer.step()
        self.update_average(min(settings.average, (self.step + 1) / (self.step + 10)))
        self.step += 1
        return {
            "step": self.step,
            "loss": float(loss.detach()),
            "gradientNorm": norm,
            "clippedNorm": min(norm, settings.clip),
            "learningRate": rate,
        }

    def update_average(self, decay: float) -> None:
        """Exponential moving average of the weights."""
        with torch.no_grad():
            for kept, trained in zip(self.average.parameters(), self.network.parameters()):
                kept.lerp_(trained, 1 - decay)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        unfinished = path.with_suffix(".part")
        torch.save(
            {
                "settings": asdict(self.settings),
                "frontend": self.frontend,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "state": detached(self.state) if self.state is not None else None,
                "step": self.step,
            },
            unfinished,
        )
        unfinished.rename(path)

    @classmethod
    def load(cls, path: Path, settings: Settings, device: str = "cpu") -> Trainer:
        """Continue from a checkpoint of the same settings. `steps` and `decay` may differ while the plateau lasts, and a run
        that has ended may be given more `steps`: its learning rate rises to what it would be in the longer run.
        """
        saved = torch.load(path, map_location=device, weights_only=True)
        wanted, made_with, step = asdict(settings), saved["settings"], saved["step"]
        names = [name for name, value in wanted.items() if made_with.get(name) != value]
        if {*names} <= {"steps", "decay"} and all(step <= (1 - s["decay"]) * s["steps"] for s in (wanted, made_with)):
            names = []
        if names == ["steps"] and step == made_with["steps"] < settings.steps:
            names = []
        if names:
            raise ValueError(
                f"{path}: made with other settings ({', '.join(names)}), expected those of this run; "
                "resume with the options it was started with, or start anew without --resume"
            )
        trainer = cls(settings, saved["frontend"], device)
        for part in ("network", "average", "optimizer"):
            getattr(trainer, part).load_state_dict(saved[part])
        trainer.state, trainer.step = saved["state"], step
        return trainer


def stream_posteriors(network: WakeWordNetwork, features: torch.Tensor, chunk: int = 4000) -> torch.Tensor:
    """[batch, frames, numCoefficients] to posteriors of the words [batch, outputs, words], in chunks of frames and
    from a zero state.
    """
    network.eval()
    state, parts = None, []
    with torch.inference_mode():
        for part in features.split(chunk, dim=1):
            logits, state = network(part, state)
            parts.append(posteriors(logits)[..., -network.architecture.words :])
    network.train()
    return torch.cat(parts, dim=1)
