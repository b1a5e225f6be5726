"""Rooms of six walls by the image-source method, and a bank of their impulse responses.

Allen and Berkley, "Image method for efficiently simulating small-room acoustics", J. Acoust. Soc. Am. 65(4), 1979.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, fftconvolve, firwin, lfilter

SAMPLE_RATE = 16000
SPEED_OF_SOUND = 343.0  # m/s in air of 20 degrees C
OVERSAMPLING = 8  # arrivals are laid on a grid of 128 kHz (linearly between its points) and filtered down
JITTER = 0.04  # m, random displacement of images: exact lattices ring with sweeping echoes (De Sena et al., 2015)
CROSSOVER = 1500.0  # Hz, between the two bands of absorption
DECAY_KEPT = 45.0  # dB, responses end where the reverberation has fallen by this much
WALL_MARGIN = 0.2  # m, neither source nor microphone is closer to a wall
SABINE = 0.161  # s/m, 24 ln(10) / speed of sound


@dataclass(frozen=True)
class Room:
    """A shoebox. Sizes and positions in m; absorption (0..1) of all walls below and above the crossover."""

    size: tuple[float, float, float]
    source: tuple[float, float, float]
    microphone: tuple[float, float, float]
    absorption: tuple[float, float]

    @property
    def reverberation_time(self) -> float:
        """Seconds to fall by 60 dB in the low band, by Eyring's formula."""
        return eyring(self.size, self.absorption[0])

    @property
    def distance(self) -> float:
        """From source to microphone in m."""
        return float(np.linalg.norm(np.subtract(self.source, self.microphone)))


def volume_per_surface(size: tuple[float, float, float]) -> float:
    """Volume over surface in m."""
    x, y, z = size
    return x * y * z / (2 * (x * y + y * z + z * x))


def eyring(size: tuple[float, float, float], absorption: float) -> float:
    """Reverberation time in s: 0.161 V / (-S ln(1 - absorption)); absorption above 0 and below 1."""
    if not 0 < absorption < 1:
        raise ValueError(f"absorption {absorption} of a room's walls, expected more than 0 and less than 1")
    return SABINE * volume_per_surface(size) / -np.log1p(-absorption)


def absorption_for(size: tuple[float, float, float], reverberation_time: float) -> float:
    """The walls' absorption that gives a reverberation time in s: Eyring's formula solved for it."""
    return float(-np.expm1(-SABINE * volume_per_surface(size) / reverberation_time))


def random_room(rng: np.random.Generator) -> Room:
    """A living room, kitchen or office: 0.1 to 0.8 s of reverberation, 0.3 to 4 m from mouth to microphone."""
    distance = np.exp(rng.uniform(np.log(0.3), np.log(4.0)))
    while True:
        size = np.array((rng.uniform(2.2, 7.5), rng.uniform(2.0, 5.5), rng.uniform(2.2, 3.4)))
        microphone = rng.uniform(WALL_MARGIN, size - WALL_MARGIN)
        direction = rng.standard_normal(3) * (1, 1, 0.4)  # more often beside the microphone than above it
        source = microphone + distance * direction / np.linalg.norm(direction)
        if np.all(source > WALL_MARGIN) and np.all(source < size - WALL_MARGIN):
            break
    low = absorption_for(tuple(size), float(np.exp(rng.uniform(np.log(0.1), np.log(0.8)))))
    high = min(0.95, low * rng.uniform(0.9, 1.8))
    return Room(tuple(size.tolist()), tuple(source.tolist()), tuple(microphone.tolist()), (low, high))


def axis_images(size: float, source: float, microphone: float, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Along one axis: distances in m from the microphone to the images of the source, and walls they met.

    The images stand at (1 - 2q) source + 2n size, for q of 0 or 1, and have met |n - q| + |n| walls.
    """
    n = np.arange(-int(reach / (2 * size)) - 1, int(reach / (2 * size)) + 2)
    positions = np.concatenate([source + 2 * n * size, -source + 2 * n * size])
    walls = np.concatenate([2 * np.abs(n), np.abs(n - 1) + np.abs(n)])
    distances = positions - microphone
    near = np.abs(distances) <= reach
    return distances[near].astype(np.float32), walls[near]


def arrivals(room: Room, reach: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Distances in m and walls met of all images within `reach` m, without the source itself."""
    (x, i), (y, j), (z, k) = (
        axis_images(size, source, microphone, reach)
        for size, source, microphone in zip(room.size, room.source, room.microphone)
    )
    squares = (x * x)[:, None, None] + (y * y)[:, None] + z * z
    walls = (i[:, None, None] + j[:, None] + k)[squares <= reach * reach]
    distances = np.sqrt(squares[squares <= reach * reach])
    reflected = walls > 0
    distances = distances[reflected] + rng.uniform(-JITTER, JITTER, int(reflected.sum())).astype(np.float32)
    return np.maximum(distances, room.distance), walls[reflected]


def decimate(grid: np.ndarray, length: int) -> np.ndarray:
    """Every OVERSAMPLING-th sample of an oversampled response, low-passed without delay, [length]."""
    half = 8 * OVERSAMPLING
    taps = firwin(2 * half + 1, 0.95 / OVERSAMPLING, window=("kaiser", 6.0)) * OVERSAMPLING
    return fftconvolve(grid, taps)[half::OVERSAMPLING][:length]


def impulse_response(room: Room, rng: np.random.Generator, duration: float | None = None) -> np.ndarray:
    """[n] float32 at 16 kHz; its first sample is the direct sound, which is 1. `duration` in s."""
    times = [eyring(room.size, a) for a in room.absorption]
    duration = max(times) * DECAY_KEPT / 60 if duration is None else duration
    length = max(int(duration * SAMPLE_RATE), 64)
    reach = room.distance + length / SAMPLE_RATE * SPEED_OF_SOUND
    distances, walls = arrivals(room, reach, rng)
    place = (distances - np.float32(room.distance)) * np.float32(SAMPLE_RATE * OVERSAMPLING / SPEED_OF_SOUND)
    left = place.astype(np.int32)
    right_share = place - left
    size = (length + 16) * OVERSAMPLING
    bands = []
    for absorption in room.absorption:
        powers = (1 - absorption) ** (0.5 * np.arange(walls.max(initial=0) + 1))  # pressure left after n walls
        gains = powers.astype(np.float32)[walls] * (np.float32(room.distance) / distances)
        grid = np.bincount(left, gains * (1 - right_share), size) + np.bincount(left + 1, gains * right_share, size)
        bands.append(decimate(grid, length))
    taps = firwin(129, CROSSOVER, fs=SAMPLE_RATE)
    difference = fftconvolve(bands[0] - bands[1], taps)[64:][:length]
    # All images have one sign, so that they pile up towards 0 Hz; Allen and Berkley take that out likewise.
    response = lfilter(*butter(2, 80, "high", fs=SAMPLE_RATE), bands[1] + difference)
    response[0] += 1
    return response.astype(np.float32)


class Bank:
    """Impulse responses of random rooms; the same seed gives the same bank."""

    def __init__(self, count: int = 200, seed: int = 1):
        rng = np.random.default_rng(seed)
        self.rooms = [random_room(rng) for _ in range(count)]
        responses = [impulse_response(room, rng) for room in self.rooms]
        self.responses = [response / np.float32(np.linalg.norm(response)) for response in responses]

    def reverberate(self, samples: np.ndarray, rng: np.random.Generator, tail: int = 0) -> np.ndarray:
        """Samples [n] heard in a random room: [n + tail] float32, of about the same level, with no delay."""
        response = self.responses[rng.integers(len(self.responses))]
        heard = np.zeros(len(samples) + tail, np.float32)
        whole = fftconvolve(samples.astype(np.float32, copy=False), response)[: len(heard)]
        heard[: len(whole)] = whole
        return heard
