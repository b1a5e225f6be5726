"""torchaudio's MFCC and mel spectrograms, and its port of Kaldi: `python3 torchaudio_features.py`. In double precision.

All of it is Python over torch. torchaudio's compiled extension serves other functions only; where it can't be loaded (a
wheel for CUDA beside a torch without), an empty module takes its place.
"""

import sys
import types

import numpy as np
import torch

from vectors import ALL, ENDS, Vectors, int16, unit

try:
    import torchaudio
except OSError:
    for name in [name for name in sys.modules if name.startswith("torchaudio")]:
        del sys.modules[name]
    extension = types.ModuleType("torchaudio._extension")
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
    extension.fail_if_no_align = lambda function: function
    sys.modules["torchaudio._extension"] = extension
    import torchaudio

from torchaudio import functional, transforms
from torchaudio.compliance import kaldi

torch.set_default_dtype(torch.float64)

NARROW = {"n_fft": 256, "win_length": 200, "hop_length": 80, "n_mels": 20}
SMALL = {"n_fft": 512, "win_length": 400, "hop_length": 160, "n_mels": 40}
SMALL_RECIPE = {"preset": "torchaudio", "fftSize": 512, "windowLength": 400, "hopLength": 160, "numMels": 40}


def transform(signal, *steps):
    """[frames, size]"""
    values = torch.from_numpy(unit(signal))
    for step in steps:
        values = step(values)
    return values.T.numpy()


def mel(**options):
    return transforms.MelSpectrogram(16000, **options)


def decibels(top_db):
    return transforms.AmplitudeToDB("power", top_db)


def presets(vectors):
    vectors.add("torchaudio", {"preset": "torchaudio"}, "transforms.MFCC()", lambda s: transform(s, transforms.MFCC()), ENDS)
    call = "transforms.MelSpectrogram(), AmplitudeToDB('power', 80)"
    recipe = {"preset": "torchaudio", "dct": "none"}
    vectors.add("torchaudio-mel", recipe, call, lambda s: transform(s, mel(), decibels(80.0)), ALL)


def variations(vectors):
    options = {**SMALL, "f_min": 20.0, "f_max": 7600.0}
    recipe = {**SMALL_RECIPE, "lowFrequency": 20, "highFrequency": 7600, "numCoefficients": 13}
    recipe |= {"log": "ln", "floorKind": "add", "logFloor": 1e-6, "topDb": 0}
    mfcc = transforms.MFCC(16000, 13, log_mels=True, melkwargs=options)
    call = "transforms.MFCC(n_mfcc 13, log_mels=True, n_fft 512, win_length 400, hop_length 160, n_mels 40, 20 to 7600 Hz)"
    vectors.add("torchaudio-log-mels", recipe, call, lambda s: transform(s, mfcc), ("speech-flite", "noise", "silence"))

    options = {**SMALL, "mel_scale": "slaney", "norm": "slaney", "pad_mode": "constant"}
    recipe = {**SMALL_RECIPE, "melScale": "slaney", "melNorm": "slaney", "padding": "zeros", "window": "hamming"}
    recipe |= {"dct": "none", "topDb": 0}
    spectrogram = mel(**options, window_fn=torch.hamming_window)
    call = "MelSpectrogram(slaney, norm slaney, hamming_window, pad_mode 'constant'), AmplitudeToDB('power', None)"
    vectors.add("torchaudio-slaney-hamming", recipe, call, lambda s: transform(s, spectrogram, decibels(None)))

    options = {**SMALL, "win_length": 512, "power": 1.0, "center": False, "wkwargs": {"periodic": False}}
    recipe = {**SMALL_RECIPE, "windowLength": 512, "framing": "whole", "padding": "zeros", "spectrum": "magnitude"}
    recipe |= {"window": "hann-symmetric", "log": "log10", "floorKind": "add", "logFloor": 1e-6, "topDb": 0, "dct": "none"}
    magnitude = mel(**options)
    call = "log10(MelSpectrogram(power 1, center False, win_length 512, hann_window(periodic=False)) + 1e-6)"
    vectors.add("torchaudio-magnitude", recipe, call, lambda s: np.log10(transform(s, magnitude) + 1e-6))

    recipe = {"preset": "torchaudio", "sampleRate": 8000, "fftSize": 256, "windowLength": 200, "hopLength": 80}
    recipe |= {"numMels": 20, "numCoefficients": 12, "highFrequency": 4000, "deltas": 2, "deltaWindow": 3}
    narrow = transforms.MFCC(8000, 12, melkwargs=NARROW)
    call = "transforms.MFCC(8000, 12), and functional.compute_deltas(win_length 7) once and twice"
    vectors.add("torchaudio-8k-deltas", recipe, call, lambda s: transform(s, narrow, with_deltas))


def with_deltas(features):
    """[3 × size, frames]"""
    first = functional.compute_deltas(features, 7)
    return torch.cat([features, first, functional.compute_deltas(first, 7)])


def kaldis(vectors):
    options = {"dither": 0.0, "use_energy": True, "energy_floor": 0.0}
    call = "compliance.kaldi.mfcc(dither=0, use_energy=True, energy_floor=0)"
    vectors.add("torchaudio-kaldi", {"preset": "kaldi"}, call, lambda s: compliance(kaldi.mfcc, s, **options), ALL)
    options = {"dither": 0.0, "num_mel_bins": 40, "snip_edges": False, "window_type": "hamming", "low_freq": 60.0}
    recipe = {"preset": "kaldi-fbank", "numMels": 40, "lowFrequency": 60, "window": "hamming-symmetric"}
    recipe |= {"framing": "rounded", "padding": "symmetric"}
    call = "compliance.kaldi.fbank(dither=0, num_mel_bins=40, snip_edges=False, window_type='hamming', low_freq=60)"
    vectors.add("torchaudio-kaldi-fbank", recipe, call, lambda s: compliance(kaldi.fbank, s, **options))


def compliance(function, signal, **options):
    return function(torch.from_numpy(int16(signal).astype(np.float64))[None], **options).numpy()


if __name__ == "__main__":
    vectors = Vectors("torchaudio_features", f"torchaudio {torchaudio.__version__}", "float64")
    presets(vectors)
    variations(vectors)
    kaldis(vectors)
    vectors.write()
