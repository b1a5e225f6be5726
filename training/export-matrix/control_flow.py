"""PyTorch networks with control flow, as its two exporters write them: scripted loops by torchscript, cond, scan and while_loop by dynamo.

python3 control_flow.py [--folder FOLDER] [case…]
"""

import argparse
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch._higher_order_ops import while_loop
from torch._higher_order_ops.scan import scan

from exporters import to_onnx
from loops import FOLDER

INPUTS, HIDDEN, FRAMES = 5, 6, 7


class Scripted(nn.Module):
    """A GRU written out: torchscript writes `chunk` as Shape, Div, Mul and Slice, and 1 − z as Neg and Add."""

    def __init__(self, gates: int = 3):
        super().__init__()
        self.size = HIDDEN  # a script sees no globals
        self.W, self.R = nn.Linear(INPUTS, gates * HIDDEN), nn.Linear(HIDDEN, gates * HIDDEN)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(x.size(1), self.size)
        for t in range(x.size(0)):
            xr, xz, xn = self.W(x[t]).chunk(3, 1)
            hr, hz, hn = self.R(h).chunk(3, 1)
            r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)
            h = (1 - z) * torch.tanh(xn + r * hn) + z * h
        return h


class ScriptedLSTM(Scripted):
    """Every state, gathered in a tensor that grows."""

    def __init__(self):
        super().__init__(4)

    def forward(self, x: Tensor) -> Tensor:
        h, c = torch.zeros(x.size(1), self.size), torch.zeros(x.size(1), self.size)
        states = torch.zeros(0, x.size(1), self.size)
        for t in range(x.size(0)):
            i, f, g, o = (self.W(x[t]) + self.R(h)).split(self.size, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            states = torch.cat((states, h.unsqueeze(0)))
        return states


class ScriptedList(Scripted):
    """Every state, in a list: a sequence of tensors in ONNX."""

    def __init__(self):
        super().__init__(1)

    def forward(self, x: Tensor) -> Tensor:
        h, states = torch.zeros(x.size(1), self.size), []
        for t in range(x.size(0)):
            h = torch.tanh(self.W(x[t]) + self.R(h))
            states.append(h)
        return torch.stack(states)


class Squeezed(nn.Module):
    """squeeze() of an axis whose size the exporter doesn't know: an If."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(INPUTS, HIDDEN)

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(x)[0][-1:].squeeze(0)


class Scanned(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(INPUTS, HIDDEN)

    def forward(self, x, h0):
        def step(h, now):
            h = self.cell(now, h)
            return h, h.clone()

        return scan(step, h0, x, dim=0)[1]


class ScannedLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.W, self.R = nn.Linear(INPUTS, 4 * HIDDEN), nn.Linear(HIDDEN, 4 * HIDDEN)

    def forward(self, x, h0, c0):
        def step(states, now):
            h, c = states
            i, f, g, o = (self.W(now) + self.R(h)).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            return (h, c), h.clone()

        return scan(step, (h0, c0), x, dim=0)[1]


class Either(nn.Module):
    def __init__(self):
        super().__init__()
        self.loud, self.quiet = nn.Linear(INPUTS, HIDDEN), nn.Linear(INPUTS, HIDDEN)

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda v: self.loud(v), lambda v: self.quiet(v).tanh(), (x,))


class While(nn.Module):
    def forward(self, x):
        return while_loop(lambda i, h: i < 5, lambda i, h: (i + 1, (h * 1.1).tanh()), (torch.tensor(0), x))[1]


def frames():
    return torch.randn(FRAMES, 2, INPUTS)


def states(count):
    return tuple(torch.zeros(2, HIDDEN) for _ in range(count))  # scan refuses one tensor for both


OPEN = {"x": {0: "time", 1: "batch"}}
# Network, sample, names of the inputs; torchscript's networks are scripted, and only they have open axes.
CASES = {
    "loop-gru": (lambda: torch.jit.script(Scripted()), lambda: (frames(),), ["x"], OPEN),
    "loop-lstm": (lambda: torch.jit.script(ScriptedLSTM()), lambda: (frames(),), ["x"], OPEN),
    "loop-list": (lambda: torch.jit.script(ScriptedList()), lambda: (frames(),), ["x"], OPEN),
    "if-squeeze": (lambda: torch.jit.script(Squeezed()), lambda: (frames(),), ["x"], OPEN),
    "scan-gru": (Scanned, lambda: (frames(), *states(1)), ["x", "h0"], None),
    "scan-lstm": (ScannedLSTM, lambda: (frames(), *states(2)), ["x", "h0", "c0"], None),
    "if-cond": (Either, lambda: (torch.randn(2, INPUTS),), ["x"], None),
    "loop-while": (While, lambda: (torch.randn(2, INPUTS),), ["x"], None),
}
def export(name: str, exporter: str) -> bytes:
    torch.manual_seed(len(name))
    make, sample, inputs, axes = CASES[name]
    return to_onnx(make().eval(), sample(), (inputs, ["y"]), axes, exporter)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("names", nargs="*", help="cases; all of them when none is given")
    chosen = options.parse_args()
    for name in chosen.names or CASES:
        exporter = "torchscript" if CASES[name][3] else "dynamo"
        exported = export(name, exporter)
        onnx.checker.check_model(exported, full_check=True)
        (chosen.folder / f"{exporter}-{name}.onnx").write_bytes(exported)
        print(f"{exporter}-{name}.onnx: {len(exported)} bytes", flush=True)
