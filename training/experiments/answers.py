"""The sentence that answers each question, from the figures: no number stands in a text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .compare import Figures, verdict
from .questions import Question

Known = dict[str, Figures]  # of the rows of a question that are measured in all seeds


def missed(figures: Figures) -> str:
    """Mean of all seeds."""
    return f"{np.mean(figures.mean):.1f}"


def against(question: Question, known: Known) -> list[tuple[str, str]]:
    """Labels of rows with what the difference from the row that they are compared with is."""
    rows = [row for row in question.rows if row.label in known and row.against in known]
    return [(row.label, verdict(known[row.against], known[row.label])) for row in rows]


def by_verdict(pairs: list[tuple[str, str]]) -> str:
    """Labels grouped: "**More**: x. **None**: y; z."."""
    groups: dict[str, list[str]] = {}
    for label, said in pairs:
        groups.setdefault(said.capitalize(), []).append(label)
    return " ".join(f"**{said}**: {'; '.join(labels)}." for said, labels in groups.items())


def general(question: Question, known: Known) -> str:
    """The misses of the base, and of each other row with how it differs."""
    base = question.base.label
    pairs = [(f"{label}, {missed(known[label])}", said) for label, said in against(question, known)]
    first = f"{base[0].upper()}{base[1:]}: {missed(known[base])} misses."
    return f"{first} Misses of the others, by the difference from {question.compared}: {by_verdict(pairs)}"


def sizes(question: Question, known: Known) -> str:
    """Where doubling stops to pay."""
    pairs = against(question, known)
    steps = [f"{label} {said}, {missed(known[label])}" for label, said in pairs]
    first = question.rows[0].label
    return f"Misses from {first} ({missed(known[first])}) upwards, each against the next smaller: {'; '.join(steps)}."


def precision(question: Question, known: Known) -> str:
    """How many networks of how many differ."""
    pairs = against(question, known)
    changed = [label for label, said in pairs if said != "none"]
    means = [[np.mean(known[row].mean) for row in (label, question.row(label).against)] for label, _ in pairs]
    largest = max((abs(one - other) for one, other in means), default=0.0)
    what = f"in {len(changed)} ({', '.join(changed)})" if changed else "in none"
    return (
        f"Of {len(pairs)} kinds of network int8 differs from f32 {what}; "
        f"the largest change of the mean is {largest:.2f} misses."
    )


def recordings(question: Question, known: Known) -> str:
    """Misses by count, with and without, and where synthesized speech makes a difference."""
    pairs, most = against(question, known), question.rows[-1].label
    figures = []
    for label, said in pairs:
        without = question.row(label).against
        figures.append(f"{without}: {missed(known[without])} without, {missed(known[label])} with, {said}")
    answer = (
        f"Misses by recordings, without and with synthesized speech, and the difference: {'; '.join(figures)}. "
        f"With no recording at all: {missed(known[question.base.label])}."
    )
    if most in known:
        fewer = [(label, verdict(known[most], known[label])) for label, _ in pairs if label != most]
        answer += f" Difference from {most}: {by_verdict(fewer)}"
    return answer


ANSWERS: dict[str, Callable[[Question, Known], str]] = {
    "sizes": sizes,
    "precision": precision,
    "recordings": recordings,
}
