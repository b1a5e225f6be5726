"""Recordings of a word of one's own, by the session they were made in.

A session is one person in one place on one day. What a model makes of people it has never heard can only be told from
sessions that it wasn't trained on, so whole sessions are held out, never single clips.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .corpus import SAMPLE_RATE, Clip
from .endpoints import activity

ENDINGS = (".wav", ".flac")
SHORTEST, LONGEST = 0.1, 10.0  # s of a clip of a word
PIECE = 4.0  # s of the pieces that long recordings without the word are cut into


@dataclass(frozen=True)
class Recordings:
    """Files of a word: those that train, and those of the sessions held out, which validate."""

    training: tuple[Path, ...] = ()
    held_out: tuple[Path, ...] = ()


def sessions(source: Path, audio: Path) -> dict[str, list[Path]]:
    """Files by session.

    source: a folder with a folder a session, or deeper ones, "anna/kitchen" (files right in it are one more session, of
    the folder's own name), or a CSV table with the columns `session` and `clip`, a path below `audio` each.
    """
    found: dict[str, list[Path]] = {}
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in ENDINGS:
                session = path.parent.relative_to(source).as_posix()
                found.setdefault(source.name if session == "." else session, []).append(path)
    else:
        with source.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["session"], []).append(audio / row["clip"])
    if not found:
        raise ValueError(
            f"{source}: no recordings, expected .wav or .flac files in a folder for each session; "
            "record some (docs/your-own-word.md says how)"
        )
    return found


def split(source: Path, audio: Path, held_out: Sequence[str] = ()) -> Recordings:
    """The recordings of a folder or table with some sessions held out."""
    by_session = sessions(source, audio)
    unknown = [name for name in held_out if name not in by_session]
    if unknown:
        raise ValueError(f"{source}: no session {unknown[0]!r} to hold out, expected one of {', '.join(by_session)}")
    parts: tuple[list[Path], list[Path]] = ([], [])
    for name, paths in by_session.items():
        parts[name in held_out].extend(paths)
    return Recordings(tuple(parts[0]), tuple(parts[1]))


def decode(path: Path) -> np.ndarray:
    """[samples] int16 at 16 kHz of a file of any rate; the mean of its channels."""
    samples, rate = soundfile.read(path, always_2d=True)
    mono = samples.mean(1)
    if rate != SAMPLE_RATE:
        mono = resample_poly(mono, SAMPLE_RATE, rate)
    return np.round(np.clip(mono, -1, 32767 / 32768) * 32768).astype(np.int16)


def heard(path: Path) -> Clip:
    """A decoded file in which there is something, named after its path."""
    samples = decode(path)
    seconds = len(samples) / SAMPLE_RATE
    if seconds < SHORTEST or not activity(samples.astype(np.float32))[0].any():
        wrong = "too short" if seconds < SHORTEST else "digital silence"
        raise ValueError(f"{path}: {seconds:.2f} s, {wrong}, expected {SHORTEST:g} s of sound at least; delete the file")
    return Clip(path.with_suffix("").as_posix(), samples)


def clips(paths: Sequence[Path]) -> list[Clip]:
    """Decoded recordings of a word; ValueError names a file that is silent, or too short or too long for one."""
    found = [heard(path) for path in paths]
    for path, clip in zip(paths, found):
        if len(clip.samples) > LONGEST * SAMPLE_RATE:
            raise ValueError(
                f"{path}: {len(clip.samples) / SAMPLE_RATE:.0f} s, expected a clip of one word, {LONGEST:g} s at most; "
                "cut it (tympan record makes such clips)"
            )
    return found


def pieces(paths: Sequence[Path]) -> list[Clip]:
    """Decoded recordings without the word, cut into pieces of at most PIECE seconds; silent ones are left out."""
    length = int(PIECE * SAMPLE_RATE)
    return [
        Clip(f"{clip.name}@{start / SAMPLE_RATE:g}", clip.samples[start : start + length])
        for clip in map(heard, paths)
        for start in range(0, len(clip.samples), length)
        if len(clip.samples) - start >= SHORTEST * SAMPLE_RATE and clip.samples[start : start + length].any()
    ]
