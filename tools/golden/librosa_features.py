"""librosa's MFCC and mel spectrograms: `python3 librosa_features.py`. In double precision, its mel filters in single."""

import librosa
import numpy as np

from vectors import ENDS, Vectors, unit

SMALL = {"sr": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160}
SMALL_RECIPE = {"preset": "librosa", "sampleRate": 16000, "fftSize": 512, "windowLength": 400, "hopLength": 160}


def mel(signal, **options):
    return librosa.feature.melspectrogram(y=unit(signal), **options)


def log_mel(signal, top_db=80.0, **options):
    """[frames, mels] dB"""
    return librosa.power_to_db(mel(signal, **options), top_db=top_db).T


def mfcc(signal, **options):
    return librosa.feature.mfcc(y=unit(signal), **options).T


def presets(vectors):
    vectors.add("librosa", {"preset": "librosa"}, "feature.mfcc(y, sr=22050)", lambda s: mfcc(s, sr=22050), ENDS)
    recipe = {"preset": "librosa", "dct": "none"}
    call = "power_to_db(feature.melspectrogram(y, sr=22050))"
    vectors.add("librosa-mel", recipe, call, lambda s: log_mel(s, sr=22050), ENDS)


def variations(vectors):
    recipe = {**SMALL_RECIPE, "numMels": 40, "numCoefficients": 13}
    call = "feature.mfcc, 16 kHz, n_fft 512, win_length 400, hop_length 160, n_mels 40, n_mfcc 13"
    vectors.add("librosa-16k", {**recipe, "highFrequency": 8000}, call, lambda s: mfcc(s, n_mfcc=13, n_mels=40, **SMALL))

    htk = {"htk": True, "norm": None, "n_mels": 40, "fmin": 20, "fmax": 7600}
    recipe = {**SMALL_RECIPE, "dct": "none", "numMels": 40, "melScale": "htk", "melNorm": "none"}
    recipe |= {"lowFrequency": 20, "highFrequency": 7600, "topDb": 0, "padding": "reflect"}
    call = "power_to_db(melspectrogram(htk, norm=None, 20 to 7600 Hz, pad_mode='reflect'), top_db=None)"
    options = {**SMALL, **htk, "pad_mode": "reflect"}
    vectors.add("librosa-htk-reflect", recipe, call, lambda s: log_mel(s, top_db=None, **options), TWO_AND_SILENCE)

    recipe = {**SMALL_RECIPE, "dct": "none", "numMels": 32, "melScale": "htk", "highFrequency": 8000}
    recipe |= {"padding": "symmetric", "window": "hamming", "topDb": 30}
    call = "power_to_db(melspectrogram(htk, Slaney's norm, 'hamming', pad_mode='symmetric'), top_db=30)"
    options = {**SMALL, "n_mels": 32, "htk": True, "window": "hamming", "pad_mode": "symmetric"}
    vectors.add("librosa-hamming-symmetric", recipe, call, lambda s: log_mel(s, top_db=30.0, **options))

    recipe = {**SMALL_RECIPE, "framing": "uncentred", "dct": "none", "numMels": 40, "highFrequency": 8000, "topDb": 60}
    call = "power_to_db(melspectrogram(center=False, n_fft 512, win_length 400), top_db=60)"
    options = {**SMALL, "n_mels": 40, "center": False}
    vectors.add("librosa-uncentred", recipe, call, lambda s: log_mel(s, top_db=60.0, **options))

    recipe = {**SMALL_RECIPE, "windowLength": 512, "framing": "whole", "dct": "none", "numMels": 40, "melNorm": "none"}
    recipe |= {"spectrum": "magnitude", "log": "ln", "floorKind": "add", "logFloor": 1e-6, "topDb": 0, "highFrequency": 8000}
    call = "ln(melspectrogram(power=1, norm=None, center=False, n_fft 512) + 1e-6)"
    options = {**SMALL, "win_length": 512, "n_mels": 40, "power": 1.0, "norm": None, "center": False}
    vectors.add("librosa-magnitude", recipe, call, lambda s: np.log(mel(s, **options) + 1e-6).T)

    recipe = {"preset": "librosa", "sampleRate": 8000, "fftSize": 256, "windowLength": 256, "hopLength": 80}
    recipe |= {"highFrequency": 4000, "numMels": 20, "numCoefficients": 12, "window": "hamming-symmetric"}
    recipe |= {"deltas": 1, "deltaWindow": 4}
    call = "feature.mfcc, 8 kHz, np.hamming(256), and feature.delta(width=9, mode='nearest')"
    options = {"sr": 8000, "n_fft": 256, "hop_length": 80, "n_mels": 20, "n_mfcc": 12, "window": np.hamming(256)}
    vectors.add("librosa-8k-delta", recipe, call, lambda s: with_delta(mfcc(s, **options)))


def with_delta(features):
    """[frames, 2 × size]"""
    return np.hstack([features, librosa.feature.delta(features, width=9, mode="nearest", axis=0)])


TWO_AND_SILENCE = ("speech-flite", "noise", "silence")

if __name__ == "__main__":
    vectors = Vectors("librosa_features", f"librosa {librosa.__version__}", "float64")
    presets(vectors)
    variations(vectors)
    vectors.write()
