"""Networks that no exporter of ours writes, node by node: what must run, and what an importer must refuse.

python3 forge.py [--folder FOLDER]
python3 forge.py --check    # runs the fixtures that must run through onnxruntime, those of the exporters too
"""

import argparse
from pathlib import Path

from onnx import checker

from check import check
from exporters import FOLDER
from forged_habits import axes_anywhere, habits, other_numbers
from forged_layers import layers
from forged_recurrent import recurrent
from forged_refused import refused

RUNNABLE = (habits, axes_anywhere, other_numbers, recurrent, layers)


def forge(folder: Path):
    written = set()
    for made in (*RUNNABLE, refused):
        for name, proto in made():
            path = folder / f"forged-{name}.onnx"
            assert name not in written, name
            written.add(name)
            path.write_bytes(proto.SerializeToString())
            if made is not refused:
                checker.check_model(str(path), full_check=True)
            print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("--check", action="store_true")
    chosen = options.parse_args()
    if chosen.check:
        check(chosen.folder, {f"forged-{name}" for name, _ in refused()})
    else:
        forge(chosen.folder)
