"""Tables of the page, in Markdown."""

from __future__ import annotations

from .compare import Figures, spread, verdict
from .cost import a_second, cost
from .questions import WINDOWS, Question, Row

SHORT_SCALE = ((1e6, "M"), (1e3, "k"))


def short(value: float) -> str:
    """1.6 M, 810 k: two or three figures."""
    for unit, name in SHORT_SCALE:
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:.0f}"


def costs(row: Row) -> list[str]:
    """Parameters, and multiply-adds of a frame and of a second."""
    found = cost(row.run)
    return [f"{found.parameters:,}", f"{found.multiply_adds:,.0f}", short(a_second(row.run, WINDOWS.get(row.heard)))]


def missed(figures: Figures, difference: str) -> list[str]:
    """What is measured of a row."""
    once = (", ".join(map(str, values)) for values in (figures.at_one, figures.at_four))
    return [*once, spread(figures.mean), spread(figures.noisy), difference]


HEADS = {
    "costs": ["parameters", "multiply-adds a frame", "a second"],
    "missed": ["missed at 1 alarm", "at 4", "mean of 1 to 10", "the same in noise"],
}


def table(question: Question, known: dict[str, Figures], with_costs: bool) -> str:
    """All rows that are measured; the three seeds one after the other, or their mean and range."""
    head = ["", *(HEADS["costs"] if with_costs else []), *HEADS["missed"], f"misses against {question.compared}"]
    lines = [head, ["---"] + ["--:"] * (len(head) - 2) + ["---"]]
    for row in question.rows:
        if row.label not in known:
            continue
        difference = verdict(known[row.against], known[row.label]) if row.against in known else ""
        lines.append([row.label, *(costs(row) if with_costs else []), *missed(known[row.label], difference)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
