"""What synthetic speech says, and who says it: the utterances of a word's training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .accents import accented
from .confusables import Lexicon, accents_near, all_flite_phones, contains, flite_phones, occurrences
from .sentences import around, from_frame, sequence, written
from .voices import FLITE_VOICES, LANGUAGES, Voice, anybody, festival_voices, recorded

PARTS = ("positive", "negative", "speech", "sentence")
POSITIVES, NEGATIVES, SPEECH, SENTENCES = 700, 1500, 1500, 400  # utterances
WRITTEN_SHARE, FRAME_SHARE = 0.24, 0.33  # of the speech; the rest are random words
LEAD_IN_SHARE = 0.3  # of the word, of the words like it, and of the random words, where there are lead-ins
ATTEMPTS = 20  # at sentences in which flite says the word as it does alone
MARKS = ("", "", "!", "?", ",", ".")  # behind a word alone: the synthesizers' melodies


@dataclass(frozen=True)
class Utterance:
    """What is said, by whom, into which file; `aligned`: where the word stands in it is asked for; `spelled`: the text
    in phonemes, where the program is to say it in another accent.
    """

    text: str
    voice: Voice
    path: Path
    aligned: bool = False
    spelled: str | None = None

    @property
    def given(self) -> str:
        """What the program is given to say."""
        return self.spelled or self.text


def cycled(texts: list[str], count: int) -> list[str]:
    """`count` texts, each as often as any other or once more."""
    return [texts[k % len(texts)] for k in range(count)]


def led(texts: list[str], lead_ins: tuple[str, ...], rng: np.random.Generator) -> list[str]:
    """The texts, LEAD_IN_SHARE of them behind a lead-in ("hey") where there are any."""
    if not lead_ins:
        return texts
    return [
        f"{lead_ins[rng.integers(len(lead_ins))]} {text}" if rng.random() < LEAD_IN_SHARE else text for text in texts
    ]


def marked(texts: list[str], rng: np.random.Generator) -> list[str]:
    """The texts, each with a mark behind it."""
    return [text + MARKS[rng.integers(len(MARKS))] for text in texts]


def spoken_texts(
    word: str, lexicon: Lexicon, confusables: list[str], lead_ins: tuple[str, ...], rng: np.random.Generator
) -> list[str]:
    """SPEECH texts that flite, which runs words together, doesn't find the word in."""
    words, part = sorted(lexicon.words), flite_phones(word)
    by_hand, framed = int(SPEECH * WRITTEN_SHARE), int(SPEECH * FRAME_SHARE)

    def clear(texts: list[str]) -> list[str]:
        return [text for text, phones in zip(texts, all_flite_phones(texts)) if not contains(phones, part)]

    def random_words() -> str:
        return led([sequence(int(rng.integers(4, 11)), words, confusables, rng)], lead_ins, rng)[0]

    texts = cycled(clear(written()), by_hand)
    for count, made in ((by_hand + framed, lambda: from_frame(rng)), (SPEECH, random_words)):
        while len(texts) < count:
            texts += clear([made() for _ in range(count - len(texts))])
    return texts


def sentence_texts(word: str, lexicon: Lexicon, rng: np.random.Generator) -> list[str]:
    """SENTENCES texts in which flite says the word once, just as when it stands alone."""
    words, part = sorted(lexicon.words), flite_phones(word)
    texts: list[str] = []
    for _ in range(ATTEMPTS):
        made = [around(word, words, rng) for _ in range(SENTENCES - len(texts))]
        texts += [text for text, phones in zip(made, all_flite_phones(made)) if occurrences(phones, part) == 1]
        if len(texts) == SENTENCES:
            return texts
    alone = " ".join(part)
    raise ValueError(f"flite says {word!r} alone as {alone}, in sentences hardly ever; expected an English word")


def plan(
    word: str,
    folder: Path,
    seed: int,
    lexicon: Lexicon | None = None,
    positives: int | None = None,
    lead_ins: tuple[str, ...] = (),
) -> list[Utterance]:
    """The utterances of a word's training: the word, confusable words, speech without it, sentences with it."""
    rng = np.random.default_rng(seed)
    lexicon = lexicon or Lexicon(word)
    confusables = lexicon.confusables()
    parts = {
        "positive": marked(led([word] * (POSITIVES if positives is None else positives), lead_ins, rng), rng),
        "negative": marked(led(cycled(confusables, NEGATIVES), lead_ins, rng), rng),
        "speech": spoken_texts(word, lexicon, confusables, lead_ins, rng),
        "sentence": sentence_texts(word, lexicon, rng),
    }
    names = {"flite": FLITE_VOICES, "festival": festival_voices()}
    foreign = {"positive": accents_near(word, LANGUAGES), "speech": LANGUAGES}
    utterances = []
    for part, texts in parts.items():
        for k, text in enumerate(texts):
            # A generator for each, so that a voice doesn't depend on how many there are.
            own, aligned = np.random.default_rng([seed, PARTS.index(part), k]), part == "sentence"
            voice = recorded(names, own) if aligned else anybody(names, foreign.get(part, ()), own)
            spelled = accented(text, voice, own) if part in ("positive", "negative") else None
            utterances.append(Utterance(text, voice, folder / part / f"{k:04}.flac", aligned, spelled))
    return utterances
