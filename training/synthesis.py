"""Synthetic speech from Debian's espeak-ng and flite: `python -m training.synthesis -o build/synthetic`."""

from __future__ import annotations

import argparse
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .corpus import SAMPLE_RATE, Clip, decode_all

ACCENTS = ("en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc", "en-029")
VARIANTS = (
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo", "Jacky",
    "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "Storm", "adam", "anika", "antonio", "aunty", "belinda",
    "benjamin", "boris", "caleb", "david", "ed", "edward", "f1", "f2", "f3", "f4", "f5", "grandma", "grandpa",
    "gustave", "iven", "john", "kaukovalta", "linda", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "marcelo",
    "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro", "rob", "robert", "sandro", "shelby", "steph",
    "travis", "victor", "zac",
)  # fmt: skip
# Voices of other languages reading English spelling: sounds and rhythms that English lacks.
LANGUAGES = ("es", "de", "fr-fr", "it", "tr", "pl", "pt", "nl", "sv", "fi", "hu", "ro", "id", "sw", "cs", "da")
FLITE_VOICES = ("awb", "rms", "kal16")  # slt speaks models/samples and is kept out of training
FLITE_SHARE = 0.4
LANGUAGE_SHARE = 0.2
CONFUSABLES = (
    "hobby", "happen", "happens", "happened", "apple", "habit", "copy", "hippie", "puppy", "heavy", "happily",
    "happiness", "happier", "happiest", "unhappily", "hat", "half", "have", "having", "havoc", "hatch", "hammer",
    "handy", "hungry", "hurry", "Harry", "hairy", "Henry", "honey", "holly", "hello", "hey", "hi", "ha", "hap",
    "abbey", "Abby", "nappy", "snappy", "chappy", "sappy", "pappy", "poppy", "guppy", "floppy", "sloppy", "choppy",
    "zippy", "peppy", "pippy", "tappy", "cappy", "lappy", "happen to be", "chatty", "caddy", "daddy", "fatty",
    "batty", "cabby", "shabby", "tabby", "baby", "lobby", "Bobby", "hubby", "hoppy", "hop", "hope", "hoping", "heap",
    "hip", "help", "helping", "pea", "pee", "paper", "party", "appear", "a pea", "a piece", "up", "maybe", "family",
    "valley", "rapid", "rabbit", "taxi", "alley", "candy", "Andy", "happenstance", "hypothesis", "hiccup",
)  # fmt: skip


@dataclass(frozen=True)
class Utterance:
    """What is said, by which command, into which file."""

    text: str
    command: tuple[str, ...]
    path: Path


def voice_command(text: str, languages: bool, rng: np.random.Generator) -> tuple[str, ...]:
    """A random voice, speed and pitch, of another language only where allowed; writes WAV to standard output."""
    if rng.random() < FLITE_SHARE:
        voice = FLITE_VOICES[rng.integers(len(FLITE_VOICES))]
        stretch, pitch = rng.uniform(0.8, 1.3), rng.uniform(80, 230)
        return (
            "flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}",
            "--setf", f"int_f0_target_mean={pitch:.0f}", "-t", text, "-o", "/dev/stdout",
        )  # fmt: skip
    foreign = languages and rng.random() < LANGUAGE_SHARE / (1 - FLITE_SHARE)
    accents = LANGUAGES if foreign else ACCENTS
    voice = f"{accents[rng.integers(len(accents))]}+{VARIANTS[rng.integers(len(VARIANTS))]}"
    speed, pitch = int(rng.integers(110, 220)), int(rng.integers(20, 85))
    return ("espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text)


def plan(word: str, folder: Path, seed: int) -> list[Utterance]:
    """The utterances of a word's training: the word, confusable words, sentences without it."""
    rng = np.random.default_rng(seed)
    sentences = (Path(__file__).parent / "sentences.txt").read_text().splitlines()
    parts = {
        "positive": [word] * 700,
        "negative": [c for c in CONFUSABLES if c != word] * 14,
        "speech": [s for s in sentences if s.strip()] * 12,
    }
    return [
        Utterance(text, voice_command(text, part == "speech", rng), folder / part / f"{k:04}.flac")
        for part, texts in parts.items()
        for k, text in enumerate(texts)
    ]


def trim(samples: np.ndarray) -> np.ndarray:
    """Without the silence at both ends, but for 30 ms."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    margin = int(0.03 * SAMPLE_RATE)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]


def speak(utterance: Utterance) -> None:
    """Synthesize one utterance to 16 kHz mono FLAC."""
    done = subprocess.run(utterance.command, capture_output=True, check=True)
    # Both programs write a header with a length that stdout can't be sought back to fill in.
    samples, rate = read_unsized_wav(done.stdout)
    samples = resample_poly(samples, SAMPLE_RATE, rate)
    samples = trim(samples / max(1.0, np.abs(samples).max() * 1.02))
    utterance.path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(utterance.path, samples, SAMPLE_RATE, subtype="PCM_16")


def read_unsized_wav(data: bytes) -> tuple[np.ndarray, int]:
    """Samples in [-1, 1) and rate of a mono 16-bit WAV file with a canonical 44-byte header."""
    rate = int.from_bytes(data[24:28], "little")
    if data[:4] != b"RIFF" or data[36:40] != b"data" or data[34:36] != b"\x10\x00":
        raise ValueError(f"speech synthesizer wrote {data[:44]!r}, expected a canonical 16-bit WAV header")
    body = data[44 : 44 + (len(data) - 44) // 2 * 2]
    return np.frombuffer(body, "<i2").astype(np.float64) / 32768, rate


def load(folder: Path) -> dict[str, list[Clip]]:
    """The synthesized clips by part."""
    parts = {part: decode_all(sorted((folder / part).glob("*.flac"))) for part in ("positive", "negative", "speech")}
    missing = [part for part, clips in parts.items() if not clips]
    if missing:
        raise FileNotFoundError(f"{folder}: no clips in {missing}; run python -m training.synthesis -o {folder}")
    return parts


def main() -> None:
    """Write all utterances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--word", default="happy")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    utterances = plan(args.word, args.output, args.seed)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(speak, utterances))
    print(f"{args.output}: {len(utterances)} utterances")


if __name__ == "__main__":
    main()
