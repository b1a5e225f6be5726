"""Which recordings train, which validate, and which are only ever tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

SAMPLE_RATE = 16000  # Hz
TEST_READER = "27"  # of LibriSpeech
WAKE_WORD_FOLDERS = ("computer", "heycomputer", "heychatterbox", "athena", "amelia")


@dataclass(frozen=True)
class Clip:
    """One recording: [samples] int16 at 16 kHz, and the name it is reported by."""

    name: str
    samples: np.ndarray


def decode(path: Path) -> np.ndarray:
    """Decode one mono 16 kHz file to int16 samples."""
    samples, rate = soundfile.read(path, dtype="int16")
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise ValueError(
            f"{path}: {rate} Hz with shape {samples.shape}, expected {SAMPLE_RATE} Hz mono; "
            f"convert it, for example: sox in.wav -r {SAMPLE_RATE} -c 1 -b 16 out.wav"
        )
    return samples


def decode_all(paths: list[Path]) -> list[Clip]:
    """Decode files in the order given."""
    return [Clip(path.stem, decode(path)) for path in paths]


def speaker(key: str) -> str:
    """Speaker of a Speech Commands clip: the hex id before `_nohash_`."""
    return key.split("/")[-1].split("_nohash_")[0]


def read_list(audio: Path, which: str) -> list[str]:
    """Keys (`word/name`, no extension) of one official list, 'testing' or 'validation', in its order."""
    path = audio / "speech-commands" / f"{which}_list.txt"
    return [line.strip().removesuffix(".wav") for line in path.read_text().splitlines() if line.strip()]


def command_keys(audio: Path) -> dict[str, list[str]]:
    """Keys of the Speech Commands clips that are present, by split."""
    root = audio / "speech-commands"
    present = {f"{path.parent.name}/{path.stem}" for path in root.glob("*/*_nohash_*.flac")}
    testing, validation = read_list(audio, "testing"), read_list(audio, "validation")
    return {
        "train": sorted(present - set(testing) - set(validation)),
        "validation": [key for key in validation if key in present],
        "test": [key for key in testing if key in present],
    }


def check_disjoint(keys: dict[str, list[str]]) -> None:
    """Refuse splits in which a speaker is on two sides."""
    speakers = {split: {speaker(key) for key in members} for split, members in keys.items()}
    for a, b in (("train", "validation"), ("train", "test"), ("validation", "test")):
        shared = speakers[a] & speakers[b]
        if shared:
            raise ValueError(
                f"{len(shared)} speakers are in both {a} and {b}, such as {sorted(shared)[0]}, expected none; "
                "use the testing_list.txt and validation_list.txt that came with the clips"
            )


def decode_keys(audio: Path, keys: list[str]) -> list[Clip]:
    """Decode Speech Commands clips."""
    return [Clip(key, decode(audio / "speech-commands" / f"{key}.flac")) for key in keys]


def of_word(keys: list[str], word: str) -> list[str]:
    """Keys of one word."""
    return [key for key in keys if key.startswith(f"{word}/")]


def of_other_words(keys: list[str], words: Sequence[str]) -> list[str]:
    """Keys of every word but these."""
    return [key for key in keys if key.split("/")[0] not in words]


def community_clips(audio: Path, words: Sequence[str], without: Sequence[str]) -> list[Clip]:
    """Wake words of the volunteers, without the folders of words that are, or are in, one of `words`, or it in them, and
    without those named.
    """
    joined = [word.replace(" ", "") for word in words]
    folders = [f for f in WAKE_WORD_FOLDERS if f not in without and not any(w in f or f in w for w in joined)]
    return decode_all(sorted(path for folder in folders for path in (audio / "community" / folder).rglob("*.flac")))


def environmental_noise(audio: Path, fold: int) -> list[Clip]:
    """ESC-10 clips of one fold, the first digit of their names."""
    return decode_all(sorted((audio / "esc10").glob(f"*/{fold}-*.flac")))


@dataclass(frozen=True)
class TrainingSet:
    """Training recordings by their part in a stream."""

    positives: dict[str, list[Clip]]  # by word, in the order of their labels
    words: dict[str, list[Clip]]  # other words, one or a few a clip, by corpus
    speech: list[Clip]  # continuous reading
    noise: list[Clip]


def training_set(
    audio: Path, words: Sequence[str], own: Mapping[str, list[Clip]] | None = None, without: Sequence[str] = ()
) -> TrainingSet:
    """Everything that may be trained on: what is on neither list, and the folders the test never reads.

    own: clips of words that are not, or not only, in Speech Commands. without: community folders to leave out.
    """
    keys = command_keys(audio)
    check_disjoint(keys)
    train = keys["train"]
    others = {
        "commands": decode_keys(audio, of_other_words(train, words)),
        "arabic": decode_all(sorted((audio / "arabic-commands" / "train").glob("*/*.flac"))),
        "community": community_clips(audio, words, without),
    }
    background = decode_all(sorted((audio / "speech-commands" / "_background_noise_").glob("*.flac")))
    return TrainingSet(
        positives={word: decode_keys(audio, of_word(train, word)) + (own or {}).get(word, []) for word in words},
        words=others,
        speech=decode_all(sorted(p for p in (audio / "librispeech").rglob("*.flac") if p.parent.name != TEST_READER)),
        noise=environmental_noise(audio, fold=1) + background,
    )


@dataclass(frozen=True)
class ValidationSet:
    """Validation recordings: the words, negatives by set, and the noise between clips."""

    positives: dict[str, list[Clip]]
    negatives: dict[str, list[Clip]]
    noise: list[Clip]


def validation_set(audio: Path, words: Sequence[str], own: Mapping[str, list[Clip]] | None = None) -> ValidationSet:
    """The validation list, the validation negatives and the clips held out; nothing of the test is read."""
    keys = command_keys(audio)["validation"]
    noise = environmental_noise(audio, fold=2)
    negatives = {
        "ljspeech": decode_all(sorted((audio / "ljspeech").glob("*.flac"))),
        "arabic-val": decode_all(sorted((audio / "arabic-commands" / "val").glob("*/*.flac"))),
        "esc10-fold-2": noise,
        "other-words": decode_keys(audio, of_other_words(keys, words)),
    }
    positives = {word: decode_keys(audio, of_word(keys, word)) + (own or {}).get(word, []) for word in words}
    return ValidationSet(positives, negatives, noise)
