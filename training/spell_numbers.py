"""
Train the encoder and the decoder of `examples/sequences`, which say a number in words: `python -m training.spell_numbers`.

The encoder reads digits; its state at the last one is the decoder's first. The decoder takes the word before (END at first) and
gives the next, until END. It is trained on the right words before (teacher forcing) and runs on its own.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torch.nn import functional

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "sequences"
ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
END = 0  # begins a number, and ends it
WORDS = ["", *ONES, *TENS, "hundred", "thousand", "and"]  # by their tokens
MOST_DIGITS, MOST_WORDS = 6, 13  # with END
OPSET = 17


def spell(number: int) -> str:
    """0 to 999,999 in British English, without hyphens."""
    if number < 20:
        return ONES[number]
    if number < 100:
        ten, one = divmod(number, 10)
        return TENS[ten - 2] + (f" {ONES[one]}" if one else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    before, rest = divmod(number, size)
    link = " and " if rest < 100 else " "
    return f"{spell(before)} {name}" + (link + spell(rest) if rest else "")


def is_held_out(number: int) -> bool:
    """One number in 50 from 1000 on, by Knuth's multiplicative hash: no one is trained on. The example's test has the same line."""
    return number >= 1000 and number * 40503 % 65536 < 1311


class Encoder(nn.Module):
    """Digits [batch, time] to the state after each, and the last: [1, batch, hidden]."""

    def __init__(self, embedding: int, hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(10, embedding)
        self.gru = nn.GRU(embedding, hidden, batch_first=True)

    def forward(self, digits: torch.Tensor) -> torch.Tensor:
        return self.gru(self.embedding(digits))[1]


class Decoder(nn.Module):
    """Words before [batch, time] and a state [1, batch, hidden] to logits of the words [batch, time, words] and the last state."""

    def __init__(self, embedding: int, hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), embedding)
        self.gru = nn.GRU(embedding, hidden, batch_first=True)
        self.head = nn.Linear(hidden, len(WORDS))

    def forward(self, word: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        outputs, state = self.gru(self.embedding(word), state)
        return self.head(outputs), state


class Numbers:
    """Digits and words of all numbers that are not held out, as tables by number of digits."""

    def __init__(self) -> None:
        tokens = {word: token for token, word in enumerate(WORDS)}
        spelled = ([*map(tokens.get, spell(number).split()), END] for number in range(10**MOST_DIGITS))
        padded = [words + [-1] * (MOST_WORDS - len(words)) for words in spelled]
        self.words = torch.tensor(padded, dtype=torch.int8)
        held_out = torch.tensor([is_held_out(number) for number in range(10**MOST_DIGITS)])
        ranges = [(10 ** (length - 1) if length > 1 else 0, 10**length) for length in range(1, MOST_DIGITS + 1)]
        self.trained = [torch.arange(*bounds)[~held_out[slice(*bounds)]] for bounds in ranges]
        self.held_out = [torch.arange(*bounds)[held_out[slice(*bounds)]] for bounds in ranges]

    @staticmethod
    def digits(numbers: torch.Tensor, length: int) -> torch.Tensor:
        """[batch] to [batch, length]"""
        return numbers[:, None] // 10 ** torch.arange(length - 1, -1, -1) % 10


def loss_of(encoder: Encoder, decoder: Decoder, digits: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """Teacher forcing: the decoder sees END and the right words, whatever it would have said."""
    before = functional.pad(words[:, :-1], (1, 0), value=END).clamp(min=0)
    logits, _ = decoder(before, encoder(digits))
    return functional.cross_entropy(logits.flatten(0, 1), words.flatten(), ignore_index=-1)


def train(encoder: Encoder, decoder: Decoder, numbers: Numbers, steps: int, batch: int) -> None:
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-2, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=steps)
    # Longer numbers are harder, and there are more of them.
    lengths = torch.multinomial(torch.tensor([1.0, 1, 2, 4, 8, 16]), steps, replacement=True) + 1
    for step, length in enumerate(lengths.tolist()):
        known = numbers.trained[length - 1]
        chosen = known[torch.randint(len(known), (batch,))]
        loss = loss_of(encoder, decoder, numbers.digits(chosen, length), numbers.words[chosen].long())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        if step % 500 == 0 or step == steps - 1:
            print(f"step {step}: loss {loss.item():.5f}", flush=True)


@torch.inference_mode()
def wrong_of(encoder: Encoder, decoder: Decoder, numbers: Numbers) -> tuple[int, int]:
    """Held-out numbers that are spelled wrong by greedy decoding, and how many there are."""
    wrong = total = 0
    for length, held_out in enumerate(numbers.held_out, 1):
        if not len(held_out):
            continue
        state = encoder(numbers.digits(held_out, length))
        word = torch.full((len(held_out), 1), END)
        right = torch.ones(len(held_out), dtype=torch.bool)
        for expected in numbers.words[held_out].long().T:
            logits, state = decoder(word, state)
            word = logits.argmax(-1)
            right &= (expected < 0) | (word[:, 0] == expected)
        wrong += int((~right).sum())
        total += len(held_out)
    return wrong, total


def export(network: nn.Module, sample: tuple, inputs: list[str], outputs: list[str], axes: dict, path: Path) -> None:
    """Write the file, and check that onnxruntime makes of the sample what PyTorch makes of it."""
    with warnings.catch_warnings():
        # The exporter warns of its own successor, and of a GRU's batch, which is 1 here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), sample, str(path),
            dynamo=False, opset_version=OPSET, input_names=inputs, output_names=outputs, dynamic_axes=axes,
        )  # fmt: skip
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(None, {name: tensor.numpy() for name, tensor in zip(inputs, sample)})
    with torch.inference_mode():
        expected = network(*sample)
    for actual, tensor in zip(got, expected if isinstance(expected, tuple) else (expected,)):
        np.testing.assert_allclose(actual, tensor.numpy(), rtol=1e-4, atol=1e-4)
    print(f"{path}: {path.stat().st_size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--steps", type=int, default=14000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=36)
    parser.add_argument("--embedding", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    encoder, decoder = Encoder(options.embedding, options.hidden), Decoder(options.embedding, options.hidden)
    numbers = Numbers()
    train(encoder, decoder, numbers, options.steps, options.batch)
    wrong, total = wrong_of(encoder, decoder, numbers)
    print(f"held out: {wrong} of {total} wrong, {100 * (1 - wrong / total):.2f} % right")
    state = torch.rand(1, 1, options.hidden)
    one = torch.randint(len(WORDS), (1, 1))
    sequence = torch.randint(10, (1, MOST_DIGITS))
    export(
        encoder, (sequence,), ["digits"], ["state"],
        {"digits": {1: "time"}}, options.folder / "number-encoder.onnx",
    )  # fmt: skip
    export(
        decoder, (one, state), ["word", "state"], ["logits", "next_state"],
        {}, options.folder / "word-decoder.onnx",
    )  # fmt: skip


if __name__ == "__main__":
    main()
