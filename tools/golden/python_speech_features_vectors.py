"""python_speech_features: `python3 python_speech_features_vectors.py`. In double precision, int16 samples."""

from importlib.metadata import version

import numpy as np
import python_speech_features as psf

from vectors import ALL, ENDS, Vectors, int16

PRESET = "python-speech-features"


def samples(signal):
    return int16(signal).astype(np.float64)


def mfcc(signal, **options):
    return psf.mfcc(samples(signal), **options)


def main():
    original = f"python_speech_features {version('python_speech_features')}"
    vectors = Vectors("python_speech_features_vectors", original, "float64")
    vectors.add(PRESET, {"preset": PRESET}, "mfcc(signal)", mfcc, ENDS)
    recipe = {"preset": PRESET, "dct": "none"}
    vectors.add(f"{PRESET}-mel", recipe, "logfbank(signal)", lambda s: psf.logfbank(samples(s)), ALL)

    recipe = {"preset": PRESET, "energy": "none", "lifter": 0, "numMels": 20, "window": "hamming-symmetric"}
    options = {"appendEnergy": False, "ceplifter": 0, "nfilt": 20, "winfunc": np.hamming}
    call = "mfcc(appendEnergy=False, ceplifter=0, nfilt=20, winfunc=np.hamming)"
    vectors.add(f"{PRESET}-hamming", recipe, call, lambda s: mfcc(s, **options))

    recipe = {"preset": PRESET, "sampleRate": 8000, "windowLength": 240, "hopLength": 120, "fftSize": 256}
    recipe |= {"lowFrequency": 100, "highFrequency": 3800, "preEmphasis": 0.95, "numMels": 18}
    options = {"samplerate": 8000, "winlen": 0.03, "winstep": 0.015, "nfft": 256, "nfilt": 18}
    options |= {"lowfreq": 100, "highfreq": 3800, "preemph": 0.95}
    call = "mfcc(8 kHz, 30 and 15 ms, nfft=256, nfilt=18, 100 to 3800 Hz, preemph=0.95)"
    vectors.add(f"{PRESET}-8k", recipe, call, lambda s: mfcc(s, **options))

    recipe = {"preset": PRESET, "preEmphasis": 0, "deltas": 1}
    call = "mfcc(preemph=0), and delta(N=2)"
    vectors.add(f"{PRESET}-delta", recipe, call, lambda s: with_delta(mfcc(s, preemph=0)))

    recipe = {"preset": PRESET, "sampleScale": "unit", "fftSize": 1024, "windowLength": 640, "hopLength": 320}
    options = {"winlen": 0.04, "winstep": 0.02, "nfft": 1024}
    call = "mfcc(samples in [−1, 1), 40 and 20 ms, nfft=1024)"
    vectors.add(f"{PRESET}-40ms", recipe, call, lambda s: psf.mfcc(samples(s) / 32768, **options))

    # (1024 + 1)·640 / 16000 = 41, of which the way to mel and back takes the last bit, and floor the rest.
    recipe = {"preset": PRESET, "dct": "none", "fftSize": 1024, "lowFrequency": 640}
    options = {"nfft": 1024, "lowfreq": 640}
    call = "logfbank(nfft=1024, lowfreq=640)"
    vectors.add(f"{PRESET}-edge", recipe, call, lambda s: psf.logfbank(samples(s), **options))
    vectors.write()


def with_delta(features):
    """[frames, 2 × size]"""
    return np.hstack([features, psf.delta(features, 2)])


if __name__ == "__main__":
    main()
