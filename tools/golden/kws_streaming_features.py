"""kws_streaming's SpeechFeatures: `python3 kws_streaming_features.py folder`, in single precision.

Not on PyPI: `folder` is the one that holds kws_streaming/ of github.com/google-research/google-research. Parameters are the
defaults of kws_streaming/train/base_parser.py, and 7,600 Hz in place of 7,000, as its experiments have it
(kws_streaming/experiments/*.md).
"""

import sys

import numpy as np
import tensorflow as tf

from vectors import ALL, Vectors, unit

DEFAULTS = {
    "sample_rate": 16000,
    "window_size_ms": 40.0,
    "window_stride_ms": 20.0,
    "feature_type": "mfcc_tf",
    "preemph": 0.0,
    "window_type": "hann",
    "mel_lower_edge_hertz": 20.0,
    "mel_upper_edge_hertz": 7600.0,
    "log_epsilon": 1e-12,
    "dct_num_features": 20,
    "use_tf_fft": False,
    "mel_non_zero_only": True,
    "fft_magnitude_squared": False,
    "mel_num_bins": 40,
    "use_spec_augment": False,
    "use_spec_cutout": False,
    "sp_time_shift_samples": 0,
    "sp_resample": 0.0,
    "use_one_step": True,
    "data_frame_padding": None,
}


def add(vectors, layers, name, recipe, signals=None, **parameters):
    """An entry of SpeechFeatures with these parameters in place of the defaults."""
    modes, speech_features = layers

    def features(signal):
        layer = speech_features.SpeechFeatures({**DEFAULTS, **parameters}, modes.Modes.NON_STREAM_INFERENCE)
        return layer(tf.constant(unit(signal, np.float32)[None])).numpy()[0]

    call = f"SpeechFeatures({', '.join(f'{key}={value!r}' for key, value in parameters.items())})"
    vectors.add(name, {"preset": "kws-streaming", **recipe}, call, features, *([signals] if signals else []))


def main(folder):
    sys.path.insert(0, folder)
    from kws_streaming.layers import modes, speech_features

    vectors = Vectors("kws_streaming_features", f"kws_streaming, tensorflow {tf.__version__}", "float32")
    layers = (modes, speech_features)
    add(vectors, layers, "kws-streaming", {}, ALL)
    add(vectors, layers, "kws-streaming-mel", {"dct": "none"}, ALL, dct_num_features=0)
    # The op takes the root of what it is given, so experiments with it set fft_magnitude_squared.
    short = {"window_size_ms": 30.0, "window_stride_ms": 10.0, "mel_upper_edge_hertz": 4000.0}
    short_recipe = {"windowLength": 480, "hopLength": 160, "fftSize": 512, "highFrequency": 4000}
    parameters = {"feature_type": "mfcc_op", "fft_magnitude_squared": True, **short}
    add(vectors, layers, "kws-streaming-op", {"melShape": "tensorflow", **short_recipe}, **parameters)
    parameters = {"dct_num_features": 0, "mel_num_bins": 80, "use_tf_fft": True, "mel_non_zero_only": False}
    add(vectors, layers, "kws-streaming-svdf", {"dct": "none", "numMels": 80}, **parameters)
    recipe = {"preEmphasis": 0.97, "preEmphasisOver": "frame", "spectrum": "power", **short_recipe}
    parameters = {"preemph": 0.97, "fft_magnitude_squared": True, "use_tf_fft": True, "mel_non_zero_only": False, **short}
    add(vectors, layers, "kws-streaming-power", recipe, **parameters)
    vectors.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
