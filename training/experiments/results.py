"""What was measured: one JSON file, in the order of the names, in which a finished run is not made again."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from .runs import Run


class Results:
    """Results by the run's name: {"definition", "heard": {way: figures}, ...}."""

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> dict[str, dict]:
        """All of them."""
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def of(self, run: Run) -> dict | None:
        """A run's result, if there is one and it was made with what the run is defined by now."""
        found = self.read().get(run.name)
        wanted = json.loads(json.dumps(run.definition()))
        return found if found and found["definition"] == wanted else None

    def keep(self, run: Run, result: dict) -> None:
        """Add a run's result; other processes may do so too."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            results = {**self.read(), run.name: {"definition": run.definition(), **result}}
            unfinished = self.path.with_suffix(".part")
            unfinished.write_text(serialized(results))
            unfinished.rename(self.path)
        finally:
            os.close(folder)


def serialized(results: dict[str, dict]) -> str:
    """JSON with a line a run, so that a change of one is a change of one line."""
    lines = [f"{json.dumps(name)}: {json.dumps(results[name])}" for name in sorted(results)]
    return "{\n" + ",\n".join(lines) + "\n}\n"
