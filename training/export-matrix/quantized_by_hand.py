"""8-bit weights and integer operators that onnxruntime's quantizers don't write, for test/fixtures/exported: GRUs, zero points, −128, other opsets.

python3 quantized_by_hand.py [--folder FOLDER]
"""

import argparse
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from loop_cells import Cell, Spelling
from loop_networks import network
from loop_nodes import Nodes
from nodes import HIDDEN, INPUTS, X, cell, cell_weights, outputs_of, value

FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "exported"
IMAGE = ("batch", 4, 9)


def quantized(array, axes=(), dtype=np.int8, zero=False, low=None):
    """(q, scale, zero point): one scale for each index of `axes`, from the largest element; with `zero` from the range of elements."""
    others = tuple(axis for axis in range(array.ndim) if axis not in axes)
    least, most = (-128 if low is None else low, 127) if dtype == np.int8 else (0, 255)
    smallest, largest = np.minimum(array.min(others, keepdims=True), 0), np.maximum(array.max(others, keepdims=True), 0)
    if zero or dtype == np.uint8:
        scale = (largest - smallest) / (most - least)
        point = np.round(least - smallest / scale)
    else:
        scale = np.maximum(largest / most, -smallest / -least)
        point = np.zeros_like(scale)
    q = np.clip(np.round(array / scale + point), least, most).astype(dtype)
    return q, scale.reshape(-1).astype(np.float32), point.reshape(-1).astype(dtype)


def dequantized(nodes, tensor, axes=(), with_zero=True, **options):
    """The tensor as DequantizeLinear of its 8-bit form. ONNX has one axis of scales: of others the sizes are 1."""
    q, scale, point = quantized(numpy_helper.to_array(tensor), axes, **options)
    name = tensor.name
    if not axes:
        scale, point = scale.reshape(()), point.reshape(())
    inputs = [nodes.keep(f"{name}_q", q), nodes.keep(f"{name}_scale", scale)] + ([nodes.keep(f"{name}_zero", point)] if with_zero else [])
    attributes = {"axis": axes[-1]} if axes else {}
    nodes.nodes.append(helper.make_node("DequantizeLinear", inputs, [name], name=f"dequantize_{name}", **attributes))


def model(nodes, inputs, outputs):
    graph = helper.make_graph(nodes.nodes, "quantized", inputs, outputs, nodes.initializers)
    made = helper.make_model(graph, producer_name="by hand", producer_version="1", ir_version={10: 5, 13: 7, 21: 10}.get(nodes.opset, 8),
                             opset_imports=[helper.make_opsetid("", nodes.opset)])
    checker.check_model(made, full_check=True)
    return made


def recurrent(kind, opset=13, **options):
    """A layer whose W and R come from 8 bits; its bias stays as it is."""
    nodes = Nodes(opset)
    W, R, B = cell_weights(kind)
    for tensor in (W, R):
        dequantized(nodes, tensor, **options)
    nodes.initializers.append(B)
    nodes.nodes.append(cell(kind))
    return model(nodes, [X], outputs_of(kind, "Y"))


def recurrent_layers():
    rows = {"axes": (1,)}
    yield "gru", recurrent("GRU")
    yield "gru-opset-10", recurrent("GRU", 10)
    yield "gru-rows", recurrent("GRU", **rows)
    yield "gru-no-zero", recurrent("GRU", with_zero=False, **rows)
    yield "gru-zero", recurrent("GRU", zero=True, **rows)
    yield "gru-u8", recurrent("GRU", dtype=np.uint8, **rows)
    yield "gru-narrow", recurrent("GRU", low=-127, opset=21, **rows)
    yield "lstm-rows", recurrent("LSTM", **rows)
    yield "lstm-u8", recurrent("LSTM", dtype=np.uint8, zero=True)
    yield "rnn-columns", recurrent("RNN", axes=(2,))
    yield "loop-gru", network(Spelling(gates="min-max", candidate="", outputs="final", weights="outer"), FromIntegers)
    yield "scan-lstm", network(Spelling(cell="lstm", around="scan"), FromIntegers)


class FromIntegers(Cell):
    """Weights [inputs, gates · hidden] in 8 bits with a scale a column, dequantized in front of the loop."""

    def weight(self, name, array, outside=False):
        if array.ndim < 2:
            return super().weight(name, array, outside)
        dequantized(self.outer, numpy_helper.from_array(array, name), (1,))
        return name


def seeded(*shape):
    return np.random.default_rng(sum(shape)).normal(0, 0.5, shape).astype(np.float32)


def dynamic(nodes, x):
    return nodes("DynamicQuantizeLinear", x, outputs=3)


def integers():
    # Every zero point: of the input, computed, and one for each column of the weights.
    for name, dtype, axes in (("matmul-integer-s8", np.int8, ()), ("matmul-integer-u8", np.uint8, (1,))):
        nodes = Nodes()
        q, scale, point = quantized(seeded(INPUTS, 3), axes, dtype, zero=True)
        x, x_scale, zero = dynamic(nodes, "x")
        product = nodes("MatMulInteger", x, nodes.keep("W", q), zero, nodes.keep("W_zero", point if axes else point.reshape(())))
        scaled = nodes("Mul", nodes("Cast", product, to=1), nodes("Mul", x_scale, nodes.keep("s", scale)))
        nodes.nodes.append(helper.make_node("Add", [scaled, nodes.keep("b", seeded(3))], ["y"], name="bias"))
        yield name, model(nodes, [X], [value("y", "time", "batch", 3)])

    # Padding counts as the zero point, not as 0.
    nodes = Nodes()
    q, scale, point = quantized(seeded(6, 4, 3), (), np.uint8)
    x, x_scale, zero = dynamic(nodes, "x")
    product = nodes("ConvInteger", x, nodes.keep("W", q), zero, nodes.keep("W_zero", point.reshape(())), pads=[2, 0], kernel_shape=[3])
    nodes.nodes.append(helper.make_node("Mul", [nodes("Cast", product, to=1), nodes("Mul", x_scale, nodes.keep("s", scale.reshape(())))], ["y"], name="scale"))
    yield "conv-integer", model(nodes, [value("x", *IMAGE)], [value("y", "batch", 6, 9)])

    nodes = Nodes()
    (q, scale, point), x_scale, y_scale = quantized(seeded(4, 1, 3), (0,)), np.float32(0.03), np.float32(0.02)
    x = nodes("QuantizeLinear", "x", nodes.keep("x_scale", x_scale), nodes.keep("x_zero", np.uint8(117)))
    bias = np.round(seeded(4) / (x_scale * scale)).astype(np.int32)
    y = nodes("QLinearConv", x, "x_scale", "x_zero", nodes.keep("W", q), nodes.keep("W_scale", scale), nodes.keep("W_zero", point),
              nodes.keep("y_scale", y_scale), nodes.keep("y_zero", np.uint8(101)), nodes.keep("b", bias), group=4, pads=[1, 1], kernel_shape=[3])
    nodes.nodes.append(helper.make_node("DequantizeLinear", [y, "y_scale", "y_zero"], ["y"], name="back"))
    yield "qlinear-conv-depthwise", model(nodes, [value("x", *IMAGE)], [value("y", "batch", 4, 9)])

    nodes = Nodes(10)
    q, scale, point = quantized(seeded(INPUTS, 3), (), np.uint8)
    x = nodes("QuantizeLinear", "x", nodes.keep("x_scale", np.float32(0.02)), nodes.keep("x_zero", np.uint8(128)))
    y = nodes("QLinearMatMul", x, "x_scale", "x_zero", nodes.keep("W", q), nodes.keep("W_scale", scale.reshape(())), nodes.keep("W_zero", point.reshape(())),
              nodes.keep("y_scale", np.float32(0.02)), nodes.keep("y_zero", np.uint8(120)))
    nodes.nodes.append(helper.make_node("DequantizeLinear", [y, "y_scale", "y_zero"], ["y"], name="back"))
    yield "qlinear-matmul-opset-10", model(nodes, [X], [value("y", "time", "batch", 3)])


def pairs():
    """QuantizeLinear and DequantizeLinear one behind the other."""
    nodes = Nodes()
    scale, zero = nodes.keep("scale", np.float32(0.015)), nodes.keep("zero", np.int8(-3))
    x = nodes("DequantizeLinear", nodes("QuantizeLinear", "x", scale, zero), scale, zero)
    for tensor in cell_weights("GRU"):
        nodes.initializers.append(tensor)
    nodes.nodes.append(cell("GRU", f"{x} W R B"))
    yield "activations-gru", model(nodes, [X], outputs_of("GRU", "Y"))

    # Scales and zero points of every feature, of an axis counted from behind.
    nodes = Nodes()
    scales, zeros = nodes.keep("scales", np.linspace(0.01, 0.03, INPUTS, dtype=np.float32)), nodes.keep("zeros", np.arange(120, 120 + INPUTS).astype(np.uint8))
    q = nodes("QuantizeLinear", "x", scales, zeros, axis=-1)
    nodes.nodes.append(helper.make_node("DequantizeLinear", [q, scales, zeros], ["y"], name="back", axis=2))
    yield "features", model(nodes, [X], [value("y", "time", "batch", INPUTS)])

    # 16 bits (opset 21), halves that are rounded to even, and what lies beyond the range.
    for name, dtype, opset in (("halves", np.int8, 13), ("wide", np.uint16, 21)):
        nodes = Nodes(opset)
        step, zero = nodes.keep("step", np.float32(0.0625 if dtype == np.int8 else 2**-14)), nodes.keep("zero", dtype(0 if dtype == np.int8 else 32768))
        x = nodes("Mul", nodes("Floor", nodes("Mul", "x", nodes.constant(128.0))), nodes.constant(2**-5 if dtype == np.int8 else 2**-8))
        nodes.nodes.append(helper.make_node("DequantizeLinear", [nodes("QuantizeLinear", x, step, zero), step, zero], ["y"], name="back"))
        yield name, model(nodes, [X], [value("y", "time", "batch", INPUTS)])

    # A bias in 32 bits, and weights of 4: one scale for every two rows (opset 21).
    nodes = Nodes(21)
    q = np.clip(np.round(seeded(6, 3) / 0.15), -8, 7).astype(np.int8)
    nodes.initializers.append(helper.make_tensor("W_q", TensorProto.INT4, q.shape, q.flatten().tolist()))
    W = nodes("DequantizeLinear", "W_q", nodes.keep("W_scale", np.abs(seeded(3, 3))), axis=0, block_size=2)
    b = nodes("DequantizeLinear", nodes.keep("b_q", np.array([900, -1200, 40], np.int32)), nodes.keep("b_scale", np.float32(0.001)))
    nodes.nodes.append(helper.make_node("Gemm", ["x", W, b], ["y"], name="dense"))
    yield "blocks", model(nodes, [value("x", "batch", HIDDEN)], [value("y", "batch", 3)])


def write(folder: Path):
    for group in (recurrent_layers, integers, pairs):
        for name, made in group():
            path = folder / f"quantized-by-hand-{name}.onnx"
            path.write_bytes(made.SerializeToString())
            print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=FOLDER)
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    write(chosen.folder)
