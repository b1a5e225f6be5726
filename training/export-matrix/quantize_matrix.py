"""What onnxruntime's dynamic and static quantizers make of PyTorch's fixtures, for test/fixtures/exported.

python3 quantize_matrix.py [--folder FOLDER]
"""

import argparse
import itertools
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

from check import TYPES, random_input
from exporters import FOLDER as SOURCES
from short_names import short_names

FOLDER = SOURCES.with_name("exported")
INT8, UINT8 = QuantType.QInt8, QuantType.QUInt8
SIZES = {"batch": 2, "time": 12}

DYNAMIC = {
    "dynamic-s8": {"weight_type": INT8},
    "dynamic-s8-channels": {"weight_type": INT8, "per_channel": True},
    "dynamic-s8-reduced": {"weight_type": INT8, "per_channel": True, "reduce_range": True},
    "dynamic-u8": {"weight_type": UINT8},
    "dynamic-u8-channels": {"weight_type": UINT8, "per_channel": True},
    "dynamic-u8-reduced": {"weight_type": UINT8, "reduce_range": True},
    # Products of two activations too: attention.
    "dynamic-s8-activations": {"weight_type": INT8, "extra_options": {"MatMulConstBOnly": False}},
}
QDQ, QLINEAR = {"quant_format": QuantFormat.QDQ}, {"quant_format": QuantFormat.QOperator}
U8S8 = {"activation_type": UINT8, "weight_type": INT8}
S8S8 = {"activation_type": INT8, "weight_type": INT8}
U8U8 = {"activation_type": UINT8, "weight_type": UINT8}
STATIC = {
    "qdq-u8s8": QDQ | U8S8,
    "qdq-u8s8-channels": QDQ | U8S8 | {"per_channel": True},
    "qdq-s8s8": QDQ | S8S8,
    "qdq-s8s8-channels": QDQ | S8S8 | {"per_channel": True},
    "qdq-u8u8": QDQ | U8U8,
    "qdq-s8s8-symmetric": QDQ | S8S8 | {"extra_options": {"ActivationSymmetric": True, "AddQDQPairToWeight": True, "QuantizeBias": False}},
    "qdq-u8s8-reduced": QDQ | U8S8 | {"per_channel": True, "reduce_range": True, "extra_options": {"WeightSymmetric": False}},
    "qlinear-u8s8": QLINEAR | U8S8,
    "qlinear-u8s8-channels": QLINEAR | U8S8 | {"per_channel": True},
    "qlinear-s8s8": QLINEAR | S8S8,
    "qlinear-u8u8": QLINEAR | U8U8,
}

# Every setting with a recurrent layer, and every kind of network with each way of writing the result.
COVERED = {
    "torchscript-gru": ["dynamic-s8", "dynamic-u8", "qdq-u8s8", "qdq-s8s8", "qlinear-u8s8"],
    "torchscript-frames-time-first": ["dynamic-s8-channels", "qdq-u8s8-channels"],
    "torchscript-hidden-lstm": ["dynamic-s8", "dynamic-s8-channels", "dynamic-u8", "dynamic-u8-channels", "dynamic-s8-reduced", "qdq-u8s8", "qlinear-u8u8"],
    "torchscript-lstm": ["dynamic-s8", "qdq-s8s8"],
    "torchscript-lstm-bidirectional-time-first-states-conv": ["dynamic-u8-reduced", "qdq-s8s8-channels"],
    "torchscript-rnn": ["dynamic-u8-channels", "qdq-u8u8"],
    "torchscript-conv-depthwise": ["dynamic-u8", "qdq-u8s8-channels", "qlinear-u8s8-channels"],
    "torchscript-conv-stride": ["dynamic-u8-channels", "qdq-u8s8-reduced", "qlinear-s8s8"],
    "torchscript-tcn": ["qlinear-u8s8"],
    "torchscript-crnn": ["qlinear-u8u8"],
    "torchscript-image": ["dynamic-u8", "qdq-u8s8", "qlinear-u8s8"],
    "torchscript-dense": ["dynamic-s8", "qdq-u8s8", "qdq-s8s8-symmetric", "qlinear-u8s8-channels", "qlinear-s8s8"],
    "torchscript-embedding": ["dynamic-s8", "qdq-u8s8"],
    "torchscript-self-attention": ["dynamic-s8-activations", "qdq-s8s8"],
    "torchscript-layer-norm": ["qdq-u8s8"],
    "dynamo-gru": ["dynamic-s8", "qdq-u8s8-channels"],
}
QUANTIZED = {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv", "DynamicQuantizeLSTM"}


class Random(CalibrationDataReader):
    """Eight random sets of a model's inputs."""

    def __init__(self, model: onnx.ModelProto):
        numbers = np.random.default_rng(5)
        self.sets = iter([{port.name: random_input(Port(port), SIZES, numbers) for port in model.graph.input} for _ in range(8)])

    def get_next(self):
        return next(self.sets, None)


class Port:
    """An input as onnxruntime describes it."""

    def __init__(self, value: onnx.ValueInfoProto):
        tensor = value.type.tensor_type
        self.name = value.name
        self.shape = [size.dim_value if size.HasField("dim_value") else size.dim_param for size in tensor.shape.dim]
        self.type = next(name for name, dtype in TYPES.items() if onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)) == tensor.elem_type)


def quantize(source: str, setting: str) -> bytes:
    model = onnx.load(SOURCES / f"{source}.onnx")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quantized.onnx"
        if setting in DYNAMIC:
            quantize_dynamic(model, path, **DYNAMIC[setting])
        else:
            quantize_static(model, path, Random(model), **STATIC[setting])
        quantized = onnx.load(path)
    short_names(quantized)
    del quantized.graph.value_info[:]
    if not QUANTIZED & {node.op_type for node in quantized.graph.node}:
        raise SystemExit(f"{source}: {setting} changes nothing; leave it out")
    onnx.checker.check_model(quantized)
    return quantized.SerializeToString()


def write(folder: Path):
    used = set(itertools.chain(*COVERED.values()))
    if missing := {*DYNAMIC, *STATIC} - used:
        raise SystemExit(f"settings that no network is quantized with: {missing}")
    for source, settings in COVERED.items():
        for setting in settings:
            path = folder / f"quantized-{source.split('-', 1)[1] if source.startswith('torchscript') else source}-{setting}.onnx"
            path.write_bytes(quantize(source, setting))
            print(f"{path.name}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=FOLDER)
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    logging.disable(logging.WARNING)
    write(chosen.folder)
