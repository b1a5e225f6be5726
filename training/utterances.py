"""What synthetic speech says, and who says it: the utterances of a word's training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .confusables import Lexicon, accents_near, contains, flite_phones, occurrences, pronounced
from .sentences import around, from_frame, sequence, written
from .voices import ACCENTS, FLITE_VOICES, LANGUAGES, Voice, anybody, festival_voices, recorded

PARTS = ("positive", "negative", "speech", "sentence")
POSITIVES, NEGATIVES, SPEECH, SENTENCES = 700, 1500, 1500, 400  # utterances
WRITTEN_SHARE, FRAME_SHARE = 0.24, 0.33  # of the speech; the rest are random words
LEAD_IN_SHARE = 0.3  # of the word, of the words like it, and of the random words, where there are lead-ins
ACCENTED_SHARE = 0.5  # of what espeak-ng's English voices say alone, pronounced as in an accent that is not theirs
AMERICAN_SHARE = 0.4  # of these, for its taps
TAP = ("t#", "*")  # as American voices have it, and as all have it
MARKS = ("", "", "!", "?", ",", ".")  # behind a word alone: the synthesizers' melodies


@dataclass(frozen=True)
class Utterance:
    """What is said, by whom, into which file; `aligned`: where the word stands in it is asked for."""

    text: str
    voice: Voice
    path: Path
    aligned: bool = False


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
    wanted = (int(SPEECH * WRITTEN_SHARE), int(SPEECH * FRAME_SHARE))
    clear = [text for text in written() if not contains(flite_phones(text), part)]
    texts = cycled(clear, wanted[0])
    while len(texts) < SPEECH:
        framed = len(texts) < sum(wanted)
        text = from_frame(rng) if framed else sequence(int(rng.integers(4, 11)), words, confusables, rng)
        text = text if framed else led([text], lead_ins, rng)[0]
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


def accented(text: str, voice: Voice, rng: np.random.Generator) -> str:
    """The text as another accent pronounces it, for espeak-ng's English voices at times: an American tap before an
    ending without r, as Australians have it, or a clear t before an r.
    """
    if voice.accent not in ACCENTS or rng.random() >= ACCENTED_SHARE:
        return text
    words = text.rstrip("".join(MARKS))
    accent = "en-us" if rng.random() < AMERICAN_SHARE else ACCENTS[rng.integers(len(ACCENTS))]
    phonemes = pronounced(words, accent).replace(*TAP)
    return " ".join(f"[[{each}]]" for each in phonemes.split()) + text[len(words) :]


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
            text = accented(text, voice, own) if part in ("positive", "negative") else text
            utterances.append(Utterance(text, voice, folder / part / f"{k:04}.flac", aligned))
    return utterances
