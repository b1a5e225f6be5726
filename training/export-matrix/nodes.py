"""Nodes, weights and models in few words, for the networks that are forged."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT
INPUTS, HIDDEN = 5, 6
TO_THE_END = 2**63 - 1


def weights(name, *shape, dtype=np.float32):
    seed = sum(name.encode()) + sum(shape)
    return numpy_helper.from_array(np.random.default_rng(seed).normal(0, 0.4, shape).astype(dtype), name)


def ints(name, values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def parameters(prefix="", inputs=INPUTS, hidden=HIDDEN, dtype=np.float32):
    return [
        weights(f"{prefix}W", 1, 3 * hidden, inputs, dtype=dtype),
        weights(f"{prefix}R", 1, 3 * hidden, hidden, dtype=dtype),
        weights(f"{prefix}B", 1, 6 * hidden, dtype=dtype),
    ]


def gru(X="x", Y="Y", Y_h="", prefix="", initial="", name="gru", **attributes):
    attributes = {"hidden_size": HIDDEN, "linear_before_reset": 1} | attributes
    inputs = [X, f"{prefix}W", f"{prefix}R", f"{prefix}B", "", initial]
    return helper.make_node("GRU", inputs if initial else inputs[:4], [Y, Y_h] if Y_h else [Y], name, **attributes)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), name=f"{op}_{outputs.split()[0]}", **attributes)


def value(name, *shape, dtype=FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def floats(name, *numbers):
    return numpy_helper.from_array(np.array(numbers, np.float32), name)


X = value("x", "time", "batch", INPUTS)
Y4 = value("Y", "time", 1, "batch", HIDDEN)
YH = value("Y_h", 1, "batch", HIDDEN)


def model(nodes, inputs, outputs, initializers, opset=17, producer="forge"):
    graph = helper.make_graph(nodes, "forged", inputs, outputs, initializers)
    # IR 8 goes with opset 17: onnxruntime-web refuses files of a newer IR than it knows.
    made = helper.make_model(graph, producer_name=producer, producer_version="1", ir_version=8,
                             opset_imports=[helper.make_opsetid("", opset)])
    made.metadata_props.add(key="tympan.labels", value='{"version": 1, "names": ["noise", "happy"]}')
    return made


GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
STATES = {"RNN": "h", "GRU": "h", "LSTM": "h c"}


def cell(kind, inputs="x W R B", outputs="Y", name="", **attributes):
    """Inputs in ONNX's order; "-" leaves one out, among the outputs too."""
    names = [[("" if word == "-" else word) for word in words.split()] for words in (inputs, outputs)]
    return helper.make_node(kind, *names, name or kind.lower(), **{"hidden_size": HIDDEN} | attributes)


def cell_weights(kind, directions=1, prefix="", inputs=INPUTS, hidden=HIDDEN, dtype=np.float32):
    rows = GATES[kind] * hidden
    return [
        weights(f"{prefix}W", directions, rows, inputs, dtype=dtype),
        weights(f"{prefix}R", directions, rows, hidden, dtype=dtype),
        weights(f"{prefix}B", directions, 2 * rows, dtype=dtype),
    ]


def outputs_of(kind, names="Y Y_h Y_c", directions=1, time="time", batch="batch"):
    """Of a cell's outputs, those that are named and that the cell has."""
    shapes = {"Y": [time, directions, batch, HIDDEN], "Y_h": [directions, batch, HIDDEN]}
    if kind == "LSTM":
        shapes["Y_c"] = shapes["Y_h"]
    return [value(name, *shapes[name]) for name in names.split() if name in shapes]


def names_of(kind):
    return "Y Y_h Y_c" if kind == "LSTM" else "Y Y_h"
