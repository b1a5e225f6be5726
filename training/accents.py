"""Words as other accents and quick speech pronounce them, said by espeak-ng's English voices.

An American tap before an ending without r, as Australians have it, or a clear t before an r; vowels that are hardly
said.
"""

from __future__ import annotations

import subprocess
from functools import cache

import numpy as np

from .voices import ACCENTS, Voice

SHARE = 0.5  # of what the English voices say alone
AMERICAN_SHARE = 0.4  # of these, for their taps
TAP = ("t#", "*")  # in espeak-ng's names of phonemes: as American voices have it, and as all have it
SLUR_SHARE = 0.4  # chance of each of these
SLURS = (("@m", "m-"), ("@n", "n-"), ("@l", "l-"), ("u:", "U"))  # vowels that quick speech drops or hardly rounds


@cache
def pronounced(text: str, voice: str) -> str:
    """The text in espeak-ng's own names of phonemes, which its other voices can be asked to say."""
    command = ["espeak-ng", "-q", "-x", "-v", voice, text]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def accented(text: str, voice: Voice, rng: np.random.Generator) -> str | None:
    """The text in phonemes as another accent has it, for espeak-ng's English voices at times, else None; a mark behind
    it stays.
    """
    if voice.accent not in ACCENTS or rng.random() >= SHARE:
        return None
    words = text.rstrip("!?,.")
    accent = "en-us" if rng.random() < AMERICAN_SHARE else ACCENTS[rng.integers(len(ACCENTS))]
    phonemes = pronounced(words, accent).replace(*TAP)
    for slur in SLURS:
        phonemes = phonemes.replace(*slur) if rng.random() < SLUR_SHARE else phonemes
    return " ".join(f"[[{each}]]" for each in phonemes.split()) + text[len(words) :]
