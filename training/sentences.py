"""Texts to speak: sentences without the word, and short contexts around it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WRITTEN = Path(__file__).parent / "sentences.txt"
FUNCTION_WORDS = (
    "the a an this that these those my your his her our their some any no every each one two three all both and or but "
    "so if when while because then than as at by for from in into of off on onto out over to under up with about after "
    "before is was are were be been has had have will would can could should may might must do did not never always "
    "I you he she it we they me him us them who what where how why there here just only even still again also"
).split()
CONFUSABLE_SHARE, FUNCTION_SHARE = 0.15, 0.45  # of the words of a random sequence
SUBJECTS = (
    "I,you,we,they,my brother,her neighbour,the teacher,the old man,our doctor,a young woman,the children"
).split(",")
VERBS = "found,left,heard about,asked for,put away,carried,bought,painted,forgot,talked about,took,dropped".split(",")
OBJECTS = (
    "the keys,a cup of tea,the paper,some apples,a heavy box,the map,an empty cup,the ham,a hat,two tickets,the radio,"
    "a copy of the letter,half of the bread,the cat,his handbag,a piece of cake,the happening,their habits,the puppy"
).split(",")
PLACES = (
    "in the kitchen,at the station,behind the house,on the way home,near the harbour,at the hospital,up the hill,"
    "in the park,by the window,under the table,at the party,in the valley,on the balcony,before the meeting"
).split(",")
TIMES = ("yesterday,last night,on Monday,this morning,in April,half an hour ago,at seven,after lunch,in the end").split(
    ","
)
FRAMES = (
    "{s} {v} {o} {p} {t}.", "{t} {s} {v} {o}.", "Did anybody see that {s} {v} {o} {p}?",
    "{s} {v} {o} and {s2} {v2} {o2}.", "Perhaps {s} {v} {o}, but nobody was {p}.",
    "What was {p} when {s} {v} {o}?", "{s} said that {s2} {v} {o} {t}.", "Please don't tell {s} who {v} {o}.",
    "How many people {v} {o} {p} {t}?", "{o} and {o2} were {p} {t}.",
)  # fmt: skip
BEFORE = (
    "I said", "please say", "she was very", "are you", "so", "he looked", "it made me", "we are", "not", "the word",
    "they called it", "today I feel", "what is", "and then", "everybody seems", "the", "a", "this is", "hey", "oh",
)  # fmt: skip
AFTER = (
    "again", "to them", "today", "now", "with it", "about that", "and nothing else", "is what she said", "in the end",
    "people", "at last", "as well", "for me", "please", "when it rains", "because of you", "or not", "enough", "thing",
    "what time is it", "turn on the light", "turn it off", "play some music", "stop", "set a timer for ten minutes",
    "how is the weather", "open the door",
)  # fmt: skip


def written() -> list[str]:
    """The sentences of sentences.txt."""
    return [line for line in WRITTEN.read_text(encoding="utf-8").splitlines() if line.strip()]


def from_frame(rng: np.random.Generator) -> str:
    """A plain English sentence from a frame."""
    slots = {"s": SUBJECTS, "v": VERBS, "o": OBJECTS, "p": PLACES, "t": TIMES}
    filled = {
        name + again: options[rng.integers(len(options))] for name, options in slots.items() for again in ("", "2")
    }
    text = FRAMES[rng.integers(len(FRAMES))].format(**filled)
    return text[0].upper() + text[1:]


def sequence(length: int, words: list[str], confusables: list[str], rng: np.random.Generator) -> str:
    """`length` random words: of every kind of sound, which sentences written by hand are not."""
    draws = rng.random(length)
    chosen = []
    for draw in draws:
        if draw < CONFUSABLE_SHARE and confusables:
            source = confusables
        else:
            source = FUNCTION_WORDS if draw < CONFUSABLE_SHARE + FUNCTION_SHARE else words
        chosen.append(source[rng.integers(len(source))])
    return " ".join(chosen)


def context(phrases: tuple[str, ...], words: list[str], rng: np.random.Generator) -> str:
    """A phrase, or one to four random words."""
    if rng.random() < 0.5:
        return phrases[rng.integers(len(phrases))]
    return sequence(int(rng.integers(1, 5)), words, [], rng)


def around(word: str, words: list[str], rng: np.random.Generator) -> str:
    """The word with something before it, after it, or both."""
    draw = rng.random()
    before = context(BEFORE, words, rng) if draw < 0.8 else ""
    after = context(AFTER, words, rng) if draw > 0.3 else ""
    return " ".join(part for part in (before, word, after) if part)
