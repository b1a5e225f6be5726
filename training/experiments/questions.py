"""The questions, and which runs, heard in which way, answer them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .runs import SEEDS, Run, Sound

STREAM, F32, INT8 = "stream", "f32", "int8"  # ways to hear a network; the last two are Tympan's
WINDOWS = {"windows of 1 s": 1.0, "windows of 1.5 s": 1.5}  # s by the way
COUNTS = (5, 10, 20, 57)  # recordings

GRU = Run()
CELLS = {
    "GRU of 64 units": GRU,
    "LSTM of 55": Run(cell="lstm", hidden_size=55),
    "plain RNN (tanh) of 117": Run(cell="rnn", hidden_size=117),
    "CRNN: 32 channels before a GRU of 52": Run(channels=(32,), hidden_size=52),
    "CRNN of stride 2: 48 before a GRU of 75": Run(channels=(48,), stride=2, hidden_size=75),
}
SIZES = {f"{size} units": Run(hidden_size=size) for size in (16, 32, 64, 128, 256)}
HOPS = {f"{10 * hop} ms": Run(hop=hop) for hop in (1, 2, 4)}
ON_WINDOWS = Run(windows=True)


@dataclass(frozen=True)
class Row:
    """A line of a table: a run of every seed, heard in one way, and the line that it is compared with."""

    label: str
    run: Run
    heard: str = STREAM
    against: str | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        """One a seed."""
        return tuple(replace(self.run, seed=seed) for seed in SEEDS)


@dataclass(frozen=True)
class Question:
    """A section of the page."""

    name: str
    title: str
    rows: tuple[Row, ...]
    compared: str  # what the last column compares with

    @property
    def base(self) -> Row:
        """The first that is compared with none."""
        return next(row for row in self.rows if row.against is None)

    def row(self, label: str) -> Row:
        """By its label."""
        return next(row for row in self.rows if row.label == label)


def cells() -> Question:
    """Kinds of recurrent layer."""
    first = next(iter(CELLS))
    rows = tuple(Row(label, run, against=None if label == first else first) for label, run in CELLS.items())
    return Question("cells", "Which cell?", rows, "the GRU")


def sizes() -> Question:
    """Units of the GRU."""
    labels = list(SIZES)
    rows = tuple(
        Row(label, SIZES[label], against=labels[k - 1] if k else None) for k, label in enumerate(labels)
    )
    return Question("sizes", "How large?", rows, "the next smaller")


def hops() -> Question:
    """Time from frame to frame."""
    rows = tuple(Row(label, run, against=None if run == GRU else "20 ms") for label, run in HOPS.items())
    return Question("hops", "How often a frame?", rows, "20 ms")


def precision() -> Question:
    """Tympan's int8 against its float32, of the networks of the first two questions."""
    rows = []
    for label, run in {**CELLS, **{f"GRU of {size}": run for size, run in SIZES.items() if run != GRU}}.items():
        rows += [Row(f"{label} in f32", run, F32), Row(f"{label} in int8", run, INT8, f"{label} in f32")]
    return Question("precision", "Does int8 cost anything?", tuple(rows), "its f32")


def windows() -> Question:
    """One unbroken stream against windows that overlap."""
    stream = "as a stream"
    rows = [Row(stream, GRU)]
    rows += [Row(f"in {way}", GRU, way, stream) for way in WINDOWS]
    rows += [Row("in windows of 1.5 s, and trained on them", ON_WINDOWS, "windows of 1.5 s", stream)]
    rows += [Row("as a stream, but trained on windows of 1.5 s", ON_WINDOWS, STREAM, stream)]
    return Question("windows", "A stream, or windows?", tuple(rows), "the stream")


def recordings() -> Question:
    """Few recordings and all of them, with and without synthesized speech."""
    rows = [Row("none but synthesized speech", Run(sound=Sound(recordings=0)))]
    for count in (*COUNTS, None):
        label = "all 1,373" if count is None else str(count)
        rows.append(Row(label, Run(sound=Sound(recordings=count, synthesized=False))))
        rows.append(Row(f"{label} with synthesized speech", Run(sound=Sound(recordings=count)), against=label))
    return Question(
        "recordings", "How many recordings do I need, and does synthesized speech help?", tuple(rows), "without it"
    )


def noise() -> Question:
    """With and without noise over the clips in training."""
    first = "with noise"
    rows = (Row(first, GRU), Row("without noise", Run(sound=Sound(noise=False)), against=first))
    return Question("noise", "Should clips have noise over them in training?", rows, "with noise")


QUESTIONS = {question.name: question for question in
             (cells(), sizes(), hops(), precision(), windows(), recordings(), noise())}  # fmt: skip


def ways(run: Run) -> list[str]:
    """All the ways in which any question hears a run, in a fixed order."""
    wanted = {row.heard for question in QUESTIONS.values() for row in question.rows if run in row.runs}
    return [way for way in (STREAM, *WINDOWS, F32, INT8) if way in wanted]


def runs_of(names: list[str]) -> list[Run]:
    """The runs that some questions need, seed by seed, so that a study that is stopped early has whole seeds."""
    found: dict[Run, None] = {}
    for seed in SEEDS:
        for name in names:
            for row in QUESTIONS[name].rows:
                found[replace(row.run, seed=seed)] = None
    return list(found)
