"""TensorFlow's audio ops, as speech_commands and ML-KWS-for-MCU call them: `python3 tensorflow_audio.py`.

tensorflow/examples/speech_commands/input_data.py, prepare_processing_graph: audio_spectrogram(magnitude_squared=True), then
mfcc with its default filters. The ops compute in double precision; their input and output, and the spectrum that goes
from one to the other, are single.
"""

import numpy as np
import tensorflow as tf

from vectors import ALL, Vectors, unit


def mfcc(signal, window, stride, coefficients, rate=16000, filters=40, low=20.0, high=4000.0):
    """[frames, coefficients]"""
    samples = unit(signal, np.float32)
    spectrum = tf.raw_ops.AudioSpectrogram(input=samples[:, None], window_size=window, stride=stride, magnitude_squared=True)
    return tf.raw_ops.Mfcc(
        spectrogram=spectrum,
        sample_rate=rate,
        upper_frequency_limit=high,
        lower_frequency_limit=low,
        filterbank_channel_count=filters,
        dct_coefficient_count=coefficients,
    ).numpy()[0]


def speech_commands():
    vectors = Vectors("tensorflow_audio", f"tensorflow {tf.__version__}", "float64")
    call = "AudioSpectrogram(480, 160), Mfcc(40 coefficients)"
    vectors.add("tensorflow", {"preset": "tensorflow"}, call, lambda s: mfcc(s, 480, 160, 40), ALL)
    call = "AudioSpectrogram(480, 320), Mfcc(13 coefficients)"
    recipe = {"preset": "tensorflow", "hopLength": 320, "numCoefficients": 13}
    vectors.add("tensorflow-13", recipe, call, lambda s: mfcc(s, 480, 320, 13))

    recipe = {"preset": "tensorflow", "lowFrequency": 300, "highFrequency": 7000, "numMels": 26, "numCoefficients": 26}
    call = "AudioSpectrogram(480, 160), Mfcc(26 of 26 filters, 300 to 7000 Hz)"
    vectors.add("tensorflow-300", recipe, call, lambda s: mfcc(s, 480, 160, 26, filters=26, low=300.0, high=7000.0))

    recipe = {"preset": "tensorflow", "sampleRate": 8000, "windowLength": 256, "hopLength": 80, "fftSize": 256}
    recipe |= {"numMels": 20, "numCoefficients": 12}
    call = "AudioSpectrogram(256, 80), Mfcc(12 of 20 filters, 8 kHz, 20 to 4000 Hz)"
    vectors.add("tensorflow-8k", recipe, call, lambda s: mfcc(s, 256, 80, 12, rate=8000, filters=20))
    return vectors


def ml_kws(vectors):
    """ARM-software/ML-KWS-for-MCU, train_commands.sh: 40 ms windows, 20 and (the smallest GRU) 40 ms steps."""
    call = "AudioSpectrogram(640, 320), Mfcc(10 coefficients), ML-KWS-for-MCU's parameters"
    vectors.add("arm-ml-kws", {"preset": "arm-ml-kws"}, call, lambda s: mfcc(s, 640, 320, 10), ALL)
    call = "AudioSpectrogram(640, 640), Mfcc(10 coefficients), ML-KWS-for-MCU's parameters"
    vectors.add("arm-ml-kws-40ms", {"preset": "arm-ml-kws", "hopLength": 640}, call, lambda s: mfcc(s, 640, 640, 10))


if __name__ == "__main__":
    entries = speech_commands()
    ml_kws(entries)
    entries.write()
