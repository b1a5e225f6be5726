"""`docs/experiments.md`, made from the results alone."""

from __future__ import annotations

from pathlib import Path

from ..render import SEGMENTS
from .answers import ANSWERS, general
from .compare import figures_of
from .questions import QUESTIONS, Question, runs_of
from .runs import BATCH, FRAMES, SHARDS, STEPS
from .tables import table

TEMPLATE = Path(__file__).with_name("page.md")
COSTLESS = ("recordings", "noise")  # questions whose rows all cost the same


def answered(question: Question, results: dict[str, dict]) -> str:
    """A question's answer and table; what is not measured yet is said."""
    known = {row.label: figures for row in question.rows if (figures := figures_of(row, results))}
    missing = [row.label for row in question.rows if row.label not in known]
    if question.base.label not in known:
        return f"Not measured yet: `python -m training.experiments --only {question.name}`."
    answer = ANSWERS.get(question.name, general)(question, known)
    parts = [answer, table(question, known, question.name not in COSTLESS)]
    if missing:
        parts.append(f"Not measured yet: {', '.join(missing)}.")
    return "\n\n".join(parts)


def state(results: dict[str, dict]) -> str:
    """A warning while runs are missing, which answers are left out for them; empty when all are measured."""
    runs = {run.name for run in runs_of(list(QUESTIONS))}
    if runs <= {*results}:
        return ""
    unanswered = [q.title for q in QUESTIONS.values() if any(figures_of(row, results) is None for row in q.rows)]
    return (
        f"**This page is not complete**: {len(runs & {*results})} of {len(runs)} runs are measured. "
        f"Missing, wholly or in part, are the answers to: {' '.join(unanswered)}\n\n"
    )


def facts(results: dict[str, dict]) -> dict[str, str]:
    """What the template says of the measurement."""
    measured = next(iter(results.values()), None)
    hours = SEGMENTS * BATCH * FRAMES / 100 / 3600
    return {
        "clips": str(measured["clips"]) if measured else "the validation",
        "hours": f"{measured['hours']:.2f}" if measured else "the validation's",
        "runs": str(len(results)),
        "state": state(results),
        "steps": f"{STEPS:,}",
        "streams": str(BATCH),
        "shards": str(SHARDS),
        "shardHours": f"{hours:.2f}",
        "passes": f"{STEPS / SEGMENTS / SHARDS:.0f}",
    }


def page(results: dict[str, dict]) -> str:
    """The whole page. results: by the run's name, as `results.Results.read` gives them."""
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, question in QUESTIONS.items():
        text = text.replace(f"{{{{{name}}}}}", f"## {question.title}\n\n{answered(question, results)}")
    for name, value in facts(results).items():
        text = text.replace(f"{{{{{name}}}}}", value)
    if "{{" in text:
        raise ValueError(f"{TEMPLATE.name}: no question or fact {text.split('{{')[1].split('}}')[0]!r}")
    return text
