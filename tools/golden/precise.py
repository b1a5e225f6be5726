"""Mycroft Precise's features by sonopy: `python3 precise.py`. In double precision, the parameters of precise/params.py."""

from importlib.metadata import version

from sonopy import mel_spec, mfcc_spec

from vectors import ALL, Vectors, unit

# mycroft-precise, precise/params.py: window_t 0.1, hop_t 0.05, sample_rate 16000, n_fft 512, n_filt 20, n_mfcc 13.
PARAMETERS = {"window_stride": (1600, 800), "fft_size": 512, "num_filt": 20}


def main():
    vectors = Vectors("precise", f"sonopy {version('sonopy')}", "float64")
    cepstra = {**PARAMETERS, "num_coeffs": 13}
    call = "mfcc_spec(audio, 16000, (1600, 800), 512, 20, 13)"
    vectors.add("precise", {"preset": "precise"}, call, lambda s: mfcc_spec(unit(s), 16000, **cepstra), ALL)
    call = "mel_spec(audio, 16000, (1600, 800), 512, 20)"
    recipe = {"preset": "precise", "dct": "none"}
    vectors.add("precise-mel", recipe, call, lambda s: mel_spec(unit(s), 16000, **PARAMETERS), ALL)

    recipe = {"preset": "precise", "windowLength": 320, "hopLength": 160, "numMels": 24, "numCoefficients": 24}
    call = "mfcc_spec(audio, 16000, (320, 160), 512, 24, 24)"
    vectors.add("precise-320", recipe, call, lambda s: mfcc_spec(unit(s), 16000, (320, 160), 512, 24, 24))

    # Thirty filters on 129 bins: edges coincide, and the first filter holds no bin.
    recipe = {"preset": "precise", "sampleRate": 24000, "highFrequency": 24000, "windowLength": 256, "hopLength": 128}
    recipe |= {"fftSize": 256, "numMels": 30, "numCoefficients": 13}
    call = "mfcc_spec(audio, 24000, (256, 128), 256, 30, 13)"
    vectors.add("precise-24k", recipe, call, lambda s: mfcc_spec(unit(s), 24000, (256, 128), 256, 30, 13))
    vectors.write()


if __name__ == "__main__":
    main()
