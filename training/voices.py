"""Who speaks synthetic speech: programs, their voices, and a speaker's formants, pitch, speed and liveliness.

Formants follow from a sampling rate: sound that is played faster has shorter vocal tracts. The synthesizer is asked for
a lower pitch and a slower speed in return, so that the three are independent.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from . import festival

ACCENTS = ("en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc", "en-029")
VARIANTS = (
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "AnxiousAndy", "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo",
    "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "Storm", "adam", "anika", "antonio", "aunty",
    "belinda", "benjamin", "boris", "caleb", "croak", "david", "ed", "edward", "edward2", "f1", "f2", "f3", "f4", "f5",
    "grandma", "grandpa", "gustave", "iven", "iven2", "iven3", "iven4", "john", "kaukovalta", "klatt", "klatt2",
    "klatt3", "klatt4", "klatt5", "klatt6", "linda", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "marcelo", "max",
    "michel", "miguel", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph",
    "steph2", "steph3", "travis", "victor", "whisper", "whisperf", "zac",
)  # fmt: skip
# Voices of other languages reading English spelling: sounds and rhythms that English lacks.
LANGUAGES = ("es", "de", "fr-fr", "it", "tr", "pl", "pt", "nl", "sv", "fi", "hu", "ro", "id", "sw", "cs", "da")
FLITE_VOICES = ("awb", "rms", "kal16")  # slt speaks models/samples and is kept out of training
OWN_PITCHES = {"rms": 96.0}  # Hz; this voice doesn't do as it is asked
FACTORS = (0.75, 2.3)  # within which the pitch of such a voice is changed afterwards
FLITE_SHARE, FESTIVAL_SHARE = 0.3, 0.2
LANGUAGE_SHARE = 0.2
STRETCHES = (0.75, 1.6)  # duration, of the voice's own
# Formants of women and children lie 17 % and 35 % above men's, pitches at 223 and 264 Hz, not 132: Peterson and Barney
# 1952, table II. Share, formants' factor and mean pitch in Hz as heard, of a man's voice that is made another person's.
PEOPLE = ((0.4, (0.92, 1.08), (75, 165)), (0.4, (1.08, 1.22), (150, 270)), (0.2, (1.2, 1.36), (210, 340)))
ESPEAK_FORMANTS, ESPEAK_PITCHES, ESPEAK_SPEED = (0.88, 1.22), (5, 95), 150  # its variants are men and women already
LIVELINESS = (0.04, 0.3)  # standard deviation of the pitch, of its mean: from flat to a call


@dataclass(frozen=True)
class Voice:
    """One speaker, drawn for one utterance.

    `formants`: factor over the program's voice. `stretch`: duration over the program's, as heard. `pitch`: mean in Hz
    as heard; with espeak-ng its own scale of 0 to 99, before the formants. `deviation`: of the pitch, in Hz.
    """

    program: str
    name: str
    formants: float
    stretch: float
    pitch: float
    deviation: float = 0.0

    @property
    def accent(self) -> str | None:
        """Of espeak-ng's voices, the language or accent."""
        return self.name.split("+")[0] if self.program == "espeak-ng" else None

    @property
    def factor(self) -> float:
        """How many times as high the program's own sound must get, by residual.py."""
        own = OWN_PITCHES.get(self.name)
        return float(np.clip(self.pitch / self.formants / own, *FACTORS)) if own else 1.0

    def command(self, text: str) -> tuple[str, ...]:
        """What espeak-ng or flite is called with to write a WAV file of the text to standard output."""
        slower = self.stretch * self.formants * self.factor
        if self.program == "espeak-ng":
            speed = f"{ESPEAK_SPEED / slower:.0f}"
            return ("espeak-ng", "-v", self.name, "-s", speed, "-p", f"{self.pitch:.0f}", "--stdout", text)
        return (
            "flite", "-voice", self.name, "--setf", f"duration_stretch={slower:.3f}",
            "--setf", f"int_f0_target_mean={self.pitch / self.formants:.0f}",
            "--setf", f"int_f0_target_stddev={self.deviation / self.formants:.0f}", "-t", text, "-o", "/dev/stdout",
        )  # fmt: skip

    def script(self, text: str, path: str) -> str:
        """What festival is given to write a WAV file of the text."""
        pitch, deviation = self.pitch / self.formants, self.deviation / self.formants
        return festival.line(self.name, text, self.stretch * self.formants, pitch, deviation, path)


def festival_voices() -> tuple[str, ...]:
    """festival's voices that are installed; says in a line on standard error which are not."""
    there = festival.installed()
    missing = [name for name in festival.VOICES if name not in there]
    if missing:
        packages = " ".join(("festival", *(festival.VOICES[name] for name in missing)))
        print(f"synthesis goes without {', '.join(missing)}; apt-get install {packages}", file=sys.stderr)
    return tuple(name for name in festival.VOICES if name in there)


def uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """A number between the bounds, at equal chances for equal ratios."""
    return float(np.exp(rng.uniform(*np.log(bounds))))


def recorded(names: dict[str, tuple[str, ...]], rng: np.random.Generator) -> Voice:
    """A man, a woman or a child out of a recorded voice, of the names a program has."""
    programs = sorted(program for program in names if names[program])
    shares = np.array([FESTIVAL_SHARE if program == "festival" else FLITE_SHARE for program in programs])
    program = programs[rng.choice(len(programs), p=shares / shares.sum())]
    name = names[program][rng.integers(len(names[program]))]
    _, formants, pitches = PEOPLE[rng.choice(len(PEOPLE), p=[share for share, *_ in PEOPLE])]
    pitch, formant, stretch, lively = (uniform(bounds, rng) for bounds in (pitches, formants, STRETCHES, LIVELINESS))
    return Voice(program, name, formant, stretch, pitch, pitch * lively)


def espeak(accents: tuple[str, ...], rng: np.random.Generator) -> Voice:
    """Any of espeak-ng's speakers in one of the accents."""
    name = f"{accents[rng.integers(len(accents))]}+{VARIANTS[rng.integers(len(VARIANTS))]}"
    formants, stretch = uniform(ESPEAK_FORMANTS, rng), uniform(STRETCHES, rng)
    return Voice("espeak-ng", name, formants, stretch, rng.uniform(*ESPEAK_PITCHES))


def anybody(names: dict[str, tuple[str, ...]], foreign: tuple[str, ...], rng: np.random.Generator) -> Voice:
    """A recorded voice or one of espeak-ng's, LANGUAGE_SHARE of all in an accent of `foreign` where there are any."""
    if rng.random() < FLITE_SHARE + FESTIVAL_SHARE:
        return recorded(names, rng)
    abroad = bool(foreign) and rng.random() < LANGUAGE_SHARE / (1 - FLITE_SHARE - FESTIVAL_SHARE)
    return espeak(foreign if abroad else ACCENTS, rng)
