"""RNN, GRU and LSTM in ONNX, every two of their options together in one network of each, for test/fixtures/onnx.

python3 cells.py [--folder FOLDER] [case…]
"""

import itertools
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from exporters import to_onnx, write

OPTIONS = ("layers", "bidirectional", "time-first", "states", "conv", "attention", "fixed")
INPUTS = 3
HIDDEN = {"rnn": 7, "gru": 6, "lstm": 5}
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
FRAMES = 5  # dynamo writes an RNN's steps one by one


@dataclass(frozen=True)
class Case:
    cell: str
    options: frozenset[str]
    arguments: tuple = ()  # further arguments of the cell

    @property
    def name(self) -> str:
        return "-".join([self.cell, *(option for option in OPTIONS if option in self.options), *(f"{key}-{value}" for key, value in self.arguments)])


def covering(cell: str, turn: int):
    """Six networks in which any two options are absent, alone and together: Kleitman and Spencer's array, 1973."""
    threes = list(itertools.combinations(range(5), 3))
    rows = dict(zip(OPTIONS[turn:] + OPTIONS[:turn], threes))
    made = [Case(cell, frozenset(option for option in OPTIONS if row in rows[option])) for row in range(-1, 5)]
    for two in itertools.combinations(OPTIONS, 2):
        assert len({tuple(option in case.options for option in two) for case in made}) == 4, two
    return made


CASES = {case.name: case for case in [
    *covering("rnn", 0), *covering("gru", 1), *covering("lstm", 2),
    Case("rnn", frozenset(["states"]), (("nonlinearity", "relu"),)),
    Case("lstm", frozenset(["layers"]), (("proj_size", 3),)),
]}

IMPOSSIBLE = {
    # What it writes is broken: the checker and onnxruntime refuse it.
    ("dynamo", "lstm-layers-proj_size-3"): "All inputs to Concat must have same rank",
    ("torchscript", "lstm-layers-proj_size-3"): "LSTMs with projections",
}


class Network(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        has = case.options.__contains__
        hidden = HIDDEN[case.cell]
        self.is_lstm = case.cell == "lstm"
        self.time_first = has("time-first")
        self.conv = nn.Conv1d(INPUTS, INPUTS, 3) if has("conv") else None
        self.cell = CELLS[case.cell](
            INPUTS, hidden, 2 if has("layers") else 1, batch_first=not self.time_first, bidirectional=has("bidirectional"), **dict(case.arguments)
        )
        width = (self.cell.proj_size or hidden) * (2 if has("bidirectional") else 1)
        self.score = nn.Linear(width, 1) if has("attention") else None
        self.head = nn.Linear(width, 2)
        self.gives_states = has("states")

    def forward(self, x, h0=None, c0=None):
        if self.conv:
            to_channels, back = ((1, 2, 0), (2, 0, 1)) if self.time_first else ((0, 2, 1), (0, 2, 1))
            x = functional.relu(self.conv(functional.pad(x.permute(to_channels), (2, 0)))).permute(back)
        out, last = self.cell(x, (h0, c0) if self.is_lstm and h0 is not None else h0)
        if self.score:
            frames = out.transpose(0, 1) if self.time_first else out
            weights = torch.softmax(self.score(torch.tanh(frames)), dim=1)
            out = torch.matmul(weights.transpose(1, 2), frames).squeeze(1)
        y = torch.sigmoid(self.head(out))
        return (y, *(last if self.is_lstm else [last])) if self.gives_states else y


def export(name: str, exporter: str) -> bytes:
    case = CASES[name]
    torch.manual_seed(len(case.name) * 1000 + HIDDEN[case.cell])
    network = Network(case).eval()
    # Two sequences: dynamo specializes a dimension of size 1.
    batch = 1 if "fixed" in case.options else 2
    time_first = "time-first" in case.options
    sample = [torch.randn((FRAMES, batch, INPUTS) if time_first else (batch, FRAMES, INPUTS))]
    names = (["x"], ["y"])
    sequence = {1: "batch", 0: "time"} if time_first else {0: "batch", 1: "time"}
    if exporter == "dynamo" and case.cell == "rnn":
        sequence = {axis: name for axis, name in sequence.items() if name == "batch"}
    axes = {"x": sequence, "y": {0: "batch"} if "attention" in case.options else sequence}
    if "states" in case.options:
        states = ("h", "c") if case.cell == "lstm" else ("h",)
        names = (["x", *(f"{name}0" for name in states)], ["y", *(f"{name}n" for name in states)])
        rows = network.cell.num_layers * (2 if network.cell.bidirectional else 1)
        sample += [torch.randn(rows, batch, HIDDEN[case.cell]) for _ in states]
        axes |= {name: {1: "batch"} for name in (*names[0][1:], *names[1][1:])}
    return to_onnx(network, tuple(sample), names, None if "fixed" in case.options else axes, exporter)


if __name__ == "__main__":
    write(CASES, export, IMPOSSIBLE)
