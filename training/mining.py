"""Hard negatives: what the current network takes for a word, and positives in which it hears nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .corpus import Clip
from .detection import peaks, smooth
from .features import FrontEnd, to_float
from .fit import stream_posteriors
from .network import WakeWordNetwork
from .render import Shards

HOP_LENGTH, SAMPLE_RATE = 160, 16000
SMOOTHING = 100  # ms
BEFORE, BEHIND = 2.2, 0.4  # s of an excerpt before and behind the peak
APART = 1.5  # s between peaks of one stream
LOWEST = 0.02  # smoothed posterior below which nothing is worth keeping
MOST = 1200  # excerpts kept, the highest
EMPTY = 0.05  # smoothed posterior that a clip of the word has to reach anywhere
LONGEST_CLIP = 1.5  # s


def mine(network: WakeWordNetwork, frontend: dict, pool: Shards, most: int = MOST) -> list[tuple[float, np.ndarray]]:
    """Heights and excerpts [samples] int16 of the negatives in `pool` that come nearest to a word."""
    front_end = FrontEnd(frontend)
    kept: list[tuple[float, np.ndarray]] = []
    for shard in range(pool.rendering.shards):
        mel, _ = pool.read(shard)
        heard = np.concatenate(pool.samples(shard), axis=1)  # [batch, samples]
        mel = torch.from_numpy(np.concatenate(mel, axis=1)).float()  # [batch, frames, numMels]
        posteriors = stream_posteriors(network, front_end.normalize(mel @ front_end.dct)).amax(-1).numpy()
        period = network.architecture.period
        for samples, row in zip(heard, posteriors):
            for height, output in peaks(row, SMOOTHING, period, APART, LOWEST):
                frame = output * period + period - 1
                start, end = (frame * HOP_LENGTH + round(s * SAMPLE_RATE) for s in (-BEFORE, BEHIND))
                if start >= 0 and end <= len(samples):
                    kept.append((height, samples[start:end].copy()))
    kept.sort(key=lambda pair: -pair[0])
    return kept[:most]


def save(path: Path, excerpts: list[np.ndarray]) -> None:
    """Excerpts to a file that `render.load_mined` reads."""
    ends = np.cumsum([len(samples) for samples in excerpts])
    np.savez(path, samples=np.concatenate(excerpts), ends=ends)


def heights(network: WakeWordNetwork, frontend: dict, clips: list[Clip], word: int = 0) -> np.ndarray:
    """The highest smoothed posterior of a word, counted from 0, in each clip of it, [clips], heard in faint noise."""
    rng = np.random.default_rng(1)
    before, after = 8000, 12000  # samples
    length = before + int(LONGEST_CLIP * SAMPLE_RATE) + after
    rows = []
    for clip in clips:
        samples = to_float(clip.samples)[: int(LONGEST_CLIP * SAMPLE_RATE)]
        row = rng.standard_normal(length).astype(np.float32) * max(0.01 * float(np.sqrt(np.mean(samples**2))), 1e-4)
        row[before : before + len(samples)] += samples
        rows.append(row)
    period = network.architecture.period
    found = []
    for part in torch.from_numpy(np.stack(rows)).split(128):
        features = FrontEnd(frontend)(part)
        features = features[:, : features.shape[1] // period * period]
        posteriors = stream_posteriors(network, features)[..., word].numpy()
        found += [float(smooth(row, SMOOTHING, period).max()) for row in posteriors]
    return np.array(found)
