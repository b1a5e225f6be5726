"""Words that sound like a word: `python -m training.confusables --word happy` prints those that train against it.

Found among the words of a dictionary by their phonemes, which espeak-ng gives: the nearest by edit distance, and those
that share the word's beginning or end. Left out is what may rightly be taken for the word: homophones, and words that
contain it whole ("unhappy", "happier") in espeak-ng's or flite's pronunciation.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

DICTIONARY = Path("/usr/share/dict/american-english")  # Debian's package wamerican
EXTRA_LETTERS = 4  # dictionary words with more letters than the word and these are not looked at
NEAREST, SHARED = 90, 30  # how many: by distance; by beginning and by end, each
HOMOPHONE = 0.2  # distance up to which a word is the same in some accent
INSERTED = 0.8  # cost of a phoneme more or less
LOOKED_AT = 60  # texts that one process of flite is asked about, where only the first good ones are wanted
CHUNK = 4000  # texts that one process of espeak-ng transcribes
NEAR = 0.17  # distance a phoneme up to which another language's reading of a word is the word in an accent
SWITCHED = r"\([a-z-]+\)"  # espeak-ng's mark where a voice reads a word by another language's rules
STRESS = str.maketrans("", "", "ˈˌː̩ʲ̃")
SAME = {"ɾ": "t", "ᵻ": "ɪ", "ɐ": "ə", "o": "ɔ", "r": "ɹ", "ʔ": "t", "e": "ɛ", "x": "k", "ɬ": "l", "ç": "h"}

# Height 0 (close) to 6 (open), backness 0 (front) to 4 (back), and 1 for a glide at the end: the IPA's vowel chart.
VOWELS = {
    "i": (0, 0, 0), "ɪ": (1, 1, 0), "eɪ": (2, 0, 1), "ɛ": (4, 0, 0), "æ": (5, 0, 0), "aɪ": (6, 1, 1), "aʊ": (6, 2, 1),
    "ɑ": (6, 4, 0), "ɔ": (4, 4, 0), "ɔɪ": (4, 3, 1), "oʊ": (2, 4, 1), "ʊ": (1, 3, 0), "u": (0, 4, 0), "ʌ": (4, 3, 0),
    "ə": (3, 2, 0), "ɜ": (4, 2, 0), "ɚ": (3, 2, 1),
}  # fmt: skip
# Place from the lips (0) to the glottis (6), manner, voice: the IPA's consonant chart.
CONSONANTS = {
    "p": (0, "stop", 0), "b": (0, "stop", 1), "m": (0, "nasal", 1), "f": (1, "fricative", 0), "v": (1, "fricative", 1),
    "θ": (2, "fricative", 0), "ð": (2, "fricative", 1), "t": (3, "stop", 0), "d": (3, "stop", 1), "n": (3, "nasal", 1),
    "s": (3, "fricative", 0), "z": (3, "fricative", 1), "l": (3, "approximant", 1), "ɹ": (3, "approximant", 1.5),
    "ʃ": (4, "fricative", 0), "ʒ": (4, "fricative", 1), "tʃ": (4, "affricate", 0), "dʒ": (4, "affricate", 1),
    "j": (4, "approximant", 1), "w": (0, "approximant", 1), "k": (5, "stop", 0), "ɡ": (5, "stop", 1),
    "ŋ": (5, "nasal", 1), "h": (6, "fricative", 0),
}  # fmt: skip

Phonemes = tuple[str, ...]


def phonemes(transcription: str) -> Phonemes:
    """Phonemes of one line of espeak-ng's IPA with "_" between them, without stress and length.

    Its joint symbols are taken apart ("ɑːɹ", "əl", "aɪɚ"), and what differs by accent only is made one.
    """
    found: list[str] = []
    for symbol in re.split(r"[_\s]+", re.sub(SWITCHED, "", transcription).translate(STRESS)):
        while symbol:
            size = next((n for n in (2, 1) if symbol[:n] in VOWELS or symbol[:n] in CONSONANTS), 1)
            found.append(SAME.get(symbol[:size], symbol[:size]))
            symbol = symbol[size:]
    return tuple(found)


def transcribe(texts: list[str], voice: str = "en-us") -> list[Phonemes]:
    """Phonemes of each text, in American English unless told; about 0.8 ms a word and core."""
    command = ["espeak-ng", "-q", "--ipa", "--sep=_", "-v", voice]
    inputs = ["\n".join(texts[k : k + CHUNK]) + "\n" for k in range(0, len(texts), CHUNK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(lambda t: subprocess.run(command, input=t, capture_output=True, text=True, check=True), inputs)
    lines = [line for chunk in done for line in chunk.stdout.splitlines()]
    if len(lines) != len(texts):
        raise ValueError(f"espeak-ng wrote {len(lines)} lines for {len(texts)} texts; give one word or phrase a text")
    return [phonemes(line) for line in lines]


@cache
def substituted(a: str, b: str) -> float:
    """Cost of hearing one phoneme for another, 0 for the same to 1.2 for a vowel and a consonant."""
    if a == b:
        return 0.0
    if a in VOWELS and b in VOWELS:
        (height, back, glide), (other_height, other_back, other_glide) = VOWELS[a], VOWELS[b]
        return min(1.0, 0.12 * abs(height - other_height) + 0.1 * abs(back - other_back) + 0.2 * (glide != other_glide))
    if a in CONSONANTS and b in CONSONANTS:
        (place, manner, voice), (other_place, other_manner, other_voice) = CONSONANTS[a], CONSONANTS[b]
        apart = 0.15 + 0.08 * abs(place - other_place) if place != other_place else 0.0
        return min(1.0, apart + 0.35 * (manner != other_manner) + 0.25 * abs(voice - other_voice))
    return 1.2


def distance(a: Phonemes, b: Phonemes) -> float:
    """Edit distance of two words (Wagner and Fischer 1974), with the costs above."""
    row = [INSERTED * j for j in range(len(b) + 1)]
    for symbol in a:
        diagonal, row[0] = row[0], row[0] + INSERTED
        for j, other in enumerate(b, 1):
            cost = min(diagonal + substituted(symbol, other), row[j] + INSERTED, row[j - 1] + INSERTED)
            diagonal, row[j] = row[j], cost
    return row[-1]


def accents_near(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The languages in which espeak-ng reads a word so that it is still the English word."""
    (target,) = transcribe([word])
    read = {language: transcribe([word], language)[0] for language in languages}
    return tuple(name for name, symbols in read.items() if distance(symbols, target) <= NEAR * len(target))


def occurrences(whole: tuple, part: tuple) -> int:
    """How often `part` stands unbroken in `whole`."""
    return sum(whole[k : k + len(part)] == part for k in range(len(whole) - len(part) + 1))


def contains(whole: tuple, part: tuple) -> bool:
    """Whether `part` stands unbroken in `whole`."""
    return occurrences(whole, part) > 0


def shared(a: Phonemes, b: Phonemes) -> int:
    """How many phonemes two words have in common from their start."""
    return next((k for k, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def flite_phones(text: str) -> tuple[str, ...]:
    """Phones of a text by flite, without pauses."""
    command = ["flite", "-voice", "kal16", "-ps", "-t", text, "-o", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(phone for phone in done.stdout.split() if phone != "pau")


def all_flite_phones(texts: list[str]) -> list[tuple[str, ...]]:
    """Phones of each text by flite: of those of one sentence in one process, of others in one each."""
    single = [text for text in texts if not re.search(r"[.!?:;]\s", text)]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n\n".join(single) + "\n")
        file.flush()
        # The shortest speech, which nobody hears: the time goes into its samples.
        command = ["flite", "-voice", "kal16", "--setf", "duration_stretch=0.1", "-ps", "-f", file.name, "-o", "none"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    if single and len(lines) != len(single):
        raise ValueError(f"flite wrote {len(lines)} lines for {len(single)} texts, expected a line for each")
    known = dict(zip(single, (tuple(phone for phone in line.split() if phone != "pau") for line in lines)))
    return [known[text] if text in known else flite_phones(text) for text in texts]


def without_phones(texts: list[str], part: tuple[str, ...]) -> Iterator[str]:
    """Those of the texts in which flite doesn't say `part`, some looked at a time."""
    for k in range(0, len(texts), LOOKED_AT):
        some = texts[k : k + LOOKED_AT]
        yield from (text for text, phones in zip(some, all_flite_phones(some)) if not contains(phones, part))


def dictionary_words(letters: int, path: Path = DICTIONARY) -> list[str]:
    """Words and names of at most `letters` letters, sorted; FileNotFoundError where there is no dictionary."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no word list to look for confusable words in; apt-get install wamerican")
    lines = path.read_text(encoding="utf-8").splitlines()
    return sorted({line for line in lines if 1 < len(line) <= letters and re.fullmatch("[A-Z]?[a-z]+", line)})


class Lexicon:
    """A dictionary's words and their phonemes, those that contain a wake word taken out."""

    def __init__(self, word: str, words: list[str] | None = None):
        words = dictionary_words(len(word) + EXTRA_LETTERS) if words is None else words
        self.word = word
        self.target, *found = transcribe([word, *words])
        if not self.target:
            raise ValueError(f"espeak-ng has no phonemes for {word!r}, expected an English word or phrase")
        self.words = {
            other: symbols
            for other, symbols in zip(words, found)
            if symbols and word.lower() not in other.lower() and not contains(symbols, self.target)
        }

    def confusables(self, nearest: int = NEAREST, sharing: int = SHARED) -> list[str]:
        """The nearest words, then those that share the beginning, then those that share the end."""
        far = {other: distance(symbols, self.target) for other, symbols in self.words.items()}
        far = {other: cost for other, cost in far.items() if cost > HOMOPHONE}
        half = (len(self.target) + 1) // 2
        begun = {other: shared(self.words[other], self.target) for other in far}
        ended = {other: shared(self.words[other][::-1], self.target[::-1]) for other in far}
        ways = [(sorted(far, key=lambda other: (far[other], other)), nearest)]
        for common in (begun, ended):
            sharers = [other for other in far if common[other] >= half]
            ways.append((sorted(sharers, key=lambda other: (-common[other], far[other], other)), sharing))
        part = flite_phones(self.word)
        chosen: list[str] = []
        for candidates, count in ways:
            added = 0
            new = [other for other in candidates if other.lower() not in map(str.lower, chosen)]
            for other in without_phones(new, part):
                if added == count:
                    break
                if other.lower() not in map(str.lower, chosen):
                    chosen.append(other)
                    added += 1
        return chosen


def main() -> None:
    """Print the confusable words of a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--word", default="happy")
    print("\n".join(Lexicon(parser.parse_args().word).confusables()))


if __name__ == "__main__":
    main()
