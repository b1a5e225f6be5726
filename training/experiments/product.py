"""Trained networks heard in Tympan itself: exported to ONNX, in int8 and in float32."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np

from ..detection import HOP_LENGTH
from ..evaluate import REFRACTORY
from ..export import export, metadata
from ..fit import Trainer
from .hearing import Posteriors, Streams
from .runs import WORD, Run

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "posteriors.mjs"
PRECISIONS = ("f32", "int8")


def contract(trainer: Trainer, run: Run) -> dict[str, dict]:
    """Metadata with the run's hop; the decision is none that was chosen."""
    frontend = {**trainer.frontend, "hopLength": HOP_LENGTH * run.hop}
    return metadata(frontend, {WORD: {"threshold": 0.5, "smoothing": 100}}, REFRACTORY)


def write_streams(streams: Streams, folder: Path) -> list[Path]:
    """Their samples as raw little-endian int16."""
    paths = [folder / f"{name}.s16" for name in streams.measured]
    for path, stream in zip(paths, streams.measured.values()):
        path.write_bytes(np.round(stream.samples * 32768).astype("<i2").tobytes())
    return paths


def in_product(trainer: Trainer, run: Run, streams: Streams, folder: Path) -> tuple[dict[str, Posteriors], dict]:
    """Posteriors by precision, and what the network costs: parameters, multiply-adds a frame and bytes of weights.

    The first samples are left out, so that frames are those that the network was trained on (`segments`). folder: one
    that is there, for what Tympan reads and writes; 150 MB.
    """
    model = folder / "network.onnx"
    export(trainer.average, contract(trainer, run), model)
    paths = write_streams(streams, folder)
    heard, cost = {}, {}
    for precision in PRECISIONS:
        skip = HOP_LENGTH * (run.hop - 1)
        command = ["node", str(SCRIPT), str(model), precision, str(skip), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            raise RuntimeError(
                f"{SCRIPT.name} failed on {run.name}: {done.stderr.strip()}; if dist/ is missing, run npm run build"
            )
        cost[precision] = json.loads(done.stdout)
        heard[precision] = {p.stem: np.fromfile(p.with_suffix(".f32"), "<f4") for p in paths}
    costs = {name: cost["int8"][name] for name in ("parameters", "multiplyAddsPerFrame")}
    return heard, {**costs, "bytes": {precision: cost[precision]["weightBytes"] for precision in PRECISIONS}}


def largest_difference(one: Posteriors, other: Posteriors) -> float:
    """Of two sets of posteriors of the same streams."""
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)
