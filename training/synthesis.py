"""Synthetic speech from Debian's espeak-ng and flite: `python -m training.synthesis -o build/synthetic`."""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .confusables import Lexicon, contains, flite_phones, occurrences
from .corpus import SAMPLE_RATE, Clip, decode_all
from .sentences import around, from_frame, sequence, written

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
POSITIVES, NEGATIVES, SPEECH, SENTENCES = 700, 1500, 1500, 400  # utterances
WRITTEN_SHARE, FRAME_SHARE = 0.24, 0.33  # of the speech; the rest are random words
PARTS = ("positive", "negative", "speech", "sentence")
BOUNDS = "bounds.csv"


@dataclass(frozen=True)
class Utterance:
    """What is said, by which command, into which file; `aligned`: where the word stands in it is asked for."""

    text: str
    command: tuple[str, ...]
    path: Path
    aligned: bool = False


@dataclass(frozen=True)
class AlignedClip(Clip):
    """A sentence with the word in it, from sample `start` up to sample `end`."""

    start: int
    end: int


def flite_command(rng: np.random.Generator) -> tuple[str, ...]:
    """flite in a random voice, speed and pitch, before the text."""
    voice = FLITE_VOICES[rng.integers(len(FLITE_VOICES))]
    stretch, pitch = rng.uniform(0.8, 1.3), rng.uniform(80, 230)
    return (
        "flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}",
        "--setf", f"int_f0_target_mean={pitch:.0f}", "-t",
    )  # fmt: skip


def voice_command(text: str, languages: bool, rng: np.random.Generator) -> tuple[str, ...]:
    """A random voice, speed and pitch, of another language only where allowed; writes WAV to standard output."""
    if rng.random() < FLITE_SHARE:
        return (*flite_command(rng), text, "-o", "/dev/stdout")
    foreign = languages and rng.random() < LANGUAGE_SHARE / (1 - FLITE_SHARE)
    accents = LANGUAGES if foreign else ACCENTS
    voice = f"{accents[rng.integers(len(accents))]}+{VARIANTS[rng.integers(len(VARIANTS))]}"
    speed, pitch = int(rng.integers(110, 220)), int(rng.integers(20, 85))
    return ("espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text)


def cycled(texts: list[str], count: int) -> list[str]:
    """`count` texts, each as often as any other or once more."""
    return [texts[k % len(texts)] for k in range(count)]


def spoken_texts(word: str, lexicon: Lexicon, confusables: list[str], rng: np.random.Generator) -> list[str]:
    """SPEECH texts that flite, which runs words together, doesn't find the word in."""
    words, part = sorted(lexicon.words), flite_phones(word)
    wanted = (int(SPEECH * WRITTEN_SHARE), int(SPEECH * FRAME_SHARE))
    clear = [text for text in written() if not contains(flite_phones(text), part)]
    texts = cycled(clear, wanted[0])
    while len(texts) < SPEECH:
        framed = len(texts) < sum(wanted)
        text = from_frame(rng) if framed else sequence(int(rng.integers(4, 11)), words, confusables, rng)
        if not contains(flite_phones(text), part):
            texts.append(text)
    return texts


def sentence_texts(word: str, lexicon: Lexicon, rng: np.random.Generator) -> list[str]:
    """SENTENCES texts in which flite says the word once, just as when it stands alone."""
    words, part = sorted(lexicon.words), flite_phones(word)
    texts: list[str] = []
    for _ in range(20 * SENTENCES):
        text = around(word, words, rng)
        if occurrences(flite_phones(text), part) == 1:
            texts.append(text)
        if len(texts) == SENTENCES:
            return texts
    alone = " ".join(part)
    raise ValueError(f"flite says {word!r} alone as {alone}, in sentences hardly ever; expected an English word")


def plan(word: str, folder: Path, seed: int, lexicon: Lexicon | None = None) -> list[Utterance]:
    """The utterances of a word's training: the word, confusable words, speech without it, sentences with it."""
    rng = np.random.default_rng(seed)
    lexicon = lexicon or Lexicon(word)
    confusables = lexicon.confusables()
    parts = {
        "positive": [word] * POSITIVES,
        "negative": cycled(confusables, NEGATIVES),
        "speech": spoken_texts(word, lexicon, confusables, rng),
    }
    utterances = [
        Utterance(text, voice_command(text, part == "speech", rng), folder / part / f"{k:04}.flac")
        for part, texts in parts.items()
        for k, text in enumerate(texts)
    ]
    return utterances + [
        Utterance(text, (*flite_command(rng), text), folder / "sentence" / f"{k:04}.flac", aligned=True)
        for k, text in enumerate(sentence_texts(word, lexicon, rng))
    ]


def trim(samples: np.ndarray) -> tuple[np.ndarray, int]:
    """Without the silence at both ends, but for 30 ms, and how many samples went at the start."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    margin = int(0.03 * SAMPLE_RATE)
    first = max(0, loud[0] - margin)
    return samples[first : loud[-1] + margin], first


def speak(utterance: Utterance, word: str) -> tuple[int, int]:
    """Synthesize one utterance to 16 kHz mono FLAC; samples between which the word stands, if that is asked for."""
    bounds = (0.0, 0.0)
    if utterance.aligned:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            command = (*utterance.command, "-psdur", "-o", file.name)
            segments = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            data = Path(file.name).read_bytes()
        bounds = word_times(segments, flite_phones(word))
    else:
        data = subprocess.run(utterance.command, capture_output=True, check=True).stdout
    samples, rate = read_unsized_wav(data)
    samples = resample_poly(samples, SAMPLE_RATE, rate)
    samples, cut = trim(samples / max(1.0, np.abs(samples).max() * 1.02))
    utterance.path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(utterance.path, samples, SAMPLE_RATE, subtype="PCM_16")
    start, end = (min(len(samples), max(0, round(time * SAMPLE_RATE) - cut)) for time in bounds)
    return start, end


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


def load(folder: Path) -> dict[str, list[Clip]]:
    """The synthesized clips by part; those of "sentence" are AlignedClips."""
    if not (folder / "sentence" / BOUNDS).exists():
        raise FileNotFoundError(f"{folder}: no sentence/{BOUNDS}; run python -m training.synthesis -o {folder}")
    parts = {part: decode_all(sorted((folder / part).glob("*.flac"))) for part in PARTS}
    with (folder / "sentence" / BOUNDS).open(newline="", encoding="utf-8") as file:
        bounds = {row["name"]: (int(row["start"]), int(row["end"])) for row in csv.DictReader(file)}
    parts["sentence"] = [AlignedClip(clip.name, clip.samples, *bounds[clip.name]) for clip in parts["sentence"]]
    return parts


def write(utterances: list[Utterance], word: str, folder: Path) -> None:
    """Speak all utterances into `folder`, with their texts and where the word stands in the sentences."""
    with ThreadPoolExecutor(2) as pool:
        bounds = list(pool.map(lambda utterance: speak(utterance, word), utterances))
    lines = [f"{utterance.path.relative_to(folder)}\t{utterance.text}\n" for utterance in utterances]
    (folder / "texts.tsv").write_text("".join(lines), encoding="utf-8")
    with (folder / "sentence" / BOUNDS).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("name", "start", "end"))
        table.writerows((u.path.stem, *where) for u, where in zip(utterances, bounds) if u.aligned)


def synthesize(word: str, folder: Path, seed: int = 1) -> int:
    """Write a word's utterances to a new folder, whole or not at all; how many. The same seed gives the same files."""
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; remove it, or train with it as it is")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    utterances = plan(word, part, seed)
    write(utterances, word, part)
    part.rename(folder)
    return len(utterances)


def main() -> None:
    """Write all utterances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--word", default="happy")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"{args.output}: {synthesize(args.word, args.output, args.seed)} utterances")


if __name__ == "__main__":
    main()
