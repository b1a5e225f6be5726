"""Pictures of a training run from its log: `python -m training.curves build/runs/happy -o docs/training`."""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from . import log

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402  (after the choice of a backend that needs no display)

# Okabe and Ito's colours, told apart with any kind of colour blindness.
BLUE, ORANGE, GREEN, VERMILLION, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#777777"
SIZE, DPI = (7.2, 4.2), 110  # inches and dots an inch: pictures of well below 150 KB
COLOURS = 96  # of a picture
BINS = 160  # stretches of steps that a curve is drawn from
SHOWN = ((0, VERMILLION, "o"), (1, ORANGE, "s"), (2, GREEN, "^"), (4, BLUE, "D"))  # at most so many alarms


def training_steps(entries: list[dict]) -> dict[str, np.ndarray]:
    """Columns [steps] of the log's training steps."""
    steps = [entry for entry in entries if "loss" in entry]
    if not steps:
        raise ValueError(f"log: {len(entries)} lines and no training step in them, expected lines with a loss")
    names = ("step", "loss", "gradientNorm", "clippedNorm", "learningRate")
    return {name: np.array([entry[name] for entry in steps], float) for name in names}


def stretches(values: np.ndarray, count: int = BINS) -> list[np.ndarray]:
    """Values cut into at most `count` runs of equal length, the last one perhaps shorter."""
    size = max(1, -(-len(values) // count))
    return [values[start : start + size] for start in range(0, len(values), size)]


def quantiles(values: np.ndarray, *shares: float) -> list[np.ndarray]:
    """Quantiles of each stretch: one [stretches] for each share."""
    rows = [np.quantile(stretch, shares) for stretch in stretches(values)]
    return list(np.array(rows).T)


def middles(steps: np.ndarray) -> np.ndarray:
    """Mean step of each stretch, [stretches]."""
    return np.array([stretch.mean() for stretch in stretches(steps)])


def axes(title: str, ylabel: str, xlabel: str = "step"):
    """A figure and its axes, with titles and a light grid."""
    figure, ax = pyplot.subplots(figsize=SIZE, dpi=DPI, layout="constrained")
    ax.set_title(title, loc="left", fontsize=11)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.grid(True, which="both", linewidth=0.4, alpha=0.5)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure, ax


def plain_ticks(ax) -> None:
    """Ticks of a logarithmic axis at 1, 2 and 5 times powers of ten, written out."""
    ax.yaxis.set_major_locator(ticker.LogLocator(10, (1, 2, 5)))
    ax.yaxis.set_minor_locator(ticker.NullLocator())
    ax.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))


def save(figure, path: Path) -> Path:
    """Write a PNG of few colours, a third of the size; the same log gives the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    pyplot.close(figure)
    return path


def mark_events(ax, entries: list[dict]) -> None:
    """A dotted line where mistakes were mined, once in the legend."""
    steps = [entry["step"] for entry in entries if entry.get("event") == "mined"]
    for k, step in enumerate(steps):
        label = None if k else "mistakes mined"
        ax.axvline(step, color=GREY, linestyle=":", linewidth=1.2, label=label, zorder=0)


def draw_loss(entries: list[dict], path: Path) -> Path:
    """Loss by step, with the learning rate."""
    columns = training_steps(entries)
    figure, ax = axes("Training loss", "cross-entropy a frame, nats")
    at = middles(columns["step"])
    low, middle, high = quantiles(columns["loss"], 0.1, 0.5, 0.9)
    ax.fill_between(at, low, high, color=BLUE, alpha=0.2, linewidth=0, label="10 to 90 % of the steps near")
    ax.plot(at, middle, color=BLUE, linewidth=1.6, label="median")
    ax.set_yscale("log")
    plain_ticks(ax)
    rate = ax.twinx()
    rate.plot(columns["step"], 1000 * columns["learningRate"], color=ORANGE, linestyle="--", linewidth=1.2)
    rate.set_ylabel("learning rate, 1/1000 (dashed)", color="#9a6a00")
    rate.set_ylim(0, 1.15 * 1000 * columns["learningRate"].max())
    rate.spines["top"].set_visible(False)
    mark_events(ax, entries)
    ax.legend(frameon=False, fontsize=9, loc="lower left")
    return save(figure, path)


def validated_words(entries: list[dict]) -> list[str | None]:
    """Words that were validated on clips of them; None for that of a log that names none."""
    checks = [entry["validation"] for entry in entries if "validation" in entry]
    return list(dict.fromkeys(check.get("word") for check in checks if check["clips"]))


def draw_misses(entries: list[dict], word: str | None, path: Path) -> Path:
    """Missed share of a word's validation clips at a few numbers of alarms: clean on the left, at 10 dB on the right."""
    checks = [entry for entry in entries if "validation" in entry and entry["validation"].get("word") == word]
    if not checks:
        raise ValueError("log: no validation in it, expected at least one; train for longer than --every steps")
    first = checks[-1]["validation"]
    figure, both = pyplot.subplots(1, 2, figsize=(9.6, 4.2), dpi=DPI, layout="constrained", sharex=True, sharey=True)
    for ax, key, title in zip(both, ("missed", "missedNoisy"), ("clean", "noise mixed in at 10 dB")):
        for alarms, colour, marker in SHOWN:
            found = [
                (entry["step"], 100 * point[key] / entry["validation"]["clips"])
                for entry in checks
                for point in entry["validation"]["best"]
                if point["atMost"] == alarms and point.get(key) is not None
            ]
            if found:
                ax.plot(*zip(*found), color=colour, marker=marker, markersize=4, linewidth=1.3,
                        label=f"at most {alarms}")  # fmt: skip
        ax.set_title(title, loc="left", fontsize=10)
        ax.set_xlabel("step")
        ax.grid(True, which="both", linewidth=0.4, alpha=0.5)
        mark_events(ax, entries)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    both[0].set_yscale("symlog", linthresh=5, linscale=1.5)
    ticks = [t for t in (0, 1, 2, 3, 4, 5, 10, 20, 50, 100) if t <= max(10, both[0].get_ylim()[1])]
    both[0].set_yticks(ticks, [str(t) for t in ticks])
    both[0].set_yticks([], minor=True)
    both[0].set_ylim(bottom=0)
    both[0].set_xlim(left=0)
    both[0].set_ylabel(f"missed of {first['clips']} clips, %")
    both[1].legend(title=f"alarms in {first['hours']:.2f} h", frameon=False, fontsize=9, title_fontsize=9)
    heard = f"Validation of {word}" if word else "Validation"
    figure.suptitle(f"{heard}: misses of the averaged network", x=0.01, ha="left", fontsize=11)
    return save(figure, path)


def draw_gradient_norm(entries: list[dict], path: Path) -> Path:
    """Norm of the gradient before clipping, and the norm that was left."""
    columns = training_steps(entries)
    figure, ax = axes("Norm of the gradient, before and after clipping", "2-norm over all weights")
    at = middles(columns["step"])
    low, middle, high = quantiles(columns["gradientNorm"], 0.05, 0.5, 0.95)
    (highest,) = quantiles(columns["gradientNorm"], 1.0)
    ax.fill_between(at, low, high, color=VERMILLION, alpha=0.2, linewidth=0, label="before: 5 to 95 %")
    ax.plot(at, middle, color=VERMILLION, linewidth=1.6, label="before: median")
    ax.plot(at, highest, color=VERMILLION, linewidth=0.7, alpha=0.7, label="before: highest")
    (after,) = quantiles(columns["clippedNorm"], 1.0)
    ax.plot(at, after, color=BLUE, linewidth=1.6, label="after: highest")
    clipped = float(np.mean(columns["gradientNorm"] > columns["clippedNorm"] * (1 + 1e-6)))
    ax.set_yscale("log")
    plain_ticks(ax)
    mark_events(ax, entries)
    ax.legend(title=f"clipped in {100 * clipped:.1f} % of the steps", frameon=False, fontsize=9, title_fontsize=9)
    return save(figure, path)


def draw(run: Path, output: Path) -> list[Path]:
    """All pictures of a run; FileNotFoundError where it has no log."""
    entries = log.read(run)
    if not entries:
        raise FileNotFoundError(f"{run}: no log.jsonl with lines in it; give the folder of a run (--run of train)")
    words = validated_words(entries) or [None]
    names = ["misses.png"] if len(words) == 1 else [f"misses-{word}.png" for word in words]
    return [
        draw_loss(entries, output / "loss.png"),
        *(draw_misses(entries, word, output / name) for word, name in zip(words, names)),
        draw_gradient_norm(entries, output / "gradient-norm.png"),
    ]


def main() -> None:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of the run, with its log.jsonl")
    parser.add_argument("-o", "--output", type=Path, help="folder of the pictures; default: the run's")
    args = parser.parse_args()
    for path in draw(args.run, args.output or args.run):
        print(f"{path}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
