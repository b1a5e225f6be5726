"""The log of a run: `log.jsonl` in its folder, one JSON object a line.

A training step:  {"step", "loss", "gradientNorm", "clippedNorm", "learningRate"}; the gradient's 2-norm before and
                  after clipping.
A validation:     {"step", "validation": {"clips", "hours", "figure", "margin", "best": [{"atMost", "missed",
                  "missedNoisy", "total", "threshold", "smoothing", "latency"}, ...]}}, the best points with at most so
                  many alarms.
An event:         {"step", "event": "mined" | "left out" | "chosen", ...}.
`step` counts finished steps, from 1.
"""

from __future__ import annotations

import json
from pathlib import Path


class Log:
    """Appends lines to the log of a run."""

    def __init__(self, folder: Path, step: int = 0):
        """`step`: lines of later steps, left by a run that was stopped, are removed."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "log.jsonl"
        kept = [entry for entry in read(folder) if entry["step"] <= step] if step else []
        self.file = self.path.open("w", buffering=1)
        for entry in kept:
            self.write(**entry)

    def write(self, **entry) -> None:
        """One line."""
        self.file.write(json.dumps(entry) + "\n")


def read(folder: Path) -> list[dict]:
    """The lines of a run's log, in order; a line cut off by a crash is dropped."""
    entries = []
    path = folder / "log.jsonl"
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return entries
