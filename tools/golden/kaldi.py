"""Kaldi's features and sherpa-onnx's, by kaldi-native-fbank: `python3 kaldi.py`. In single precision, dither off."""

import kaldi_native_fbank as knf
import numpy as np

from vectors import ALL, ENDS, Vectors, int16, unit

NO_CEPSTRA = {"dct": "none"}


def configure(options, frame, mel, own):
    """Sets the fields of the three parts of kaldi-native-fbank's options."""
    for part, values in ((options.frame_opts, {"dither": 0.0, **frame}), (options.mel_opts, mel), (options, own)):
        for name, value in values.items():
            assert hasattr(part, name), name
            setattr(part, name, value)
    return options


def run(computer, samples, rate):
    """[frames, size]"""
    computer.accept_waveform(rate, np.asarray(samples, np.float32).tolist())
    computer.input_finished()
    return np.array([computer.get_frame(t) for t in range(computer.num_frames_ready)])


def mfcc(signal, frame=None, mel=None, scaled=True, **own):
    options = configure(knf.MfccOptions(), frame or {}, mel or {}, own)
    return run(knf.OnlineMfcc(options), samples(signal, scaled), options.frame_opts.samp_freq)


def fbank(signal, frame=None, mel=None, scaled=True, **own):
    options = configure(knf.FbankOptions(), frame or {}, mel or {}, own)
    return run(knf.OnlineFbank(options), samples(signal, scaled), options.frame_opts.samp_freq)


def samples(signal, scaled):
    return int16(signal).astype(np.float32) if scaled else unit(signal, np.float32)


def presets(vectors):
    vectors.add("kaldi", {"preset": "kaldi"}, "MfccOptions(), dither 0", mfcc, ALL)
    vectors.add("kaldi-fbank", {"preset": "kaldi-fbank"}, "FbankOptions(), dither 0", fbank, ALL)
    # sherpa-onnx/csrc/features.h: FeatureExtractorConfig, normalize_samples true.
    frame, mel = {"snip_edges": False}, {"num_bins": 80, "low_freq": 20.0, "high_freq": -400.0}
    call = "FbankOptions(), dither 0, snip_edges false, 80 filters, high_freq −400 (sherpa-onnx's FeatureExtractorConfig)"
    vectors.add("sherpa", {"preset": "sherpa"}, call, lambda s: fbank(s, frame, mel, scaled=False), ENDS)


def variations(vectors):
    frame, mel = {"window_type": "hamming"}, {"num_bins": 40, "high_freq": -400.0}
    recipe = {"preset": "kaldi", "window": "hamming-symmetric", "numMels": 40, "highFrequency": 7600}
    recipe |= {"numCoefficients": 20, "energy": "none", "lifter": 0}
    call = "MfccOptions(), window hamming, 40 filters to −400, num_ceps 20, use_energy false, cepstral_lifter 0"
    own = {"num_ceps": 20, "use_energy": False, "cepstral_lifter": 0.0}
    vectors.add("kaldi-hamming", recipe, call, lambda s: mfcc(s, frame, mel, **own))

    edges = {"snip_edges": False}
    recipe = {"preset": "kaldi", "framing": "rounded", "padding": "symmetric", "sampleScale": "unit"}
    call = "MfccOptions(), snip_edges false, samples in [−1, 1)"
    vectors.add("kaldi-edges", recipe, call, lambda s: mfcc(s, edges, scaled=False), ("speech-flite", "noise", "step"))

    narrow = {"samp_freq": 8000.0, "snip_edges": False, "frame_shift_ms": 12.5}
    recipe = {"preset": "kaldi", "sampleRate": 8000, "windowLength": 200, "hopLength": 100, "fftSize": 256}
    recipe |= {"highFrequency": 3700, "framing": "rounded", "padding": "symmetric", "lifter": 30}
    call = "MfccOptions(), 8 kHz, 12.5 ms, snip_edges false, high_freq 3700, cepstral_lifter 30"
    vectors.add("kaldi-8k", recipe, call, lambda s: mfcc(s, narrow, {"high_freq": 3700.0}, cepstral_lifter=30.0))

    plain = {"remove_dc_offset": False, "preemph_coeff": 0.0, "window_type": "hanning"}
    recipe = {"preset": "kaldi-fbank", **NO_CEPSTRA, "numMels": 30, "removeDc": False, "preEmphasis": 0}
    recipe |= {"window": "hann-symmetric", "spectrum": "magnitude"}
    call = "FbankOptions(), no DC removal, no pre-emphasis, hanning, 30 filters, use_power false"
    vectors.add("kaldi-fbank-magnitude", recipe, call, lambda s: fbank(s, plain, {"num_bins": 30}, use_power=False))

    odd = {"round_to_power_of_two": False, "window_type": "rectangular"}
    recipe = {"preset": "kaldi-fbank", "fftSize": 400, "window": "rectangular", "log": "none"}
    call = "FbankOptions(), round_to_power_of_two false, rectangular, use_log_fbank false"
    vectors.add("kaldi-fbank-400", recipe, call, lambda s: fbank(s, odd, use_log_fbank=False))

    recipe = {"preset": "kaldi", "deltas": 1}
    call = "MfccOptions(), then compute_deltas(order 1, window 2)"
    vectors.add("kaldi-deltas", recipe, call, lambda s: deltas(mfcc(s)))


def deltas(features):
    """[frames, 2 × size]"""
    options = knf.DeltaOptions()
    options.order, options.window = 1, 2
    return np.array(knf.compute_deltas(options, features))


if __name__ == "__main__":
    vectors = Vectors("kaldi", f"kaldi-native-fbank {knf.__version__}", "float32")
    presets(vectors)
    variations(vectors)
    vectors.write()
