"""All experiments: `python -m training.experiments`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

from .. import synthesis
from .page import page
from .product import ROOT
from .questions import QUESTIONS
from .results import Results
from .runs import WORD
from .study import Places, Study, plan

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
    parser.add_argument("--work", type=Path, default=Path("build/experiments"), help="shards and networks")
    parser.add_argument("--results", type=Path, default=RESULTS, help="runs in it are not made again")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--seeds", type=int, nargs="+", help="only runs of these seeds, for several processes")
    parser.add_argument("--plan", action="store_true", help="measure 20 steps of each kind, print the plan, and stop")
    parser.add_argument("--page-only", action="store_true", help="write the page from the results there are")
    return parser.parse_args()


def print_plan(study: Study) -> None:
    """The runs that are missing, with their expected training time."""
    seconds = plan(study)
    for name, value in seconds.items():
        print(f"{value:6.0f} s  {name}")
    print(f"{len(seconds)} runs, {sum(seconds.values()) / 60:.0f} min of training; rendering and hearing come on top")


def main() -> None:
    """Make what is missing, then write the page."""
    args = arguments()
    torch.set_num_threads(1)
    results = Results(args.results)
    if not args.page_only:
        if not (args.synthetic / WORD).exists():
            synthesis.synthesize(WORD, args.synthetic / WORD)
        study = Study(Places(args.audio, args.synthetic, args.work), results, args.only, args.seeds)
        print_plan(study)
        if args.plan:
            return
        missing = study.missing
        for k, run in enumerate(missing):
            started = time.time()
            study.measure(run)
            missed = results.read()[run.name]["heard"]["stream"]["missed"]
            took = time.time() - started
            print(f"{k + 1}/{len(missing)} {run.name}: missed {missed}, {took:.0f} s", file=sys.stderr, flush=True)
    args.page.write_text(page(results.read()), encoding="utf-8")


if __name__ == "__main__":
    main()
