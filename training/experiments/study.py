"""Runs that are missing among the results: rendered, trained, heard in every way that a question asks for, kept."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .. import render
from ..fit import Trainer
from ..render import Shards
from . import sound
from .cost import cost
from .hearing import Posteriors, Streams, as_streams, as_windows, figures
from .product import PRECISIONS, in_product, largest_difference
from .questions import STREAM, WINDOWS, runs_of, ways
from .results import Results
from .runs import STEPS, Run
from .training import train

LARGEST = 0.02  # difference of Tympan's f32 posteriors from PyTorch's, after half an hour of one stream


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While no other process has the same path locked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Places:
    """Folders: of the recordings, of synthesized speech by word, and of all that is made on the way."""

    audio: Path
    synthetic: Path
    work: Path


class Study:
    """The runs of some questions."""

    def __init__(self, places: Places, results: Results, names: list[str]):
        self.places, self.results = places, results
        self.runs = runs_of(names)
        places.work.mkdir(parents=True, exist_ok=True)
        self.known: Streams | None = None

    @property
    def missing(self) -> list[Run]:
        """Runs without a result in every way."""
        found = {run: self.results.of(run) for run in self.runs}
        return [run for run, result in found.items() if not result or {*ways(run)} - {*result["heard"]}]

    @property
    def streams(self) -> Streams:
        """The validation streams, made when first needed."""
        self.known = self.known or Streams(self.places.audio)
        return self.known

    def shards(self, run: Run) -> Shards:
        """What a run hears, rendered here where it is missing."""
        rendering = sound.rendering(run.sound, run.seed, self.places.audio, self.places.synthetic)
        root = self.places.work / "render"
        with locked(root / f"{rendering.name}.lock"):
            shards = Shards(rendering, root)
            render.work([(rendering, str(shards.folder))], 0, 1)
        return shards

    def measure(self, run: Run) -> None:
        """Train a run, hear it and keep its result. Shards that no other run hears are removed."""
        shards = self.shards(run)
        trainer, loss = train(run, shards)
        if run.sound.is_drawn:
            shutil.rmtree(shards.folder)
        streams = self.streams
        heard, measured = self.heard(trainer, run)
        result = {
            "clips": streams.clips,
            "hours": round(streams.hours, 4),
            "loss": round(loss, 5),
            **measured,
            "heard": {way: figures(streams, posteriors, run.period) for way, posteriors in heard.items()},
        }
        self.results.keep(run, result)

    def heard(self, trainer: Trainer, run: Run) -> tuple[dict[str, Posteriors], dict]:
        """Posteriors by way, and what is measured beside them where Tympan hears the run."""
        wanted = ways(run)
        heard = {STREAM: as_streams(trainer, run, self.streams)}
        heard |= {way: as_windows(trainer, run, self.streams, WINDOWS[way]) for way in wanted if way in WINDOWS}
        if not {*wanted} & {*PRECISIONS}:
            return heard, {}
        with tempfile.TemporaryDirectory(dir=self.places.work) as folder:
            product, costs = in_product(trainer, run, self.streams, Path(folder))
        expected, difference = cost(run), largest_difference(product["f32"], heard[STREAM])
        if (costs["parameters"], costs["multiplyAddsPerFrame"]) != (expected.parameters, expected.multiply_adds):
            raise ValueError(f"{run.name}: tympan counts {costs}, expected {expected}; cost.py must count as it does")
        if difference > LARGEST:
            raise ValueError(f"{run.name}: Tympan's f32 is {difference:.3g} from PyTorch, expected at most {LARGEST}")
        return heard | product, {**costs, "difference": round(difference, 7)}


def plan(study: Study, steps: int = 20) -> dict[str, float]:
    """Expected seconds of training by run, from so many steps of each kind of network, all on the same sound."""
    shards, seconds = study.shards(Run()), {}
    train(Run(), shards, 2)  # the first steps of a process allocate and choose kernels
    for run in study.missing:
        kind = run.name.split("/")[0]
        if kind not in seconds:
            started = time.perf_counter()
            train(run, shards, steps)
            seconds[kind] = (time.perf_counter() - started) / steps * STEPS
    return {run.name: seconds[run.name.split("/")[0]] for run in study.missing}
