"""Ifs: of constant conditions, of sizes, and of what the inputs say."""

import numpy as np
from onnx import helper

from bodies import FRAMES, INT64, WIDE, branched, close, looped, scalar, seeded
from loop_cells import HIDDEN, Cell, Spelling
from loop_nodes import Nodes
from nodes import FLOAT, cell as recurrent, cell_weights, value


def whole_cell(kind):
    """A branch that holds a recurrent layer with weights of its own."""

    def make(branch):
        tensors = cell_weights(kind, prefix=branch.prefix)
        branch.initializers.extend(tensors)
        branch.nodes.append(recurrent(kind, " ".join(["x", *(t.name for t in tensors)]), f"{branch.prefix}Y", f"{branch.prefix}cell"))
        return branch.squeeze(f"{branch.prefix}Y", 1)

    return make


X = [value("x", *FRAMES)]


def constant():
    for name, on in (("true", True), ("false", False)):
        outer = Nodes()
        y = branched(outer, outer.constant(on, np.bool_), whole_cell("GRU"), whole_cell("LSTM"), WIDE)
        yield f"if-{name}", close(outer, X, {"y": (y, WIDE)})

    # One constant condition in another's branch, and a condition that is computed of constants.
    outer = Nodes()
    deep = outer.constant(False, np.bool_)
    less = outer("Not", outer("Less", outer.ints(3), outer.ints(2)))
    less = outer("Squeeze", less)
    y = branched(outer, less, lambda then: branched(then, deep, whole_cell("RNN"), whole_cell("GRU"), WIDE), whole_cell("LSTM"), WIDE)
    yield "if-nested", close(outer, X, {"y": (y, WIDE)})

    # A layer spelled as a loop, in the branch of a constant condition.
    yield "if-loop", loop_in_branch()


def of_sizes():
    # torch's squeeze(1) of a GRU's output: it asks whether the axis is 1, though a layer of one direction leaves no doubt.
    for opset in (11, 13):
        outer = Nodes(opset)
        Y = gru_of(outer)
        axis = outer("Equal", outer.size(Y, 1), outer.constant(1, np.int64))
        y = branched(outer, axis, lambda then: then.squeeze(Y, 1), lambda other: other("Identity", Y), None)
        outer.nodes.append(helper.make_node("MatMul", [y, outer.keep("V", seeded(HIDDEN, 3))], ["head"], name="head"))
        yield f"if-squeeze-opset-{opset}", close(outer, X, {"y": ("head", ("time", "batch", 3))}, opset)

    # The same of the batch: its size is known when the network runs.
    outer = Nodes()
    h = outer.last(outer.squeeze(gru_of(outer), 1))
    one = outer("Equal", outer.size(h, 0), outer.constant(1, np.int64))
    y = branched(outer, one, lambda then: then.squeeze(h, 0), lambda other: other("Identity", h), None)
    yield "if-squeeze-batch", close(outer, X, {"y": (outer("Reshape", y, outer.ints(-1)), ("any",))})


def of_inputs():
    # A rate that is an input, as voice activity detectors have it: a network for each.
    outer = Nodes()
    fast = outer("Greater", "rate", outer.constant(4, np.int64))
    yield "if-rate", close(outer, [*X, scalar("rate", INT64)], {"y": (branched(outer, fast, whole_cell("GRU"), whole_cell("GRU"), WIDE), WIDE)})

    # What the frames say decides.
    outer = Nodes()
    loud = outer("Greater", outer("ReduceSum", "x", keepdims=0), outer.constant(0.0))
    yield "if-loud", close(outer, X, {"y": (branched(outer, loud, lambda then: then("Neg", "x"), lambda other: other("Tanh", "x"), FRAMES), FRAMES)})


def gru_of(outer):
    outer.initializers.extend(cell_weights("GRU"))
    outer.nodes.append(recurrent("GRU", "x W R B", "Y"))
    return "Y"


def loop_in_branch():
    outer = Nodes()
    zeros, steps, on = outer.zeros("x", 1, HIDDEN), outer.size("x", 0), outer.constant(True, np.bool_)

    def make(branch):
        def step(body, i, go, h):
            (h,) = Cell(Spelling(), outer, body).step(body("Gather", "x", i), [h])
            return None, [h], [h]

        return looped(branch, step, steps, on, {"h": (zeros, ("batch", HIDDEN), FLOAT)}, [("batch", HIDDEN)])[1]

    return close(outer, [value("x", *FRAMES)], {"y": (branched(outer, on, make, whole_cell("GRU"), WIDE), WIDE)})


def ifs():
    for group in (constant, of_sizes, of_inputs):
        yield from group()
