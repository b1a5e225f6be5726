"""The networks: recurrent layers, with strided convolutions in front of them or without, and a head for the words."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

RARE = -3.0  # logit of the share of outputs in which a word has just ended
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}

State = tuple[torch.Tensor, ...]  # each with the streams in dimension 1


@dataclass(frozen=True)
class Architecture:
    """Sizes of a network. Without `channels`, of its convolutions, every frame has an output.

    One word is told by a sigmoid. Several are classes of a softmax, behind two for silence and other speech.
    """

    cell: str = "gru"  # rnn (tanh), gru or lstm
    num_coefficients: int = 20
    hidden_size: int = 80
    num_layers: int = 2
    channels: tuple[int, ...] = (48, 64)
    kernel: int = 5  # of each convolution
    stride: int = 2  # of each convolution
    dropout: float = 0.1
    words: int = 1

    def __post_init__(self):
        if self.cell not in CELLS:
            raise ValueError(f"cell: got {self.cell!r}, expected one of {', '.join(CELLS)}")
        if not 1 <= self.stride <= self.kernel:
            raise ValueError(f"stride: got {self.stride}, expected 1 to the kernel's {self.kernel}")

    @property
    def classes(self) -> int:
        """Values of an output."""
        return 1 if self.words == 1 else self.words + 2

    @property
    def period(self) -> int:
        """Frames from one output to the next."""
        return self.stride ** len(self.channels)


class WakeWordNetwork(nn.Module):
    """[batch, time, numCoefficients] features to [batch, time / period, classes] logits, state carried by the caller.

    Output j is completed by frame period * j + period - 1 and sees no later one; the time before a stream is zeros.
    """

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = a = architecture
        sizes = (a.num_coefficients, *a.channels)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, a.kernel, a.stride) for before, after in zip(sizes, a.channels)
        )
        dropout = a.dropout if a.num_layers > 1 else 0.0
        self.recurrent = CELLS[a.cell](sizes[-1], a.hidden_size, a.num_layers, batch_first=True, dropout=dropout)
        start_recurrent(self.recurrent, a)
        self.dropout = nn.Dropout(a.dropout)
        self.head = nn.Linear(a.hidden_size, a.classes)
        nn.init.constant_(self.head.bias[-a.words :], RARE)

    def forward(self, features: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Logits [batch, time / period, classes] and the state after the last frame; time is a multiple of the period.

        The state is what each convolution has still to see, [kernel - stride, batch, channels], and then the recurrent
        layers', [numLayers, batch, hiddenSize]: one tensor, or two of an LSTM.
        """
        count = len(self.convolutions)
        context = self.architecture.kernel - self.architecture.stride
        kept: State = ()
        x = features.transpose(1, 2)  # [batch, channels, time]
        for k, convolution in enumerate(self.convolutions):
            if state is None:
                x = functional.pad(x, (context, 0))
            else:
                x = torch.cat([state[k].permute(1, 2, 0), x], dim=2)
            kept += (x[:, :, x.shape[2] - context :].permute(2, 0, 1),)
            x = torch.relu(convolution(x))
        inner = None if state is None else state[count:] if self.architecture.cell == "lstm" else state[count]
        hidden, inner = self.recurrent(x.transpose(1, 2), inner)
        kept += inner if self.architecture.cell == "lstm" else (inner,)
        return self.head(self.dropout(hidden)), kept


def start_recurrent(recurrent: nn.Module, architecture: Architecture) -> None:
    """First weights that let gradients reach back: forget gates that start open, by a bias of 1 (Gers, Schmidhuber and
    Cummins, 2000), and orthogonal steps of a plain RNN (Saxe, McClelland and Ganguli, 2014). A GRU keeps PyTorch's.
    """
    size = architecture.hidden_size
    for name, weights in recurrent.named_parameters():
        if architecture.cell == "lstm" and name.startswith("bias"):
            with torch.no_grad():
                weights[size : 2 * size] = float(name.startswith("bias_ih"))
        elif architecture.cell == "rnn" and name.startswith("weight_hh"):
            nn.init.orthogonal_(weights)


def posteriors(logits: torch.Tensor) -> torch.Tensor:
    """Probabilities of the classes: [..., classes] to the same shape."""
    return torch.sigmoid(logits) if logits.shape[-1] == 1 else torch.softmax(logits, -1)


class Exported(nn.Module):
    """What goes into the ONNX file: features in, posteriors out, zero initial state."""

    def __init__(self, network: WakeWordNetwork):
        super().__init__()
        self.network = network

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[batch, time, numCoefficients] to [batch, time / period, classes] in 0..1."""
        return posteriors(self.network(features)[0])


def detached(state: State, keep: torch.Tensor | None = None) -> State:
    """The state without its gradient, zero in the streams where `keep` [batch] is 0."""
    kept = (part.detach() for part in state)
    return tuple(part if keep is None else part * keep[None, :, None] for part in kept)


def count_parameters(network: nn.Module) -> int:
    """Number of trained scalars."""
    return sum(parameter.numel() for parameter in network.parameters())
