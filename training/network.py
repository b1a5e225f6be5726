"""The network: stacked GRU, one logit a frame."""

from __future__ import annotations

import torch
from torch import nn

RARE = -3.0  # logit of the share of frames in which a word has just ended


class WakeWordNetwork(nn.Module):
    """[batch, time, numCoefficients] features to [batch, time, 1] logits, state carried by the caller."""

    def __init__(self, num_coefficients: int, hidden_size: int, num_layers: int, dropout: float):
        super().__init__()
        self.gru = nn.GRU(
            num_coefficients, hidden_size, num_layers, batch_first=True, dropout=dropout if num_layers > 1 else 0.0
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden_size, 1)
        nn.init.constant_(self.head.bias, RARE)

    def forward(self, features: torch.Tensor, state: torch.Tensor | None = None):
        """Returns logits [batch, time, 1] and the state [numLayers, batch, hiddenSize] after the last frame."""
        hidden, state = self.gru(features, state)
        return self.head(self.dropout(hidden)), state


class Exported(nn.Module):
    """What goes into the ONNX file: features in, posteriors out, zero initial state."""

    def __init__(self, network: WakeWordNetwork):
        super().__init__()
        self.network = network

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[batch, time, numCoefficients] to [batch, time, 1] in 0..1."""
        return torch.sigmoid(self.network(features)[0])


def count_parameters(network: nn.Module) -> int:
    """Number of trained scalars."""
    return sum(parameter.numel() for parameter in network.parameters())
