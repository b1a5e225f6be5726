"""What every original's script shares: the signals, and the writing of vectors and of their manifest."""

import json
from pathlib import Path

import numpy as np
import soundfile

FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "front-ends"
SIGNALS = FOLDER / "signals"
MANIFEST = FOLDER / "manifest.json"
RATE = 16000

ALL = ("speech-espeak", "speech-flite", "chirp", "noise", "silence", "near-silence", "clipping", "dc", "step")
"""Signals of a preset's own entry."""
ENDS = (*ALL, "short")
"""The same, and a clip shorter than a window, where an original pads."""
TWO = ("speech-flite", "noise")
"""Signals of a variation."""


def int16(name):
    """[samples] int16"""
    samples, rate = soundfile.read(SIGNALS / f"{name}.flac", dtype="int16")
    assert rate == RATE and samples.ndim == 1, f"{name}: {rate} Hz, {samples.ndim} axes"
    return samples


def unit(name, dtype=np.float64):
    """[samples] in [−1, 1): int16 / 32768, exact in float32 too."""
    return int16(name).astype(dtype) / dtype(32768)


class Vectors:
    """Collects what one original yields; `write` replaces its earlier entries in the manifest."""

    def __init__(self, script, original, precision):
        self.script = script
        self.original = original  # name and version
        self.precision = precision  # in which the original computed: "float32" or "float64"
        self.entries = []

    def add(self, name, recipe, call, compute, signals=TWO):
        """`compute(signal's name)` gives [frames, size]; `call` is what ran, in words of the original's interface."""
        frames = {signal: np.asarray(compute(signal)) for signal in signals}
        sizes = {values.shape[1:] for values in frames.values()}
        assert len(sizes) == 1 and len(next(iter(sizes))) == 1, f"{name}: shapes {[v.shape for v in frames.values()]}"
        values = np.concatenate(list(frames.values()))
        assert np.isfinite(values).all(), f"{name}: not finite"
        original = f"{self.original}: {call}"
        counts = {signal: len(each) for signal, each in frames.items()}
        entry = {"name": name, "script": self.script, "original": original, "precision": self.precision}
        self.entries.append(({**entry, "recipe": recipe, "frames": counts, "file": f"{name}.npy"}, values))

    def write(self):
        FOLDER.mkdir(parents=True, exist_ok=True)
        manifest = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else []
        for old in manifest:
            if old["script"] == self.script:
                (FOLDER / old["file"]).unlink(missing_ok=True)
        kept = [entry for entry in manifest if entry["script"] != self.script]
        for entry, values in self.entries:
            np.save(FOLDER / entry["file"], np.ascontiguousarray(values, "<f4"))
            kept.append(entry)
            print(f"{entry['name']}: {values.shape}, {values.min():.4g} to {values.max():.4g}")
        kept.sort(key=lambda entry: entry["name"])
        MANIFEST.write_text("[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in kept) + "\n]\n")
