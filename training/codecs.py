"""What a recording went through before it is heard: telephone lines, old codecs, few bits, overdriven inputs.

Nothing here delays the sound by more than 2 ms (the telephone's filter does), so a word keeps its place. Opus is left
out: encoding takes 56 ms for a second of sound, thirty times the mean of `degrade`.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import soundfile
from scipy.signal import butter, firwin, oaconvolve, resample_poly, sosfilt

SAMPLE_RATE = 16000
TELEPHONE = (300.0, 3400.0)  # Hz, ITU-T G.712
U_LAW_BIAS, U_LAW_MAXIMUM = 33, 8158  # of 14-bit magnitudes; from 8159 on the last code, ITU-T G.711 table 2
LOW_PASS_TAPS = 97

Generator = np.random.Generator


def to_pcm(samples: np.ndarray) -> np.ndarray:
    """Samples of -1..1 as int16, rounded and clipped."""
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)


def u_law(pcm: np.ndarray) -> np.ndarray:
    """int16 samples after mu-law coding and decoding (ITU-T G.711), int16.

    A magnitude of 14 bits, biased by 33, keeps its exponent and 4 bits after its leading one.
    """
    value = pcm.astype(np.int32) >> 2
    biased = np.minimum(np.abs(value), U_LAW_MAXIMUM) + U_LAW_BIAS
    segment = np.log2(biased).astype(np.int32) - 5
    middle = ((biased >> (segment + 1)) << (segment + 1)) + (1 << segment)
    return (np.where(value < 0, -1, 1) * (middle - U_LAW_BIAS) * 4).astype(np.int16)


def a_law(pcm: np.ndarray) -> np.ndarray:
    """int16 samples after A-law coding and decoding (ITU-T G.711), int16.

    A magnitude of 12 bits keeps its exponent and 4 bits after its leading one; below 64 the steps are all of 2.
    """
    value = pcm.astype(np.int32) >> 3
    magnitude = np.where(value < 0, ~value, value)
    segment = np.maximum(np.log2(np.maximum(magnitude, 1)).astype(np.int32) - 4, 1)
    middle = ((magnitude >> segment) << segment) + (1 << (segment - 1))
    return (np.where(value < 0, -1, 1) * middle * 8).astype(np.int16)


@lru_cache(2)
def law_table(law: str) -> np.ndarray:
    """[65536] float32 in -1..1: the decoded value of each int16 sample, addressed as uint16."""
    every = np.arange(65536, dtype=np.uint16).view(np.int16)
    return (u_law if law == "u" else a_law)(every).astype(np.float32) / 32768


def companded(samples: np.ndarray, law: str) -> np.ndarray:
    """Samples of -1..1 after G.711 with law "u" or "a", float32."""
    return law_table(law)[to_pcm(samples).view(np.uint16)]


@lru_cache(32)
def low_pass_taps(cutoff: int) -> np.ndarray:
    """Linear-phase low-pass, cut-off in Hz."""
    return firwin(LOW_PASS_TAPS, cutoff, fs=SAMPLE_RATE)


def low_pass(samples: np.ndarray, cutoff: int) -> np.ndarray:
    """Nothing above `cutoff` Hz, no delay."""
    return oaconvolve(samples, low_pass_taps(cutoff), mode="same")[: len(samples)].astype(np.float32)


@lru_cache(1)
def telephone_sections() -> np.ndarray:
    """The band of a telephone line at 8 kHz: second-order sections."""
    return butter(2, TELEPHONE, "band", fs=SAMPLE_RATE // 2, output="sos")


def narrow(samples: np.ndarray, band: bool) -> np.ndarray:
    """Samples at 8 kHz, limited to the telephone's band if `band`."""
    half = resample_poly(samples, 1, 2)
    return sosfilt(telephone_sections(), half) if band else half


def widened(half: np.ndarray, length: int) -> np.ndarray:
    """Samples of 8 kHz at 16 kHz again, [length]."""
    return resample_poly(half, 2, 1)[:length].astype(np.float32)


def through_file(samples: np.ndarray, rate: int, container: str, subtype: str) -> np.ndarray:
    """Samples encoded into a file in memory and decoded, same length; the codecs are libsndfile's."""
    file = io.BytesIO()
    soundfile.write(file, to_pcm(samples), rate, format=container, subtype=subtype)
    file.seek(0)
    decoded = soundfile.read(file, dtype="float32")[0][: len(samples)]
    return np.pad(decoded, (0, len(samples) - len(decoded)))


def telephone(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """A telephone line: band and G.711 of either law, or a GSM mobile's codec, which is slower (5 ms)."""
    half = narrow(samples, band=rng.random() < 0.7)
    if rng.random() < 0.2:
        half = through_file(half, SAMPLE_RATE // 2, "WAV", "GSM610")
    else:
        half = companded(half, "u" if rng.random() < 0.5 else "a")
    return widened(half, len(samples))


def old_codec(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """A low-pass at 3.4 to 7 kHz as of recordings once compressed."""
    return low_pass(samples, int(rng.choice((3400, 4000, 4500, 5500, 6200, 7000))))


def adpcm(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """IMA or Microsoft ADPCM, 4 bits a sample."""
    return through_file(samples, SAMPLE_RATE, "WAV", "IMA_ADPCM" if rng.random() < 0.5 else "MS_ADPCM")


def vorbis(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """Ogg Vorbis, a codec with a psychoacoustic model."""
    return through_file(samples, SAMPLE_RATE, "OGG", "VORBIS")


def few_bits(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """Quantized to 7 to 10 bits of the clip's own range, with dither in half of the cases."""
    step = max(float(np.abs(samples).max()), 1e-4) / 2 ** int(rng.integers(6, 10))
    dither = rng.random(len(samples)) - 0.5 if rng.random() < 0.5 else 0.0
    return (np.round(samples / step + dither) * step).astype(np.float32)


def overdriven(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """Clipped or softly limited at 15 to 60 % of the peak; the peak stays where it was."""
    peak = max(float(np.abs(samples).max()), 1e-4)
    limit = peak * rng.uniform(0.15, 0.6)
    bent = np.clip(samples, -limit, limit) if rng.random() < 0.5 else np.tanh(samples / limit) * limit
    return (bent * (peak / limit)).astype(np.float32)


KINDS = (
    (telephone, 0.34),
    (old_codec, 0.28),
    (overdriven, 0.14),
    (adpcm, 0.10),
    (few_bits, 0.10),
    (vorbis, 0.04),
)


def degrade(samples: np.ndarray, rng: Generator) -> np.ndarray:
    """One random way a recording is degraded: samples [n] of -1..1 to [n] float32, every sound in its place."""
    if len(samples) == 0:
        return samples.astype(np.float32)
    kinds, shares = zip(*KINDS)
    return kinds[rng.choice(len(kinds), p=shares)](samples, rng)
