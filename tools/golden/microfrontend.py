"""TensorFlow Lite Micro's microfrontend: `python3 microfrontend.py FOLDER`.

The preset is run by pymicro-features, as microWakeWord does. That package has its parameters compiled in: variations are run by
the same C++ sources, in FOLDER, where its source distribution is unpacked
(`pip download --no-deps --no-binary :all: pymicro-features==2.0.2`); g++ compiles them. In integers, its tables in float32.
"""

import ctypes
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from pymicro_features import MicroFrontend

from vectors import ALL, FOLDER, Vectors, int16

STEP = 160
OUTPUT_SCALE = 0.0390625
SOURCES = """kiss_fft_int16 fft fft_util filterbank filterbank_util frontend frontend_util log_lut log_scale log_scale_util
noise_reduction noise_reduction_util pcan_gain_control pcan_gain_control_util window window_util""".split()
DEFAULTS = {"sampleRate": 16000, "windowLength": 480, "hopLength": STEP, "numMels": 40, "lowFrequency": 125}
DEFAULTS |= {"highFrequency": 7500, "smoothingBits": 10, "evenSmoothing": 0.025, "oddSmoothing": 0.06}
DEFAULTS |= {"minSignalRemaining": 0.05, "pcan": True, "pcanStrength": 0.95, "pcanOffset": 80, "pcanGainBits": 21}
DEFAULTS |= {"log": True, "logScaleShift": 6}


def pymicro(samples):
    """[frames, 40]; the state begins anew."""
    frontend, rows = MicroFrontend(), []
    for at in range(0, len(samples) - STEP + 1, STEP):
        output = frontend.process_samples(samples[at : at + STEP].tobytes())
        assert output.samples_read == STEP
        if output.features:
            rows.append(output.features)
    return np.array(rows)


class Config(ctypes.Structure):
    """FrontendConfig of frontend_util.h."""

    _fields_ = [("size_ms", ctypes.c_size_t), ("step_size_ms", ctypes.c_size_t), ("num_channels", ctypes.c_int)]
    _fields_ += [(name, ctypes.c_float) for name in ("upper_band_limit", "lower_band_limit")]
    _fields_ += [(name, ctypes.c_int) for name in ("output_scale_shift", "smoothing_bits")]
    _fields_ += [(name, ctypes.c_float) for name in ("even_smoothing", "odd_smoothing", "min_signal_remaining")]
    _fields_ += [("enable_pcan", ctypes.c_int), ("strength", ctypes.c_float), ("offset", ctypes.c_float)]
    _fields_ += [(name, ctypes.c_int) for name in ("gain_bits", "enable_log", "scale_shift")]


class Output(ctypes.Structure):
    """FrontendOutput of frontend.h."""

    _fields_ = [("values", ctypes.POINTER(ctypes.c_uint16)), ("size", ctypes.c_size_t)]


def compiled(folder):
    """The library of the sources, as setup.py has them."""
    library = Path(tempfile.mkdtemp()) / "microfrontend.so"
    paths = [folder / "tensorflow/lite/experimental/microfrontend/lib" / f"{name}.cc" for name in SOURCES]
    options = ["-O2", "-shared", "-fPIC", "-DFIXED_POINT=16", f"-I{folder}", f"-I{folder / 'kissfft'}"]
    subprocess.run(["g++", *options, "-o", library, *paths], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.FrontendProcessSamples.restype = Output
    return loaded


def config(recipe):
    milliseconds = [recipe[name] * 1000 / recipe["sampleRate"] for name in ("windowLength", "hopLength")]
    assert all(each.is_integer() for each in milliseconds), f"{milliseconds} ms"
    unused = 7  # output_scale_shift
    bank = [recipe["numMels"], recipe["highFrequency"], recipe["lowFrequency"], unused]
    rest = list(DEFAULTS)[list(DEFAULTS).index("smoothingBits") :]  # in the order of the structure
    return Config(*map(int, milliseconds), *bank, *(recipe[name] for name in rest))


def original(library, samples, recipe):
    """[frames, numMels]; the state begins anew. As much as is left is offered at a time."""
    state = ctypes.create_string_buffer(1024)  # FrontendState takes 240 bytes
    assert library.FrontendPopulateState(ctypes.byref(config(recipe)), state, recipe["sampleRate"]) == 1
    at, rows, read = 0, [], ctypes.c_size_t()
    while at < len(samples):
        rest = np.ascontiguousarray(samples[at:])
        pointer = rest.ctypes.data_as(ctypes.c_void_p)
        output = library.FrontendProcessSamples(state, pointer, ctypes.c_size_t(len(rest)), ctypes.byref(read))
        at += read.value
        if output.size:
            rows.append([OUTPUT_SCALE * output.values[i] for i in range(output.size)])
    return np.array(rows)


def variations(vectors, library):
    def vary(name, signals=("speech-flite", "noise"), **differences):
        recipe = {**DEFAULTS, **differences}
        call = "FrontendProcessSamples, " + ", ".join(f"{key} {value}" for key, value in differences.items())
        named = {"preset": "microfrontend", **differences}
        vectors.add(f"microfrontend-{name}", named, call, lambda s: original(library, int16(s), recipe), signals)

    vary("25ms", windowLength=400, numMels=32, pcan=False)
    vary("8k", sampleRate=8000, windowLength=240, hopLength=80, highFrequency=3800, numMels=20)
    rates = {"evenSmoothing": 0.5, "oddSmoothing": 1, "minSignalRemaining": 0.3}
    vary("60ms", windowLength=960, hopLength=320, lowFrequency=20, highFrequency=7600, numMels=24, **rates)
    vary("linear", log=False, numMels=33, lowFrequency=0)
    gain = {"pcanStrength": 0.5, "pcanOffset": 1, "pcanGainBits": 18, "smoothingBits": 7, "logScaleShift": 4}
    vary("10ms", windowLength=160, numMels=16, **gain)
    vary("48k", ("clipping", "step"), sampleRate=48000, windowLength=1440, hopLength=480, highFrequency=20000)


def loudness_steps(seconds, seed):
    """[samples] int16: white noise whose gain changes every half second, from silence to clipping; integers only."""
    gains, state, samples = (0, 256, 1, 40, 2000, 6, 0, 600, 120), seed, []
    for i in range(16000 * seconds):
        state = (state * 1664525 + 1013904223) % 2**32
        value = ((state >> 16) - 32768) * gains[i // 8000 % len(gains)] >> 8
        samples.append(max(-32768, min(32767, value)))
    return np.array(samples, np.int16)


def write_stream(library):
    """A minute, of which only a digest is kept."""
    seconds, seed = 60, 5
    samples = loudness_steps(seconds, seed)
    features = pymicro(samples)
    assert (features == original(library, samples, DEFAULTS)).all()
    integers = np.round(features / OUTPUT_SCALE).astype("<u2")
    digest = hashlib.sha256(integers.tobytes()).hexdigest()
    stream = {"seconds": seconds, "seed": seed, "frames": len(features), "sha256": digest}
    (FOLDER / "microfrontend-stream.json").write_text(json.dumps(stream) + "\n")
    print(f"stream: {features.shape}, {features.min():.4g} to {features.max():.4g}")


if __name__ == "__main__":
    library = compiled(Path(sys.argv[1]).resolve())
    vectors = Vectors("microfrontend", "pymicro-features 2.0.2", "int16")
    vectors.add("microfrontend", {"preset": "microfrontend"}, "MicroFrontend", lambda s: pymicro(int16(s)), ALL)
    variations(vectors, library)
    vectors.write()
    write_stream(library)
