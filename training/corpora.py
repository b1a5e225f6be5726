"""Downloaded corpora brought into the layout that `corpus.py` reads: `python -m training.corpora ARCHIVE… -o audio`.

An archive is told by what it holds, whatever it is called. What is there already is left as it is, so that a run that
was stopped goes on when it is started again.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
import tarfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import soundfile

from .corpus import SAMPLE_RATE
from .recordings import decode

CLIPS_A_WORD = 600  # of Speech Commands; all of them, 18 h, would take 2 GB of memory in each process of a training
LJSPEECH_EVERY = 40  # of 13,100 clips one in so many, 0.6 h: they only validate
ENDS_EARLY = (EOFError, tarfile.ReadError, zipfile.BadZipFile, zlib.error)

# ESC-50's name of each class of ESC-10, and its folder here.
ESC10 = {
    "chainsaw": "chainsaw",
    "clock_tick": "clock-tick",
    "crackling_fire": "fire-crackling",
    "crying_baby": "baby-cry",
    "dog": "dog-bark",
    "helicopter": "helicopter",
    "rain": "rain",
    "rooster": "rooster",
    "sea_waves": "sea-waves",
    "sneezing": "person-sneeze",
}

COMMAND = re.compile(r"(?:^|/)([a-z]+)/([0-9a-f]{8}_nohash_\d+)\.wav$")
BACKGROUND = re.compile(r"(?:^|/)_background_noise_/(\w+)\.wav$")
COMMAND_TEXT = re.compile(r"(?:^|/)(testing_list\.txt|validation_list\.txt|LICENSE)$")
READING = re.compile(r"(?:^|/)(\d+)/(\d+)/(\1-\2-\d+)\.flac$")
SINGLE_READER = re.compile(r"(?:^|/)wavs/(LJ\d{3}-\d{4})\.wav$")
ARABIC = re.compile(r"(?:^|/)([a-z][a-z _]*)/(\d{8}_NO_\d+)\.wav$")
TABLE = re.compile(r"(?:^|/)(esc50|train|val|test)\.csv$")

Plan = dict[str, PurePosixPath]  # member of an archive → file in the layout; .flac is converted, the rest copied


class UnknownArchiveError(ValueError):
    """A file that is no archive of a corpus that training knows."""


@dataclass(frozen=True)
class Contents:
    """What an archive holds: its files' names in their order, and its tables by name, without folder and ending."""

    names: list[str]
    tables: dict[str, list[dict[str, str]]]

    def matching(self, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
        """Names that match, and their matches, by name."""
        for name in sorted(self.names):
            if match := pattern.search(name):
                yield name, match


def speech_commands(contents: Contents, clips_a_word: int) -> Plan:
    """Words by folder, the first so many of each by name (the speaker's hash), both lists, and background noise."""
    kept: Counter[str] = Counter()
    plan: Plan = {}
    for name, match in contents.matching(COMMAND):
        kept[match[1]] += 1
        if kept[match[1]] <= clips_a_word:
            plan[name] = PurePosixPath("speech-commands", match[1], f"{match[2]}.flac")
    for name, match in contents.matching(BACKGROUND):
        plan[name] = PurePosixPath("speech-commands", "_background_noise_", f"{match[1]}.flac")
    for name, match in contents.matching(COMMAND_TEXT):
        plan[name] = PurePosixPath("speech-commands", match[1])
    return plan


def librispeech(contents: Contents, _: int) -> Plan:
    """Clips by speaker."""
    return {
        name: PurePosixPath("librispeech", match[1], f"{match[3]}.flac") for name, match in contents.matching(READING)
    }


def esc10(contents: Contents, _: int) -> Plan:
    """The clips of ESC-10's classes; the last number of their names, the class, is left out."""
    rows = {row["filename"]: row for row in contents.tables["esc50"]}
    plan: Plan = {}
    for name in contents.names:
        row = rows.get(name.split("/")[-1])
        if row and row["esc10"] == "True":
            stem = f"{row['fold']}-{row['src_file']}-{row['take']}"
            plan[name] = PurePosixPath("esc10", ESC10[row["category"]], f"{stem}.flac")
    return plan


def ljspeech(contents: Contents, _: int) -> Plan:
    """One clip in `LJSPEECH_EVERY`."""
    clips = list(contents.matching(SINGLE_READER))[::LJSPEECH_EVERY]
    return {name: PurePosixPath("ljspeech", f"{match[1]}.flac") for name, match in clips}


def arabic_commands(contents: Contents, _: int) -> Plan:
    """Clips by the corpus's own split, whatever its tables call the column of the file."""
    split: dict[str, str] = {}
    for table in ("train", "val", "test"):
        for row in contents.tables[table]:
            for match in filter(None, (ARABIC.search(cell or "") for cell in row.values())):
                split[f"{match[1]}/{match[2]}"] = table
    plan: Plan = {}
    for name, match in contents.matching(ARABIC):
        if table := split.get(f"{match[1]}/{match[2]}"):
            plan[name] = PurePosixPath("arabic-commands", table, match[1], f"{match[2]}.flac")
    return plan


@dataclass(frozen=True)
class Corpus:
    """A corpus: the files by which its archive is known, and where these go."""

    name: str
    holds: str  # for people
    patterns: tuple[re.Pattern[str], ...]  # each is found
    tables: tuple[str, ...]  # each is there
    plan: Callable[[Contents, int], Plan]

    def is_in(self, contents: Contents) -> bool:
        """Whether this is the archive's."""
        has_files = all(any(True for _ in contents.matching(pattern)) for pattern in self.patterns)
        return has_files and all(table in contents.tables for table in self.tables)


CORPORA = (
    Corpus(
        "Speech Commands",
        "WORD/…_nohash_0.wav, testing_list.txt",
        (COMMAND, re.compile(r"(?:^|/)testing_list\.txt$"), re.compile(r"(?:^|/)validation_list\.txt$")),
        (),
        speech_commands,
    ),
    Corpus("LibriSpeech", "84/121123/84-121123-0000.flac", (READING,), (), librispeech),
    Corpus("ESC-50", "audio/1-100032-A-0.wav, meta/esc50.csv", (), ("esc50",), esc10),
    Corpus("LJSpeech", "wavs/LJ001-0001.wav", (SINGLE_READER,), (), ljspeech),
    Corpus(
        "Arabic Speech Commands",
        "WORD/00000001_NO_01.wav, train.csv, val.csv, test.csv",
        (ARABIC,),
        ("train", "val", "test"),
        arabic_commands,
    ),
)


def members(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Names of an archive's files in their order, and what reads each before the next is asked for."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, lambda info=info: archive.read(info)
    else:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.isfile():
                    yield member.name, lambda member=member: archive.extractfile(member).read()


def contents_of(path: Path) -> Contents:
    """Names and tables of an archive."""
    names: list[str] = []
    tables: dict[str, list[dict[str, str]]] = {}
    for name, read in members(path):
        names.append(name)
        if match := TABLE.search(name):
            tables[match[1]] = list(csv.DictReader(io.StringIO(read().decode("utf-8-sig"))))
    return Contents(names, tables)


def recognize(path: Path, contents: Contents) -> Corpus:
    """The corpus that an archive is of."""
    for corpus in CORPORA:
        if corpus.is_in(contents):
            return corpus
    found = ", ".join(contents.names[:3]) or "nothing"
    expected = "; ".join(f"{corpus.name} ({corpus.holds})" for corpus in CORPORA)
    raise UnknownArchiveError(f"{path}: holds {found}, which is no corpus that is known; expected one of {expected}")


def write(target: Path, data: bytes) -> None:
    """One file of the layout, whole or not at all: sound as 16 kHz mono 16-bit FLAC, anything else as it is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    if target.suffix == ".flac" and not is_ready(data):
        soundfile.write(part, decode(io.BytesIO(data)), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    else:
        part.write_bytes(data)
    part.replace(target)


def convert(archive: Path, name: str, data: bytes, target: Path) -> None:
    """As `write`; an error says which file of which archive it is about."""
    try:
        write(target, data)
    except soundfile.LibsndfileError as error:
        raise UnknownArchiveError(f"{archive}: {name}: {error}; download it again") from error


def is_ready(data: bytes) -> bool:
    """Whether a sound file is what the layout has."""
    info = soundfile.info(io.BytesIO(data))
    return (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", SAMPLE_RATE, 1)


class Progress:
    """A line on standard error, redrawn on a terminal and written once elsewhere."""

    def __init__(self, name: str, new: int):
        self.name, self.new, self.told = name, new, 0.0
        self.start = "\r" if sys.stderr.isatty() else ""

    def at(self, done: int) -> None:
        """So many of the new files are written."""
        if self.start and time.monotonic() - self.told > 0.2:
            self.told = time.monotonic()
            print(f"\r{self.name}: {done:,} of {self.new:,} files", end="", file=sys.stderr, flush=True)

    def end(self, total: int) -> None:
        """All are there."""
        print(f"{self.start}{self.name}: {total:,} files, {self.new:,} of them new", file=sys.stderr)


def bring(path: Path, audio: Path, clips_a_word: int = CLIPS_A_WORD) -> int:
    """Bring an archive, of tar, tar.gz or zip, into the layout below `audio`; how many files are new."""
    try:
        contents = contents_of(path)
        corpus = recognize(path, contents)
        plan = corpus.plan(contents, clips_a_word)
        if not plan:
            raise UnknownArchiveError(f"{path}: {corpus.name} without a clip that its tables name; download it again")
        missing = {name: target for name, target in plan.items() if not (audio / target).exists()}
        progress = Progress(corpus.name, len(missing))
        new = 0
        for name, read in members(path) if missing else ():
            if name in missing:
                convert(path, name, read(), audio / missing.pop(name))
                new += 1
                progress.at(new)
    except ENDS_EARLY as error:
        raise UnknownArchiveError(
            f"{path}: no tar, tar.gz or zip archive, or a part of one ({error}); download it again"
        ) from error
    progress.end(len(plan))
    return new


def main() -> int:
    """Bring all archives into the layout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archives", type=Path, nargs="+", metavar="ARCHIVE", help="tar, tar.gz or zip, as downloaded")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the folder that training calls --audio")
    parser.add_argument(
        "--clips-a-word", type=int, default=CLIPS_A_WORD, help="of Speech Commands, at most (default: %(default)s)"
    )
    args = parser.parse_args()
    try:
        for path in args.archives:
            bring(path, args.output, args.clips_a_word)
    except (UnknownArchiveError, OSError) as error:
        print(f"training.corpora: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
