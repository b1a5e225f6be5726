"""Parts of networks that torch.nn has not, over x [batch, time, features] unless said."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional


def chain(*modules: nn.Module) -> nn.Module:
    return modules[0] if len(modules) == 1 else nn.Sequential(*modules)


class Apply(nn.Module):
    """A function, or one of a module and its input."""

    def __init__(self, *parts: nn.Module | Callable):
        super().__init__()
        *self.modules_, self.function = parts
        for index, module in enumerate(self.modules_):
            self.add_module(str(index), module)

    def forward(self, x):
        return self.function(*self.modules_, x)


class Recurrent(nn.Module):
    """Every output of a cell."""

    def __init__(self, cell: nn.Module):
        super().__init__()
        self.cell = cell

    def forward(self, x):
        return self.cell(x)[0]


class Hidden(nn.Module):
    """The last hidden state of the last layer, both directions side by side."""

    def __init__(self, cell: nn.Module):
        super().__init__()
        self.cell = cell

    def forward(self, x):
        states = self.cell(x)[1]
        h = states[0] if isinstance(self.cell, nn.LSTM) else states
        return torch.cat((h[-2], h[-1]), dim=-1) if self.cell.bidirectional else h[-1]


class Channels(nn.Module):
    """Modules over [batch, channels, time]."""

    def __init__(self, *modules: nn.Module):
        super().__init__()
        self.inner = chain(*modules)

    def forward(self, x):
        return self.inner(x.transpose(1, 2)).transpose(1, 2)


class Pad(nn.Module):
    """In front of and behind the last axis."""

    def __init__(self, left: int, right: int, number: float = 0.0):
        super().__init__()
        self.amount, self.number = (left, right), number

    def forward(self, x):
        return functional.pad(x, self.amount, value=self.number)


class Residual(nn.Module):
    def __init__(self, *modules: nn.Module):
        super().__init__()
        self.inner = chain(*modules)

    def forward(self, x):
        return x + self.inner(x)


class Branches(nn.Module):
    def __init__(self, *modules: nn.Module):
        super().__init__()
        self.inner = nn.ModuleList(modules)

    def forward(self, x):
        return tuple(module(x) for module in self.inner)


class Attention(nn.Module):
    """The frames' mean, weighted by a learned score: Σ_t softmax(score)_t x_t."""

    def __init__(self, size: int):
        super().__init__()
        self.score = nn.Linear(size, 1)

    def forward(self, x):
        return (torch.softmax(self.score(x), dim=1) * x).sum(dim=1)


class SelfAttention(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))

    def forward(self, x):
        # One head: dynamo takes attention of four axes only.
        query, key, value = (dense(x).unsqueeze(1) for dense in (self.query, self.key, self.value))
        return x + functional.scaled_dot_product_attention(query, key, value).squeeze(1)


class LearnedStart(nn.Module):
    """A GRU whose initial state a dense layer makes of another input."""

    def __init__(self, inputs: int, others: int, hidden: int):
        super().__init__()
        self.start, self.gru = nn.Linear(others, hidden), nn.GRU(inputs, hidden, batch_first=True)

    def forward(self, x, speaker):
        return self.gru(x, torch.tanh(self.start(speaker)).unsqueeze(0))[0]


class Packed(nn.Module):
    """The last state of sequences that are not equally long."""

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.lstm, self.head = nn.LSTM(inputs, hidden, batch_first=True), nn.Linear(hidden, 2)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        zeros = x.new_zeros(1, x.size(0), self.lstm.hidden_size)
        return self.head(self.lstm(packed, (zeros, zeros))[1][0][-1])


class Frame(nn.Module):
    """One step of a cell, x [batch, features], its states in and out."""

    def __init__(self, cell: nn.Module):
        super().__init__()
        self.cell, self.head = cell, nn.Linear(cell.hidden_size, 2)

    def forward(self, x, h, c=None):
        after = self.cell(x, h if c is None else (h, c))
        after = after if isinstance(after, tuple) else (after,)
        return (torch.sigmoid(self.head(after[0])), *after)


class CachedConv(nn.Module):
    """One frame, a convolution's past [batch, features, 4] and a GRU's state in and out."""

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.conv, self.gru = nn.Conv1d(inputs, inputs, 3, dilation=2), nn.GRU(inputs, hidden, batch_first=True)

    def forward(self, x, past, h):
        window = torch.cat((past, x.transpose(1, 2)), dim=2)
        out, hn = self.gru(torch.relu(self.conv(window)).transpose(1, 2), h)
        return out, window[:, :, 1:], hn
