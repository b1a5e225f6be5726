"""The shares of what streams are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

FEW = 300  # recordings of a word, below which synthesized speech is half of what is heard of it
FEW_SYNTHETIC = 0.08  # share of words like it then, among the other words


@dataclass(frozen=True)
class Recipe:
    """Shares of what is heard. Times in seconds, measured from the word's end to a frame's end."""

    kinds: tuple[tuple[str, float], ...] = (
        ("positive", 0.27),
        ("word", 0.24),
        ("speech", 0.20),
        ("chain", 0.11),
        ("fragment", 0.10),
        ("noise", 0.06),
        ("silence", 0.02),
        ("mined", 0.14),
    )
    positive_from: float = 0.10
    positive_to: float = 0.40
    ignored_to: float = 0.65
    words: tuple[tuple[str, float], ...] = (
        ("commands", 0.38),
        ("arabic", 0.22),
        ("community", 0.15),
        ("synthetic", 0.25),
        ("own", 0.20),
    )
    slowest: float = 0.85  # speed at which recordings of the words are played
    fastest: float = 1.17
    synthetic_positive: float = 0.08  # share of the positives
    sentence_positive: float = 0.05  # share of the positives inside a sentence
    embedded: float = 0.06  # share of the positives with another word right before or after them
    synthetic_speech: float = 0.40  # share of the continuous speech
    room: float = 0.25  # chance that a voice is in a room
    codec: float = 0.12  # chance that what is heard went through a codec
    swell: float = 0.0  # dB by which a word's loudness wanders at most, either way: weak beginnings and endings
    tails: bool = True  # whether a word's second half, alone or behind other speech, is among the fragments
    cut: float = 0.45  # chance that a piece is a recording cut into a quiet stream
    cut_noise: float = 0.6  # chance that such a recording has noise over it
    softest_noise: float = 24.0  # dB below the speech of such a recording; the loudest is as loud


def recipe_for(recordings: int, words: int = 1) -> Recipe:
    """Shares that fit so many recordings of a word, and so many words."""
    shares = dict(Recipe().kinds)
    shares["positive"] *= 1 + 0.25 * (words - 1)
    recipe = Recipe(kinds=tuple(shares.items()))
    if recordings >= FEW:
        return recipe
    # Words very like it, many of them, would be told from it by what few voices happen to do.
    return replace(
        recipe,
        words=tuple((source, FEW_SYNTHETIC if source == "synthetic" else share) for source, share in recipe.words),
        synthetic_positive=0.45,
        sentence_positive=0.12,
        slowest=0.78,
        fastest=1.28,
        swell=9.0,
        tails=False,
    )
