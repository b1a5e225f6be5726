"""What stands around recurrent layers in trained networks, and networks without any, in ONNX for test/fixtures/onnx.

python3 networks.py [--folder FOLDER] [case…]
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from exporters import to_onnx, write
from parts import (
    Apply, Attention, Branches, CachedConv, Channels, Frame, Hidden, LearnedStart, Packed, Pad, Recurrent, Residual, SelfAttention, chain
)

INPUTS, FRAMES = 5, 12
SEQUENCE = {0: "batch", 1: "time"}
BATCH = {0: "batch"}


def frames() -> torch.Tensor:
    return torch.randn(2, FRAMES, INPUTS)


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], nn.Module]
    inputs: dict[str, dict[int, str] | None]  # the open axes of each; None: fixed sizes
    outputs: dict[str, dict[int, str] | None]
    sample: Callable[[], tuple]


def every(name, *modules, inputs=SEQUENCE, sample=frames):
    """A network that gives each frame's posteriors."""
    return Case(name, lambda: chain(*(module() for module in modules)), {"x": inputs}, {"y": inputs}, lambda: (sample(),))


def once(name, *modules, inputs=SEQUENCE, sample=frames):
    """One that gives one vector for the whole sequence."""
    outputs = inputs and BATCH
    return Case(name, lambda: chain(*(module() for module in modules)), {"x": inputs}, {"y": outputs}, lambda: (sample(),))


def one(*shape):
    return lambda: torch.randn(*shape)


def gru(inputs=8, hidden=6, **options):
    return lambda: Recurrent(nn.GRU(inputs, hidden, batch_first=True, **options))


def lstm(inputs=8, hidden=6, **options):
    return lambda: Recurrent(nn.LSTM(inputs, hidden, batch_first=True, **options))


def linear(inputs=6, outputs=2):
    return lambda: nn.Linear(inputs, outputs)


def conv(*arguments, before=(), after=(), **options):
    return lambda: Channels(*(part() for part in before), nn.Conv1d(*arguments, **options), *(part() for part in after))


def pad(left, right=0, number=0.0):
    return lambda: Pad(left, right, number)


def block(size, dilation):
    return lambda: Channels(Residual(Pad(2 * dilation, 0), nn.Conv1d(size, size, 3, dilation=dilation), nn.BatchNorm1d(size), nn.ReLU()))


def hidden(cell, inputs=INPUTS, size=6, **options):
    return lambda: Hidden(cell(inputs, size, batch_first=True, **options))


CASES = {case.name: case for case in [
    # Convolutions in front, and all the ways to pad them.
    every("conv-causal", conv(5, 8, 3, before=[lambda: nn.ConstantPad1d((2, 0), 0.0)], after=[nn.ReLU]), gru(), linear(), nn.Sigmoid),
    every("conv-symmetric", conv(5, 8, 3, padding=1, after=[nn.SiLU]), lstm(), linear(), nn.Sigmoid),
    every("conv-valid", conv(5, 8, 3, after=[nn.GELU]), gru(), linear()),
    every("conv-stride", conv(5, 8, 5, stride=2, padding=2, after=[nn.ELU]), gru(), linear()),
    every("conv-dilated", conv(5, 8, 3, dilation=2, before=[pad(4)], after=[nn.Tanh]), lstm(), linear(), lambda: nn.LogSoftmax(-1)),
    every("conv-depthwise", conv(5, 5, 3, groups=5, padding="same", after=[lambda: nn.Conv1d(5, 8, 1, bias=False), lambda: nn.BatchNorm1d(8), nn.Hardswish]),
          gru(), linear()),
    every("conv-chomp", conv(5, 8, 3, padding=4, dilation=2, after=[lambda: Apply(lambda x: x[:, :, :-4]), nn.LeakyReLU]), gru(), linear()),
    every("conv-fixed", conv(5, 8, 3, stride=2, after=[nn.ReLU6]), lstm(), linear(), inputs=None, sample=one(1, FRAMES, INPUTS)),
    every("tcn", linear(5, 6), block(6, 1), block(6, 2), linear(), nn.Sigmoid),
    every("crnn", lambda: Apply(lambda x: x.unsqueeze(1)), lambda: nn.Conv2d(1, 2, (1, 3), stride=(1, 2)), nn.ReLU,
          lambda: Apply(lambda x: x.transpose(1, 2).flatten(2)), gru(4), linear()),
    every("crnn-image", lambda: nn.Conv2d(1, 2, 3, padding=1), lambda: nn.BatchNorm2d(2), nn.ReLU, lambda: nn.MaxPool2d((1, 2)),
          lambda: Apply(lambda x: x.permute(0, 2, 1, 3).flatten(2)), gru(4), linear(), inputs={0: "batch", 2: "time"}, sample=one(2, 1, FRAMES, INPUTS)),
    # Normalization, embedding, residual, and other heads.
    every("batch-norm", lambda: Channels(nn.BatchNorm1d(INPUTS)), gru(5), lambda: Channels(nn.BatchNorm1d(6)), linear(), nn.Sigmoid),
    every("layer-norm", lambda: nn.LayerNorm(INPUTS), lstm(5), lambda: nn.LayerNorm(6), linear(), nn.Sigmoid),
    every("instance-norm", lambda: Channels(nn.InstanceNorm1d(INPUTS, affine=True)), gru(5), linear()),
    every("embedding", lambda: nn.Embedding(20, 8), lstm(), linear(), lambda: nn.Softmax(-1), sample=lambda: torch.randint(20, (2, FRAMES))),
    every("residual", lambda: Residual(Recurrent(nn.GRU(INPUTS, INPUTS, batch_first=True))), lambda: nn.LayerNorm(INPUTS), linear(5)),
    every("smooth-heads", gru(5), linear(6, 7), nn.Mish, linear(7, 7), nn.Softplus, linear(7, 7), lambda: nn.GELU("tanh"), linear(7, 7), nn.Softsign,
          linear(7, 7), nn.SELU, linear(7, 2)),
    every("cut-heads", lstm(5), linear(6, 7), nn.PReLU, linear(7, 7), nn.Hardsigmoid, linear(7, 7), lambda: nn.CELU(0.5), linear(7, 7), nn.Hardtanh,
          linear(7, 2)),
    every("arithmetic", lambda: Apply(lambda x: torch.log(torch.clamp(x.abs(), min=1e-3)) - x.pow(2).mean(-1, keepdim=True).sqrt()), gru(5), linear()),
    # Over time.
    every("max-pool-causal", conv(5, 8, 1, after=[pad(1, 0, -1e9), lambda: nn.MaxPool1d(2, 1)]), gru(), linear()),
    once("mean", gru(5), lambda: Apply(lambda x: x.mean(1)), linear(), nn.Sigmoid),
    once("max", lstm(5), lambda: Apply(lambda x: x.amax(1)), linear(), nn.Sigmoid),
    once("attention", conv(5, 8, 3, padding=1, after=[nn.ReLU]), gru(bidirectional=True), lambda: Attention(12), linear(12), nn.Sigmoid),
    every("self-attention", gru(5), lambda: SelfAttention(6), linear()),
    # Of fixed sizes: both exporters write the sample's number of frames into its Reshapes.
    every("multi-head", lstm(5), lambda: Apply(nn.MultiheadAttention(6, 2, batch_first=True), lambda attend, x: attend(x, x, x, need_weights=False)[0]), linear(),
          inputs=None, sample=one(1, FRAMES, INPUTS)),
    # What of a sequence is kept.
    once("last-lstm", lstm(5, num_layers=2), lambda: Apply(lambda x: x[:, -1]), linear(), nn.Sigmoid),
    once("hidden-lstm", hidden(nn.LSTM), linear(), nn.Sigmoid),
    once("hidden-both-ways", hidden(nn.GRU, bidirectional=True), linear(12), nn.Sigmoid),
    once("first", gru(5), lambda: Apply(lambda x: x[:, 0]), linear()),
    once("window", gru(5), nn.Flatten, linear(FRAMES * 6), inputs=BATCH),
    once("image", lambda: Apply(lambda x: x.unsqueeze(1)), lambda: nn.Conv2d(1, 4, 3, padding=1), nn.ReLU, lambda: nn.AvgPool2d(2), lambda: nn.AdaptiveAvgPool2d(1),
         nn.Flatten, linear(4), inputs=BATCH),
    once("dense", linear(5, 8), nn.ReLU, linear(8, 2), nn.Sigmoid, inputs=BATCH, sample=one(2, INPUTS)),
    # More inputs and outputs than one.
    Case("heads", lambda: chain(Recurrent(nn.GRU(5, 6, batch_first=True)), Branches(nn.Sequential(nn.Linear(6, 1), nn.Sigmoid()), nn.Linear(6, 3))),
         {"x": SEQUENCE}, {"y": SEQUENCE, "z": SEQUENCE}, lambda: (frames(),)),
    Case("start", lambda: LearnedStart(5, 3, 6), {"x": SEQUENCE, "speaker": BATCH}, {"y": SEQUENCE}, lambda: (frames(), torch.randn(2, 3))),
    Case("lengths", lambda: Packed(5, 6), {"x": SEQUENCE, "lengths": BATCH}, {"y": BATCH}, lambda: (frames(), torch.tensor([FRAMES, 7]))),
    Case("gru-cell", lambda: Frame(nn.GRUCell(5, 6)), {"x": BATCH, "h": BATCH}, {"y": BATCH, "hn": BATCH}, lambda: (torch.randn(2, 5), torch.randn(2, 6))),
    Case("lstm-cell", lambda: Frame(nn.LSTMCell(5, 6)), {"x": BATCH, "h": BATCH, "c": BATCH}, {"y": BATCH, "hn": BATCH, "cn": BATCH},
         lambda: (torch.randn(2, 5), torch.randn(2, 6), torch.randn(2, 6))),
    Case("cache", lambda: CachedConv(5, 6), {"x": None, "past": None, "h": None}, {"y": None, "pastn": None, "hn": None},
         lambda: (torch.randn(1, 1, 5), torch.randn(1, 5, 4), torch.randn(1, 1, 6))),
]}

IMPOSSIBLE = {
    # A GRU over a computed number of frames; "conv-fixed" has a stride too.
    ("dynamo", "conv-stride"): "The size of tensor a (6) must match the size of tensor b (18)",
    ("dynamo", "lengths"): "Could not extract specialized integer from data-dependent expression",
}


def export(name: str, exporter: str) -> bytes:
    case = CASES[name]
    torch.manual_seed(len(case.name) * 1000 + INPUTS)
    network = case.make()
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
    named = case.inputs | case.outputs
    axes = None if None in named.values() else named
    return to_onnx(network.eval(), case.sample(), (list(case.inputs), list(case.outputs)), axes, exporter)


if __name__ == "__main__":
    write(CASES, export, IMPOSSIBLE)
