"""What one training run of the experiments is: its network, the hop of its frames, what it hears, its seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ..fit import Settings
from ..network import Architecture

WORD = "happy"
SEEDS = (1, 2, 3)
STEPS = 1000
BATCH = 32  # streams
FRAMES = 300  # rendered frames of 10 ms in a segment, 3 s
SHARDS = 8  # of `BATCH` streams, 0.53 h each
WINDOW = 1.5  # s, of networks trained on windows; two make a segment


@dataclass(frozen=True)
class Sound:
    """What is heard in training. Of all negatives there is the same in every one, but for synthesized speech."""

    recordings: int | None = None  # of the word, each by another speaker; None: all
    synthesized: bool = True  # speech: the word, words like it, sentences
    noise: bool = True  # over the clips

    @property
    def is_drawn(self) -> bool:
        """Whether the seed decides which recordings are heard."""
        return bool(self.recordings)

    def name(self, seed: int) -> str:
        """Of its folder of shards: the same for all seeds where nothing is drawn."""
        count = "all" if self.recordings is None else str(self.recordings)
        parts = [count, "" if self.synthesized else "unsynthesized", "" if self.noise else "quiet"]
        return "-".join([part for part in parts if part] + ([str(seed)] if self.is_drawn else []))


@dataclass(frozen=True)
class Run:
    """One network, trained once. Without `channels` it is one recurrent layer."""

    cell: str = "gru"
    hidden_size: int = 64
    channels: tuple[int, ...] = ()
    stride: int = 1  # of the convolutions
    hop: int = 2  # rendered frames of 10 ms from one that is heard to the next
    windows: bool = False  # trained on windows of 1.5 s, each from a zero state, instead of on streams
    sound: Sound = Sound()
    seed: int = 1

    @property
    def name(self) -> str:
        """Of its results."""
        convolutions = "".join(f"-{size}x{self.stride}" for size in self.channels)
        windows = "-windows" if self.windows else ""
        network = f"{self.cell}{convolutions}-{self.hidden_size}-{10 * self.hop}ms{windows}"
        return f"{network}/{self.sound.name(0).removesuffix('-0')}/{self.seed}"

    @property
    def architecture(self) -> Architecture:
        """One recurrent layer, behind the convolutions if there are any; no dropout, steps are few."""
        return Architecture(
            cell=self.cell,
            hidden_size=self.hidden_size,
            num_layers=1,
            channels=self.channels,
            stride=self.stride,
            dropout=0.0,
        )

    @property
    def period(self) -> int:
        """Rendered frames from one output to the next."""
        return self.hop * self.architecture.period

    def settings(self, steps: int = STEPS) -> Settings:
        """The same for every run. The log-mels are changed before frames are left out, by `segments`."""
        return Settings(
            architecture=self.architecture,
            steps=steps,
            warmup=50,
            learning_rate=4e-3,
            average=0.99,
            augment=False,
            seed=self.seed,
        )

    def definition(self, steps: int = STEPS) -> dict:
        """All that its result depends on, but for the recordings, the synthesized speech and the code."""
        rendered = {"batch": BATCH, "frames": FRAMES, "shards": SHARDS}
        return {"run": asdict(self), "settings": asdict(self.settings(steps)), "rendered": rendered}
