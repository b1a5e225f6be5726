"""Recurrent layers that are loops, one graph for each way of spelling them, and loops that are no layer, for test/fixtures/exported.

python3 loops.py [--folder FOLDER]
python3 loops.py --check    # runs what is in the folder through onnxruntime
"""

import argparse
from pathlib import Path

from check import check
from ifs import ifs
from loop_cells import Spelling
from loop_networks import network
from loops_almost import ALMOST
from loops_other import others

FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "exported"
# What Keras's layers of the Precise family compute.
PRECISE = {"gates": "clip", "candidate": "", "outputs": "final"}

SPELLINGS = {
    "loop-gru": {},
    "loop-gru-clip-attributes": PRECISE | {"opset": 9},
    "loop-gru-clip-inputs": PRECISE | {"opset": 11},
    "loop-gru-min-max": PRECISE | {"gates": "min-max", "condition": "and"},
    "loop-gru-max-min": PRECISE | {"gates": "max-min", "carried": "h t"},
    "loop-gru-hard-sigmoid": PRECISE | {"gates": "hard-sigmoid", "counter": "iteration", "condition": "passed", "trip": "count"},
    "loop-gru-and": {"condition": "and", "outputs": "both", "opset": 9},
    "loop-gru-carried-last": {"carried": "w h t", "weights": "carried"},
    "loop-gru-weights-body": {"weights": "body", "reset": "after"},
    "loop-gru-weights-constant": {"weights": "constant", "opset": 11},
    "loop-gru-weights-transposed": {"weights": "transposed"},
    "loop-gru-gemm": {"weights": "gemm", "reset": "after", "order": "rzh"},
    "loop-gru-slices-after": {"parts": "slice", "reset": "after", "update": "difference", "order": "rzh", "outputs": "both"},
    "loop-gru-apart": {"parts": "apart", "gates": "clip"},
    "loop-gru-outside": {"products": "outside", "condition": "passed", "trip": "count"},
    "loop-gru-outside-after": {"products": "outside", "reset": "after", "outputs": "final"},
    "loop-gru-concat": {"products": "concat"},
    "loop-gru-swapped": {"update": "swapped"},
    "loop-gru-lerp": {"update": "lerp", "reset": "after"},
    "loop-gru-softsign": {"candidate": "Softsign", "gates": "hard-sigmoid"},
    "loop-gru-after-no-bias": {"bias": False, "reset": "after", "order": "hrz"},
    "loop-gru-backwards-counter": {"backwards": "counter", "outputs": "final"},
    "loop-gru-backwards": {"backwards": "reverse", "outputs": "both"},
    "loop-gru-time-first": {"layout": "time", "read": "squeeze", "opset": 11},
    "loop-gru-read-slice": {"read": "slice", "counter": "iteration", "condition": "true", "trip": "count"},
    "loop-gru-no-condition": {"condition": "absent", "trip": "count", "counter": "iteration", "outputs": "final"},
    "loop-gru-no-trip": {"trip": "absent", "outputs": "both"},
    "loop-gru-fixed": {"trip": "constant", "steps": 7, "condition": "passed", "counter": "iteration"},
    "loop-gru-initial": {"initial": "input", "outputs": "both"},
    "loop-gru-learned": {"initial": "learned", "counter": "iteration", "condition": "passed", "trip": "count"},
    "loop-lstm-initial": {"cell": "lstm", "initial": "input"},
    "scan-gru-initial": {"around": "scan", "initial": "input", "layout": "time"},
    "loop-lstm": {"cell": "lstm"},
    "loop-lstm-states": {"cell": "lstm", "carried": "c t h", "outputs": "both", "opset": 9},
    "loop-lstm-hard": {"cell": "lstm", "gates": "clip", "outputs": "final"},
    "loop-lstm-concat": {"cell": "lstm", "products": "concat", "order": "icfo", "forget": 1.0},
    "loop-lstm-outside": {"cell": "lstm", "products": "outside", "order": "ifco", "weights": "outer", "parts": "slice"},
    "loop-lstm-gemm": {"cell": "lstm", "weights": "gemm", "order": "ifco", "outputs": "final", "trip": "count", "condition": "passed", "counter": "iteration"},
    "loop-lstm-apart": {"cell": "lstm", "parts": "apart", "gates": "min-max", "weights": "carried"},
    "loop-lstm-peepholes": {"cell": "lstm", "peepholes": True, "forget": 1.0, "products": "concat", "order": "icfo"},
    "loop-lstm-backwards": {"cell": "lstm", "backwards": "reverse"},
    "loop-rnn": {"cell": "rnn"},
    "loop-rnn-concat": {"cell": "rnn", "products": "concat", "outputs": "final", "opset": 9},
    "loop-rnn-relu": {"cell": "rnn", "candidate": "Relu", "weights": "carried"},
    "loop-rnn-outside": {"cell": "rnn", "products": "outside", "weights": "body", "outputs": "both", "bias": False},
    "scan-gru": {"around": "scan"},
    "scan-gru-precise": PRECISE | {"around": "scan", "gates": "min-max", "opset": 9},
    "scan-gru-after": {"around": "scan", "reset": "after", "weights": "body", "outputs": "both", "layout": "time"},
    "scan-gru-backwards": {"around": "scan", "backwards": "scan", "outputs": "both"},
    "scan-gru-outside": {"around": "scan", "products": "outside", "parts": "slice", "opset": 11},
    "scan-lstm": {"around": "scan", "cell": "lstm", "outputs": "both", "order": "iofc"},
    "scan-lstm-concat": {"around": "scan", "cell": "lstm", "products": "concat", "order": "icfo", "forget": 1.0, "outputs": "final"},
    "scan-rnn": {"around": "scan", "cell": "rnn", "weights": "gemm"},
}


def write(folder: Path):
    made = {name: network(Spelling(**options)) for name, options in SPELLINGS.items()}
    made |= {name: network(Spelling(**options), kind) for name, (kind, options) in ALMOST.items()} | dict(others()) | dict(ifs())
    for name, proto in made.items():
        path = folder / f"{name}.onnx"
        path.write_bytes(proto.SerializeToString())
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("--check", action="store_true")
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    check(chosen.folder, set()) if chosen.check else write(chosen.folder)
