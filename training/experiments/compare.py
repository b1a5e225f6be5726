"""Seeds side by side: what one run of a network and another say of the difference between them, and when nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .questions import Row

COUNTED = slice(1, 11)  # of the alarms allowed, those whose misses are averaged: 1 to 10


@dataclass(frozen=True)
class Figures:
    """A row's figures, one a seed. Means are over 1 to 10 alarms allowed, because one alarm more or less in an hour of
    negatives is luck."""

    at_one: tuple[int, ...]  # missed clips at 1 alarm at most
    at_four: tuple[int, ...]
    mean: tuple[float, ...]  # missed clips
    noisy: tuple[float, ...]  # missed clips with noise over them


def figures_of(row: Row, results: dict[str, dict]) -> Figures | None:
    """Of a row, once all its seeds are measured."""
    try:
        heard = [results[run.name]["heard"][row.heard] for run in row.runs]
    except KeyError:
        return None
    return Figures(
        at_one=tuple(h["missed"][1] for h in heard),
        at_four=tuple(h["missed"][4] for h in heard),
        mean=tuple(float(np.mean(h["missed"][COUNTED])) for h in heard),
        noisy=tuple(float(np.mean(h["missedNoisy"][COUNTED])) for h in heard),
    )


def difference(base: tuple[float, ...], other: tuple[float, ...]) -> str:
    """"none" where the ranges of the seeds meet, else "fewer" or "more" misses of the other."""
    if max(other) < min(base):
        return "fewer"
    return "more" if min(other) > max(base) else "none"


def verdict(base: Figures, other: Figures) -> str:
    """Of misses, and of those with noise where it is another."""
    clean, noisy = difference(base.mean, other.mean), difference(base.noisy, other.noisy)
    return clean if clean == noisy else f"{clean} (in noise {noisy})"


def spread(values: tuple[float, ...]) -> str:
    """Mean, and from the lowest to the highest."""
    return f"{np.mean(values):.1f} ({min(values):.1f}–{max(values):.1f})"
