"""Synthetic speech from Debian's espeak-ng, flite and festival: `python -m training.synthesis -o build/synthetic`."""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from . import festival
from .confusables import flite_phones
from .corpus import SAMPLE_RATE, Clip, decode_all
from .residual import repitched
from .utterances import PARTS, POSITIVES, Utterance, plan

BATCH = 50  # texts that one process of festival speaks
RATE_STEP = 50  # Hz; formants are exact to 0.3 %, and the resampling filters stay short
BOUNDS, TEXTS = "bounds.csv", "texts.tsv"


@dataclass(frozen=True)
class AlignedClip(Clip):
    """A sentence with the word in it, from sample `start` up to sample `end`."""

    start: int
    end: int


def trim(samples: np.ndarray) -> tuple[np.ndarray, int]:
    """Without the silence at both ends, but for 30 ms, and how many samples went at the start."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    margin = int(0.03 * SAMPLE_RATE)
    first = max(0, loud[0] - margin)
    return samples[first : loud[-1] + margin], first


def keep(utterance: Utterance, data: tuple[np.ndarray, int], bounds: tuple[float, float]) -> tuple[int, int]:
    """Write samples at a rate as the utterance's 16 kHz mono FLAC; the bounds, in s before, as samples of that."""
    samples, rate = data
    if (factor := utterance.voice.factor) != 1:
        samples = repitched(samples, factor)
    heard = round(rate * utterance.voice.formants / RATE_STEP) * RATE_STEP
    samples = resample_poly(samples, SAMPLE_RATE, heard)
    samples, cut = trim(samples / max(1.0, np.abs(samples).max() * 1.02))
    utterance.path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(utterance.path, samples, SAMPLE_RATE, subtype="PCM_16")
    start, end = (min(len(samples), max(0, round(t / factor * rate / heard * SAMPLE_RATE) - cut)) for t in bounds)
    return start, end


def speak(utterance: Utterance, word: str) -> tuple[int, int]:
    """Synthesize one utterance by espeak-ng or flite; samples between which the word stands, if that is asked for."""
    command = utterance.voice.command(utterance.given)
    if not utterance.aligned:
        data = subprocess.run(command, capture_output=True, check=True).stdout
        return keep(utterance, read_unsized_wav(data), (0.0, 0.0))
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = (*command[:-1], file.name, "-psdur")
        segments = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        data = Path(file.name).read_bytes()
    return keep(utterance, read_unsized_wav(data), word_times(segments, flite_phones(word)))


def speak_together(utterances: list[Utterance], word: str) -> list[tuple[int, int]]:
    """Synthesize utterances by festival in one process; bounds as of `speak`."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [u.voice.script(u.given, f"{k}.wav") for k, u in enumerate(utterances)]
        spoken = festival.run(lines, Path(folder))
        return [
            keep(u, soundfile.read(f"{folder}/{k}.wav"), festival.word_times(spoken[k], word) if u.aligned else (0, 0))
            for k, u in enumerate(utterances)
        ]


def word_times(segments: str, part: tuple[str, ...]) -> tuple[float, float]:
    """Start and end in s of the phones `part` in what `flite -psdur` prints, "phone:end" with end in s."""
    pairs = [segment.rsplit(":", 1) for segment in segments.split()]
    names, ends = tuple(name for name, _ in pairs), [0.0, *(float(end) for _, end in pairs)]
    found = [k for k in range(len(names)) if names[k : k + len(part)] == part]
    if len(found) != 1:
        raise ValueError(f"flite says {' '.join(part)} {len(found)} times in {' '.join(names)}, expected once")
    return ends[found[0]], ends[found[0] + len(part)]


def read_unsized_wav(data: bytes) -> tuple[np.ndarray, int]:
    """Samples in [-1, 1) and rate of a mono 16-bit WAV file with a canonical 44-byte header."""
    rate = int.from_bytes(data[24:28], "little")
    if data[:4] != b"RIFF" or data[36:40] != b"data" or data[34:36] != b"\x10\x00":
        raise ValueError(f"speech synthesizer wrote {data[:44]!r}, expected a canonical 16-bit WAV header")
    body = data[44 : 44 + (len(data) - 44) // 2 * 2]
    return np.frombuffer(body, "<i2").astype(np.float64) / 32768, rate


def texts_of(folder: Path) -> dict[str, str]:
    """What is said in each file of a folder, by its path in there without the extension."""
    lines = (folder / TEXTS).read_text(encoding="utf-8").splitlines()
    return {path.removesuffix(".flac"): text for path, text in (line.split("\t") for line in lines)}


def load(folder: Path, without: Iterable[str] = ()) -> dict[str, list[Clip]]:
    """The synthesized clips by part; those of "sentence" are AlignedClips.

    Left out are all texts with one of the strings `without` in them, in capitals or not, parts of words included.
    """
    if not (folder / "sentence" / BOUNDS).exists():
        raise FileNotFoundError(f"{folder}: no sentence/{BOUNDS}; run python -m training.synthesis -o {folder}")
    unwanted, texts = [string.lower() for string in without], texts_of(folder)
    parts = {}
    for part in PARTS:
        paths = sorted((folder / part).glob("*.flac"))
        said = [texts[f"{part}/{path.stem}"].lower() for path in paths]
        parts[part] = decode_all([p for p, text in zip(paths, said) if not any(u in text for u in unwanted)])
    with (folder / "sentence" / BOUNDS).open(newline="", encoding="utf-8") as file:
        bounds = {row["name"]: (int(row["start"]), int(row["end"])) for row in csv.DictReader(file)}
    parts["sentence"] = [AlignedClip(clip.name, clip.samples, *bounds[clip.name]) for clip in parts["sentence"]]
    return parts


def spoken(utterances: list[Utterance], word: str) -> list[tuple[int, int]]:
    """Bounds of all utterances, once they are written, as many at a time as there are cores."""
    single = [k for k, u in enumerate(utterances) if u.voice.program != "festival"]
    rest = iter([k for k, u in enumerate(utterances) if u.voice.program == "festival"])
    batches = list(iter(lambda: list(islice(rest, BATCH)), []))
    bounds: dict[int, tuple[int, int]] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        together = pool.map(lambda batch: speak_together([utterances[k] for k in batch], word), batches)
        alone = pool.map(lambda k: speak(utterances[k], word), single)
        for batch, found in zip(batches, together):
            bounds.update(zip(batch, found))
        bounds.update(zip(single, alone))
    return [bounds[k] for k in range(len(utterances))]


def write(utterances: list[Utterance], word: str, folder: Path) -> None:
    """Speak all utterances into `folder`, with their texts and where the word stands in the sentences."""
    bounds = spoken(utterances, word)
    lines = [f"{utterance.path.relative_to(folder)}\t{utterance.text}\n" for utterance in utterances]
    (folder / TEXTS).write_text("".join(lines), encoding="utf-8")
    with (folder / "sentence" / BOUNDS).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("name", "start", "end"))
        table.writerows((u.path.stem, *where) for u, where in zip(utterances, bounds) if u.aligned)


def synthesize(
    word: str, folder: Path, seed: int = 1, positives: int | None = None, lead_ins: tuple[str, ...] = ()
) -> int:
    """Write a word's utterances to a new folder, whole or not at all; how many.

    The same seed and programs give the same files. `positives`: how often the word is said alone or behind one of the
    `lead_ins`, POSITIVES unless told.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; remove it, or train with it as it is")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    utterances = plan(word, part, seed, positives=positives, lead_ins=lead_ins)
    write(utterances, word, part)
    part.rename(folder)
    return len(utterances)


def main() -> None:
    """Write all utterances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--word", default="happy")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--positives", type=int, default=POSITIVES, help="how often the word is said")
    parser.add_argument("--lead-ins", nargs="+", default=(), metavar="TEXT", help="said before the word at times")
    args = parser.parse_args()
    count = synthesize(args.word, args.output, args.seed, args.positives, tuple(args.lead_ins))
    print(f"{args.output}: {count} utterances")


if __name__ == "__main__":
    main()
