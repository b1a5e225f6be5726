"""Fresh changes to rendered log-mel energies: the vocal tract, gain, a microphone's response, and masks.

Warping: Jaitly and Hinton, "Vocal Tract Length Perturbation (VTLP) improves speech recognition", ICML workshop 2013.
SpecAugment: Park et al., "SpecAugment: A Simple Data Augmentation Method for ASR", Interspeech 2019.
"""

from __future__ import annotations

import math

import torch

GAIN = 1.2  # nats of energy, 5 dB either way
RESPONSE = 0.8  # nats, the largest slope or bow over the bands
BANDS = 6  # the widest masked stretch of the 40 mels
FRAMES = 7  # the longest masked stretch; 70 ms, far below a word
TIME_MASKS, BAND_MASKS = 3, 2  # at most, in a segment of 3 s
SHARE = 0.6  # of the streams whose segment is changed
EDGES = (20.0, 7600.0)  # Hz, of the front end's bands
FLOOR = -13.815511  # ln 1e-6, what digital silence gives


def uniform(shape: tuple[int, ...], low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    """Numbers in [low, high)."""
    return low + (high - low) * torch.rand(shape, generator=generator)


def stretches(count: int, length: int, longest: int, generator: torch.Generator) -> torch.Tensor:
    """[count, length] bool, true over a random stretch of 0 to `longest`."""
    width = uniform((count, 1), 0, longest + 1, generator).floor()
    start = (uniform((count, 1), 0, 1, generator) * (length - width + 1)).floor()
    at = torch.arange(length)
    return (at >= start) & (at < start + width)


def warp(mel: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """[batch, frames, numMels] with formants moved along the bands as shorter (factors [batch] > 1) and longer vocal
    tracts move them: band b takes what was at frequency / factor; HTK's scale is taken as 700 ln(1 + f / 700).
    """
    bands = mel.shape[2]
    lowest, highest = (700 * math.log1p(f / 700) for f in EDGES)
    at = lowest + (highest - lowest) * torch.arange(1, bands + 1) / (bands + 1)
    source = 700 * torch.log1p(torch.expm1(at / 700)[None] / factors[:, None])
    place = ((source - lowest) / (highest - lowest) * (bands + 1) - 1).clamp(0, bands - 1)
    below = place.floor().long().clamp(max=bands - 2)
    shape = (len(mel), mel.shape[1], bands)
    low, high = (mel.gather(2, index[:, None].expand(shape)) for index in (below, below + 1))
    return torch.lerp(low, high, (place - below)[:, None])


def augment(mel: torch.Tensor, generator: torch.Generator, warping: float = 0.0) -> torch.Tensor:
    """[batch, frames, numMels] log energies with new gains and responses, and masked by their mean over time; formants
    up to the share `warping` higher or lower.
    """
    batch, frames, bands = mel.shape
    if warping:
        mel = warp(mel, torch.exp(uniform((batch,), -warping, warping, generator)))
    chosen = torch.rand(batch, 1, 1, generator=generator) < SHARE
    place = torch.linspace(-1, 1, bands)
    slope, bow = (uniform((batch, 1), -RESPONSE, RESPONSE, generator) for _ in range(2))
    gain = uniform((batch, 1), -GAIN, GAIN, generator)
    response = (gain + slope * place + bow * torch.cos(torch.pi * place))[:, None]
    masked = torch.zeros(batch, frames, bands, dtype=torch.bool)
    for _ in range(BAND_MASKS):
        masked |= stretches(batch, bands, BANDS, generator)[:, None]
    for _ in range(TIME_MASKS):
        masked |= stretches(batch, frames, FRAMES, generator)[:, :, None]
    changed = torch.where(masked, mel.mean(1, keepdim=True), mel) + response
    return torch.where(chosen, changed.clamp(min=FLOOR), mel)
