"""The sentence that answers each question, from the figures: no number stands in a text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .compare import Figures, verdict
from .questions import COUNTS, WINDOWS, Question

Known = dict[str, Figures]  # of the rows of a question that are measured in all seeds


def missed(figures: Figures) -> str:
    """Mean of all seeds."""
    return f"{np.mean(figures.mean):.1f}"


def against(question: Question, known: Known, labels: list[str]) -> list[tuple[str, str]]:
    """Rows with what the difference from the row that they are compared with is."""
    found = []
    for label in labels:
        base = question.row(label).against
        if base in known and label in known:
            found.append((label, verdict(known[base], known[label])))
    return found


def listed(parts: list[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def by_verdict(pairs: list[tuple[str, str]]) -> str:
    """Labels grouped: "more: x; none: y and z"."""
    groups: dict[str, list[str]] = {}
    for label, said in pairs:
        groups.setdefault(said, []).append(label)
    return "; ".join(f"**{said}**: {listed(labels)}" for said, labels in groups.items())


def general(question: Question, known: Known) -> str:
    """The first row's misses, and how each other row differs."""
    first = question.rows[0].label
    pairs = against(question, known, [row.label for row in question.rows])
    return (
        f"{first[0].upper()}{first[1:]}: {missed(known[first])} misses. "
        f"Difference from {question.compared}: {by_verdict(pairs)}."
    )


def sizes(question: Question, known: Known) -> str:
    """Where doubling stops to pay."""
    pairs = against(question, known, [row.label for row in question.rows])
    steps = [f"{label} {said} ({missed(known[label])})" for label, said in pairs]
    first = question.rows[0].label
    return f"Misses from {first} ({missed(known[first])}) upwards, each against the next smaller: {', '.join(steps)}."


def precision(question: Question, known: Known) -> str:
    """How many networks of how many differ."""
    pairs = against(question, known, [row.label for row in question.rows])
    changed = [label for label, said in pairs if said != "none"]
    largest = max(
        abs(float(np.mean(known[label].mean)) - float(np.mean(known[question.row(label).against].mean)))
        for label, _ in pairs
    )
    what = f"in {listed(changed)}" if changed else "in none"
    return (
        f"Of {len(pairs)} kinds of network int8 differs from f32 {what}; "
        f"the largest change of the mean is {largest:.2f} misses."
    )


def recordings(question: Question, known: Known) -> str:
    """Misses by count, with and without, and where synthesized speech makes a difference."""
    labels = [row.label for row in question.rows if row.against]
    pairs = against(question, known, labels)
    figures = [f"{question.row(label).against}: {missed(known[question.row(label).against])} without and "
               f"{missed(known[label])} with ({said})" for label, said in pairs]  # fmt: skip
    alone = question.rows[0].label
    return (
        f"Misses by recordings, without and with synthesized speech (difference): {'; '.join(figures)}. "
        f"With no recording at all: {missed(known[alone])}."
    )


ANSWERS: dict[str, Callable[[Question, Known], str]] = {
    "sizes": sizes,
    "precision": precision,
    "recordings": recordings,
}
