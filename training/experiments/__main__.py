"""All experiments: `python -m training.experiments`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .. import synthesis
from .page import page
from .product import ROOT
from .questions import QUESTIONS
from .results import Results
from .runs import WORD
from .study import Places, Study, plan
from .workers import measure_all

PAGE = ROOT / "docs" / "experiments.md"
RESULTS = ROOT / "docs" / "experiments" / "results.json"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=list(QUESTIONS), help="questions to answer")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument(
        "--synthetic", type=Path, default=Path("build/synthetic"), help="synthesized speech by word, made where missing"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("build/experiments"), help="shards; remove it when the recipe has changed"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="runs in it are not made again")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--workers", type=int, default=1, help="processes that share the missing runs, a core each")
    parser.add_argument("--plan", action="store_true", help="measure 20 steps of each kind, print the plan, and stop")
    parser.add_argument("--page-only", action="store_true", help="write the page from the results there are")
    return parser.parse_args()


def print_plan(study: Study) -> None:
    """The runs that are missing, with their expected training time."""
    seconds = plan(study)
    for name, value in seconds.items():
        print(f"{value:6.0f} s  {name}")
    minutes = sum(seconds.values()) / 60
    print(f"{len(seconds)} runs, {minutes:.0f} min of training on one core; rendering and hearing on top", flush=True)


def write_page(path: Path, results: Results) -> None:
    """The page, of what is measured so far."""
    path.write_text(page(results.read()), encoding="utf-8")


def main() -> None:
    """Make what is missing, then write the page."""
    args = arguments()
    torch.set_num_threads(1)
    results = Results(args.results)
    if not args.page_only:
        if not (args.synthetic / WORD).exists():
            synthesis.synthesize(WORD, args.synthetic / WORD)
        study = Study(Places(args.audio, args.synthetic, args.work), results, args.only)
        count = len(study.missing)
        if count:
            print_plan(study)
        if args.plan:
            return
        for k, (run, seconds) in enumerate(measure_all(study, args.only, args.workers)):
            missed = results.of(run)["heard"]["stream"]["missed"]
            print(f"{k + 1}/{count} {run.name}: missed {missed}, {seconds:.0f} s", flush=True)
            write_page(args.page, results)
    write_page(args.page, results)


if __name__ == "__main__":
    main()
