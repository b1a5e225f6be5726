"""`docs/experiments.md`, made from the results alone."""

from __future__ import annotations

from pathlib import Path

from .answers import ANSWERS, general
from .compare import figures_of
from .questions import QUESTIONS, Question
from .tables import table

TEMPLATE = Path(__file__).with_name("page.md")
COSTLESS = ("recordings", "noise")  # questions whose rows all cost the same


def answered(question: Question, results: dict[str, dict]) -> str:
    """A question's answer and table; what is not measured yet is said."""
    known = {row.label: figures for row in question.rows if (figures := figures_of(row, results))}
    missing = [row.label for row in question.rows if row.label not in known]
    if question.rows[0].label not in known:
        return f"Not measured yet: `python -m training.experiments --only {question.name}`."
    answer = ANSWERS.get(question.name, general)(question, known)
    parts = [answer, table(question, known, question.name not in COSTLESS)]
    if missing:
        parts.append(f"Not measured yet: {', '.join(missing)}.")
    return "\n\n".join(parts)


def facts(results: dict[str, dict]) -> dict[str, str]:
    """What the template says of the measurement."""
    any_result = next(iter(results.values()), {"clips": 0, "hours": 0.0})
    return {"clips": str(any_result["clips"]), "hours": f"{any_result['hours']:.2f}", "runs": str(len(results))}


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
