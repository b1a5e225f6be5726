"""Writes the test signals, test/fixtures/front-ends/signals/*.flac: `python3 signals.py`.

16-bit mono at 16 kHz; a recipe at another rate takes the same samples as if they were at that rate. Lengths are odd, hence
multiples of no hop. espeak-ng and flite (Debian's programs) speak; the rest is arithmetic and a seeded
generator. The files are committed: other versions of the two programs may speak otherwise.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from vectors import RATE, SIGNALS

RNG = np.random.default_rng(20250)


def spoken(length, start, command, into_file):
    """[length] of what a program says, from `start` seconds, brought to 16 kHz, its peak at 0.6."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        subprocess.run([*command, into_file, str(path)], check=True)
        samples, rate = soundfile.read(path)
    samples = resample_poly(samples, RATE, rate)
    first = int(start * RATE)
    assert len(samples) >= first + length, f"{command[0]}: {len(samples)} samples, expected {first + length}"
    samples = samples[first : first + length]
    return 0.6 * samples / np.abs(samples).max()


def chirp(length):
    """A quiet exponential sweep, 60 Hz to 7.6 kHz."""
    t = np.arange(length) / length
    growth = np.log(7600 / 60)
    return 0.05 * np.sin(2 * np.pi * 60 * (length / RATE) * (np.exp(growth * t) - 1) / growth)


def clipping(length):
    """440 Hz and an overtone, 4 dB over full scale."""
    t = 2 * np.pi * np.arange(length) / RATE
    return 1.6 * np.sin(440 * t) + 0.2 * np.sin(3000 * t)


def step(speech):
    """Digital silence, loud speech at once, digital silence."""
    samples = 1.6 * speech[1200:6800]
    return np.concatenate([np.zeros(1609), samples, np.zeros(800)])


def main():
    espeak = spoken(9137, 0.05, ["espeak-ng", "-v", "en-us", "-s", "150", "hey tympan"], "-w")
    flite = spoken(8123, 0.15, ["flite", "-voice", "slt", "-t", "turn the lights on"], "-o")
    signals = {
        "speech-espeak": espeak,
        "speech-flite": flite,
        "chirp": chirp(7001),
        "noise": RNG.normal(0, 0.1, 5237),
        "silence": np.zeros(3001),
        "near-silence": RNG.integers(-1, 2, 4003) / 32768,
        "clipping": clipping(4507),
        "dc": 0.3 + RNG.normal(0, 0.001, 4201),
        "step": step(espeak),
        "short": flite[3000:3301],
    }
    SIGNALS.mkdir(parents=True, exist_ok=True)
    for name, samples in signals.items():
        integers = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
        soundfile.write(SIGNALS / f"{name}.flac", integers, RATE, subtype="PCM_16", compression_level=1.0)
        print(f"{name}: {len(integers)} samples, peak {np.abs(integers.astype(int)).max()}")


if __name__ == "__main__":
    main()
