"""MLPerf Tiny's keyword spotting: `python3 mlperf_tiny.py folder`, in single precision.

Not on PyPI: `folder` holds get_dataset.py, benchmark/training/keyword_spotting of github.com/mlcommons/tiny. Its function
get_preprocess_audio_func runs as it is; what else that file imports (data sets, plots, models) isn't needed for it and is
replaced by empty modules. Clips keep their length; the original pads them to a second. It divides a clip by its largest
sample, so there is no vector of silence: 0 / 0.
"""

import sys
import types

import numpy as np
import tensorflow as tf

from vectors import ALL, Vectors, int16

UNUSED = ("tensorflow_datasets", "matplotlib", "matplotlib.pyplot", "kws_util", "keras_model")
MICROFRONTEND = "tensorflow.lite.experimental.microfrontend.python.ops"


def preprocessing(folder):
    """get_dataset.get_preprocess_audio_func"""
    for name in (*UNUSED, MICROFRONTEND, f"{MICROFRONTEND}.audio_microfrontend_op"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[MICROFRONTEND].audio_microfrontend_op = sys.modules[f"{MICROFRONTEND}.audio_microfrontend_op"]
    sys.path.insert(0, folder)
    from get_dataset import get_preprocess_audio_func

    return get_preprocess_audio_func


def main(folder):
    get_preprocess_audio_func = preprocessing(folder)

    def features(signal, window=480, stride=320, coefficients=10):
        """[frames, coefficients]"""
        samples = int16(signal)
        settings = {"feature_type": "mfcc", "sample_rate": 16000, "desired_samples": len(samples)}
        settings |= {"background_frequency": 0.0, "background_volume_range_": 0.0}
        settings |= {"window_size_samples": window, "window_stride_samples": stride}
        settings |= {"spectrogram_length": 1 + (len(samples) - window) // stride, "dct_coefficient_count": coefficients}
        element = {"audio": tf.constant(samples.astype(np.int64))}
        return get_preprocess_audio_func(settings)(element)["audio"].numpy()[..., 0]

    vectors = Vectors("mlperf_tiny", f"mlcommons/tiny, get_dataset.py, tensorflow {tf.__version__}", "float32")
    signals = [name for name in ALL if name != "silence"]
    vectors.add("mlperf-tiny", {"preset": "mlperf-tiny"}, "get_preprocess_audio_func, 'mfcc'", features, signals)
    call = "get_preprocess_audio_func, 'mfcc', windows of 640 samples, 13 coefficients"
    recipe = {"preset": "mlperf-tiny", "windowLength": 640, "fftSize": 1024, "numCoefficients": 13}
    vectors.add("mlperf-tiny-40ms", recipe, call, lambda s: features(s, 640, 320, 13))
    vectors.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
