"""The recipe's own tests, all modules test_*.py beside this one: `python -m training.test_recipe`."""

from __future__ import annotations

import os
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AUDIO = Path(os.environ.get("TYMPAN_AUDIO", ROOT.parent / "shared" / "audio"))
MODEL = ROOT / "models" / "happy.onnx"
COMMAND = ROOT / "dist" / "cli" / "index.js"


def main() -> int:
    """Run all tests; the last line counts them."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py") if path.stem != "test_recipe")
    suite = unittest.defaultTestLoader.loadTestsFromNames([f"training.{module}" for module in modules])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed{skipped}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
