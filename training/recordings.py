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

ENDINGS = (".wav", ".flac")


@dataclass(frozen=True)
class Recordings:
    """Files of a word: those that train, and those of the sessions held out, which validate."""

    training: tuple[Path, ...] = ()
    held_out: tuple[Path, ...] = ()


def sessions(source: Path, audio: Path) -> dict[str, list[Path]]:
    """Files by session.

    source: a folder with a folder a session (files right in it are one more session, of the folder's own name), or a
    CSV table with the columns `session` and `clip`, a path below `audio` each.
    """
    found: dict[str, list[Path]] = {}
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in ENDINGS:
                found.setdefault(path.parent.name, []).append(path)
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


def clips(paths: Sequence[Path]) -> list[Clip]:
    """Decoded files, named after their session and file."""
    return [Clip(f"{path.parent.name}/{path.stem}", decode(path)) for path in paths]
