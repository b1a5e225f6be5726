"""How far back a gradient reaches: `python -m training.gradients --shards build/render/happy/first`.

Trains a small network of each kind on rendered streams, in minutes, or takes the networks of runs that are named.
For each, as it was before training and as it is: the norm of d logit(t) / d features(t - lag), where t
is shortly after a word of the validation clips. A norm that falls by orders of magnitude within a word's length is the
vanishing gradient (Bengio, Simard and Frasconi 1994): nothing that long ago can be learned from.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from . import evaluate
from .corpus import SAMPLE_RATE
from .curves import BLUE, DPI, GREEN, GREY, ORANGE, PURPLE, VERMILLION, pyplot, save
from .endpoints import word_bounds
from .features import MFCC_40_20, FrontEnd, with_normalization
from .fit import Settings, Trainer
from .network import Architecture, WakeWordNetwork
from .protocol import MeasuredStream
from .render import SEGMENTS, shard_paths

FRAME = 0.01  # s from one frame to the next
AFTER_WORD = 0.2  # s from a word's end to the logit looked at: in the middle of the target
LONGEST_LAG = 300  # frames; a segment, the reach of truncated backpropagation
BEFORE = 100  # frames heard before the longest lag, from a zero state
BLOCK = 4  # frames whose gradient is taken together, so that strides of 2 or 4 don't show as a comb
MOST_WORDS = 120
SMALL = {  # networks of 17,000 to 32,000 parameters
    "rnn": Architecture("rnn", hidden_size=72, channels=()),
    "lstm": Architecture("lstm", hidden_size=48, channels=()),
    "gru": Architecture("gru", hidden_size=48, channels=()),
    "crnn": Architecture("gru", hidden_size=48, channels=(24, 32)),
}
SMALL_STREAMS, SMALL_STEPS = 16, 800
STYLES = {
    "RNN": (VERMILLION, ":"),
    "LSTM": (GREEN, "-."),
    "GRU": (BLUE, "--"),
    "CRNN (GRU)": (ORANGE, "-"),
    "CRNN (LSTM)": (PURPLE, (0, (5, 1, 1, 1, 1, 1))),
    "CRNN (RNN)": (GREY, (0, (1, 3))),
}


def kind(architecture: Architecture) -> str:
    """What a network is called in the picture."""
    cell = architecture.cell.upper()
    return f"CRNN ({cell})" if architecture.channels else cell


def excerpts(stream: MeasuredStream, frontend: dict) -> tuple[torch.Tensor, float]:
    """Features [words, BEFORE + LONGEST_LAG, numCoefficients] up to AFTER_WORD behind each word; a word's length in s.

    Words too near the stream's start are left out.
    """
    features = FrontEnd(frontend)(torch.from_numpy(stream.samples[None]))[0]
    length = BEFORE + LONGEST_LAG
    lasts = [int((end + AFTER_WORD) / FRAME) for _, _, end in stream.spans]
    lasts = [last for last in lasts if length <= last < len(features)][:MOST_WORDS]
    if not lasts:
        raise ValueError(f"stream of {len(features)} frames: no word after the first {length}, expected at least one")
    return torch.stack([features[last - length : last] for last in lasts]), word_length(stream)


def word_length(stream: MeasuredStream) -> float:
    """Median length of the words in s."""
    clips = [stream.samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)] for start, end, _ in stream.spans]
    bounds = [word_bounds(clip) for clip in clips]
    return float(np.median([end - start for start, end in bounds])) / SAMPLE_RATE


def norms(network: WakeWordNetwork, features: torch.Tensor) -> np.ndarray:
    """Norm of d logit(last output) / d features, [batch, frames], of features [batch, frames, numCoefficients]."""
    network.eval()  # no dropout
    inputs = features.clone().requires_grad_(True)
    logits, _ = network(inputs)
    (gradient,) = torch.autograd.grad(logits[:, -1].sum(), inputs)
    return gradient.norm(dim=2).numpy()


def by_lag(network: WakeWordNetwork, features: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Lags in s [blocks] and the median over the words of the norm at each, for BLOCK frames together."""
    period = network.architecture.period
    usable = features[:, features.shape[1] % period :]
    rows = norms(network, usable)[:, ::-1][:, :LONGEST_LAG]
    blocks = np.sqrt(np.square(rows.astype(np.float64)).reshape(len(rows), -1, BLOCK).sum(axis=2))
    return (np.arange(blocks.shape[1]) + 0.5) * BLOCK * FRAME, np.median(blocks, axis=0)


def forgotten_at(lags: np.ndarray, values: np.ndarray, fall: float = 0.01) -> float:
    """Lag in s from which on the norm stays below `fall` of its highest; the last lag where it never does."""
    above = np.flatnonzero(values >= fall * values.max())
    return float(lags[min(above[-1] + 1, len(lags) - 1)])


def networks(run: Path) -> tuple[WakeWordNetwork, WakeWordNetwork, dict, int]:
    """The network of a run before its training and now (the average), its front end, and the steps taken."""
    path = run / "checkpoint.pt"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing, expected the folder of a run of training.train (--run)")
    saved = torch.load(path, map_location="cpu", weights_only=True)
    architecture = Architecture(**saved["settings"]["architecture"])
    torch.manual_seed(saved["settings"]["seed"])
    untrained, trained = WakeWordNetwork(architecture), WakeWordNetwork(architecture)
    trained.load_state_dict(saved["average"])
    return untrained, trained, saved["frontend"], saved["step"]


class FewStreams:
    """Segments of a training run, of the first SMALL_STREAMS streams of a folder of rendered shards only."""

    def __init__(self, folder: Path):
        self.folder, self.count = folder, len(list(folder.glob("labels-*.npy")))
        if not self.count:
            raise FileNotFoundError(f"{folder}: no labels-*.npy, expected shards that training.train rendered")

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-mels [SMALL_STREAMS, frames, numMels] float16 and labels [SMALL_STREAMS, frames] int8."""
        block, segment = divmod(step, SEGMENTS)
        mel, _, labels = shard_paths(self.folder, block % self.count)
        rows = (np.array(np.load(path, mmap_mode="r")[segment, :SMALL_STREAMS]) for path in (mel, labels))
        return tuple(map(torch.from_numpy, rows))


def train_one(architecture: Architecture, segments: FewStreams, frontend: dict, steps: int, path: Path) -> None:
    """Train a network and save it as a checkpoint."""
    trainer = Trainer(Settings(architecture=architecture, steps=steps), frontend)
    losses: list[float] = []
    trainer.advance(segments, steps, lambda _, entry: losses.append(entry["loss"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    trainer.save(path)
    print(f"{path}: loss {np.mean(losses[-100:]):.4f} over the last 100 of {steps} steps", flush=True)


def train_small(shards: Path, output: Path, steps: int = SMALL_STEPS) -> list[Path]:
    """Folders with a trained network of each kind; those that are there already are kept."""
    segments = FewStreams(shards)
    sample = torch.cat([segments(step)[0] for step in range(SEGMENTS)]).float().flatten(0, 1)
    frontend = with_normalization(MFCC_40_20, sample @ FrontEnd(MFCC_40_20).dct)
    for name, architecture in SMALL.items():
        path = output / name / "checkpoint.pt"
        if not path.exists():
            train_one(architecture, segments, frontend, steps, path)
    return [output / name for name in SMALL]


def draw(curves: list[tuple[str, str, np.ndarray, np.ndarray]], spoken: float, path: Path) -> Path:
    """`curves`: panel, kind, lags in s, norms. `spoken`: length of a word in s."""
    panels = list(dict.fromkeys(panel for panel, *_ in curves))
    figure, axes = pyplot.subplots(
        1, len(panels), figsize=(9.6, 4.4), dpi=DPI, layout="constrained", sharex=True, sharey=True, squeeze=False
    )
    highest = max(float(values.max()) for *_, values in curves)
    for ax, panel in zip(axes[0], panels):
        ax.axvspan(AFTER_WORD, AFTER_WORD + spoken, color=GREY, alpha=0.15, linewidth=0)
        ax.text(AFTER_WORD + spoken / 2, 1.6 * highest, "the word", ha="center", fontsize=8, color="#444444")
        ax.axvline(LONGEST_LAG * FRAME, color=GREY, linestyle="--", linewidth=1)
        ax.text(LONGEST_LAG * FRAME - 0.03, 1.6 * highest, "segment's length", ha="right", fontsize=8, color="#444444")
        for where, name, lags, values in curves:
            if where == panel:
                colour, line = STYLES[name.split(",")[0]]
                ax.plot(lags, np.maximum(values, 1e-30), color=colour, linestyle=line, linewidth=1.8, label=name)
        ax.set_title(panel, loc="left", fontsize=10)
        ax.set_xlabel("lag, s")
        ax.grid(True, linewidth=0.4, alpha=0.5)
        ax.legend(
            facecolor="white",
            framealpha=1,
            edgecolor="none",
            fontsize=9,
            loc="lower right",
            bbox_to_anchor=(0.97, 0.04),
        )
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    axes[0][0].set_yscale("log")
    axes[0][0].set_ylim(highest * 1e-9, highest * 4)
    axes[0][0].set_ylabel("‖∂ logit(t) / ∂ features(t − lag)‖, 40 ms of features")
    figure.suptitle("How far back the gradient reaches: median over validation words", x=0.01, ha="left", fontsize=11)
    return save(figure, path)


def main() -> None:
    """Measure the networks of the runs, draw them, print where they forget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="*", help="folders of runs, one for each kind of network")
    parser.add_argument("--shards", type=Path, help="folder of rendered shards to train small networks on")
    parser.add_argument("--networks", type=Path, default=Path("build/gradients"), help="folder of the small networks")
    parser.add_argument("--word", default="happy")
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"))
    parser.add_argument("-o", "--output", type=Path, default=Path("build/gradient-lag.png"))
    args = parser.parse_args()
    if not args.runs and not args.shards:
        parser.error("nothing to look at: name folders of runs, or --shards")
    torch.set_num_threads(1)
    stream = evaluate.validation_streams(args.audio, [args.word])[evaluate.CLEAN]
    curves, spoken = [], 0.0
    small = train_small(args.shards, args.networks) if args.shards else []
    for run in [*small, *args.runs]:
        untrained, trained, frontend, steps = networks(run)
        features, spoken = excerpts(stream, frontend)
        name = kind(trained.architecture)
        for panel, label, network in (
            ("as initialized", name, untrained),
            ("after training", f"{name}, {steps} steps", trained),
        ):
            lags, values = by_lag(network, features)
            curves.append((panel, label, lags, values))
            reach = forgotten_at(lags, values)
            print(json.dumps({"run": run.name, "network": label, "state": panel, "below 1 % from": round(reach, 2)}))
    curves.sort(key=lambda curve: curve[0], reverse=True)
    print(draw(curves, spoken, args.output))


if __name__ == "__main__":
    main()
