"""Missing runs made by several processes, each of which takes the next one that no other has taken."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator

import torch

from .results import Results
from .runs import Run
from .study import Places, Study

OPEN: list[Study] = []  # the study of a worker process, whose streams are made once


def open_study(places: Places, results: Results, names: list[str]) -> None:
    """At the start of a worker."""
    torch.set_num_threads(1)
    OPEN.append(Study(places, results, names))


def measured(run: Run) -> tuple[Run, float]:
    """In a worker: make a run's result; with the seconds that it took."""
    started = time.time()
    OPEN[0].measure(run)
    return run, time.time() - started


def measure_all(study: Study, names: list[str], workers: int) -> Iterator[tuple[Run, float]]:
    """Make all missing runs; each once it is kept, with the seconds that it took.

    A seed decides a run, so the number of workers changes no result.
    """
    setting = (study.places, study.results, names)
    with multiprocessing.get_context("spawn").Pool(workers, open_study, setting) as pool:
        yield from pool.imap_unordered(measured, study.missing)
