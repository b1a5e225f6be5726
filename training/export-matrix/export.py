"""Small GRU networks in ONNX, as both of PyTorch's exporters write them, for test/fixtures/onnx.

python3 export.py [--folder FOLDER] [case…]
"""

from dataclasses import dataclass

import torch
from torch import nn

from exporters import to_onnx, write


@dataclass(frozen=True)
class Case:
    name: str
    head: str  # a key of HEADS
    take: str = "every"  # which frames the head sees: every, last (out[:, -1]) or hidden (h_n[-1])
    layers: int = 1
    inputs: int = 13
    hidden: int = 20
    batch_first: bool = True
    state: str = ""  # "h0": an input, "hn": an output, "h0 hn": both
    axes: str = "dynamic"  # dynamic, fixed, or batch (a fixed number of frames)
    bias: bool = True


HEADS = {
    "none": lambda size: nn.Identity(),
    "linear": lambda size: nn.Linear(size, 4),
    "sigmoid": lambda size: nn.Sequential(nn.Linear(size, 1), nn.Sigmoid()),
    "softmax": lambda size: nn.Sequential(nn.Linear(size, 3), nn.Softmax(dim=-1)),
    "logsoftmax": lambda size: nn.Sequential(nn.Dropout(0.5), nn.Linear(size, 5), nn.LogSoftmax(dim=-1)),
    "tanh": lambda size: nn.Sequential(nn.Linear(size, 7), nn.Tanh(), nn.Linear(7, 2, bias=False)),
    "relu": lambda size: nn.Sequential(nn.Linear(size, 9), nn.ReLU(), nn.Dropout(0.2), nn.Linear(9, 2), nn.Sigmoid()),
}

CASES = {case.name: case for case in [
    Case("frames", "sigmoid"),
    Case("frames-time-first", "sigmoid", batch_first=False, hidden=6, inputs=5),
    Case("frames-two-layers", "softmax", layers=2, hidden=12),
    Case("frames-three-layers-fixed", "relu", layers=3, hidden=9, inputs=7, axes="fixed"),
    Case("last", "sigmoid", take="last", axes="batch"),
    Case("last-dynamic", "logsoftmax", take="last", hidden=16, inputs=10),
    Case("last-time-first-fixed", "tanh", take="last", batch_first=False, hidden=11, inputs=6, axes="fixed"),
    Case("hidden", "sigmoid", take="hidden", hidden=8),
    Case("hidden-two-layers", "logsoftmax", take="hidden", layers=2, hidden=14, axes="fixed"),
    Case("hidden-three-layers-states", "softmax", take="hidden", layers=3, hidden=10, inputs=8, state="h0 hn"),
    Case("states", "sigmoid", state="h0 hn", hidden=24),
    Case("states-two-layers", "relu", layers=2, state="h0 hn", hidden=18, inputs=9),
    Case("states-fixed", "linear", layers=2, state="h0 hn", hidden=7, axes="fixed", batch_first=False),
    Case("bare", "none", state="hn", layers=2, hidden=15, batch_first=False),
    Case("no-bias", "tanh", bias=False, hidden=13, inputs=11, axes="batch"),
]}


class Network(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.case = case
        self.gru = nn.GRU(
            case.inputs, case.hidden, case.layers, bias=case.bias, batch_first=case.batch_first,
            dropout=0.3 if case.layers > 1 else 0,
        )
        self.head = HEADS[case.head](case.hidden)

    def forward(self, x, h0=None):
        out, hn = self.gru(x, h0)
        if self.case.take == "last":
            out = out[:, -1] if self.case.batch_first else out[-1]
        elif self.case.take == "hidden":
            out = hn[-1]
        y = self.head(out)
        return (y, hn) if "hn" in self.case.state else y


def arguments(case: Case, batch: int, frames: int):
    x = torch.randn((batch, frames, case.inputs) if case.batch_first else (frames, batch, case.inputs))
    h0 = torch.randn(case.layers, batch, case.hidden)
    return (x, h0) if "h0" in case.state else (x,)


def dynamic_axes(case: Case):
    """What each tensor's axes are called, as the exporter before dynamo takes them."""
    batch, time = (0, 1) if case.batch_first else (1, 0)
    sequence = {batch: "batch", time: "time"} if case.axes == "dynamic" else {batch: "batch"}
    named = {"x": sequence, "y": sequence if case.take == "every" else {0: "batch"}}
    named |= {name: {1: "batch"} for name in ("h0", "hn") if name in case.state}
    return None if case.axes == "fixed" else named


def export(name: str, exporter: str) -> bytes:
    case = CASES[name]
    torch.manual_seed(len(case.name) * 1000 + case.hidden)
    network = Network(case).eval()
    # Two sequences: dynamo specializes a dimension of size 1.
    sample = arguments(case, 1 if case.axes == "fixed" else 2, 12)
    names = (["x", "h0"][: len(sample)], ["y", "hn"] if "hn" in case.state else ["y"])
    return to_onnx(network, sample, names, dynamic_axes(case), exporter, keep_shapes=True)


if __name__ == "__main__":
    write(CASES, export, {})
