"""Layers around and instead of recurrent ones, node by node, and one network as the opsets write it."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from nodes import FLOAT, HIDDEN, INPUTS, TO_THE_END, X, cell, cell_weights, floats, gru, ints, model, node, parameters, value, weights

BATCH_FIRST = value("x", "batch", "time", INPUTS)
CHANNELS = value("x", "batch", INPUTS, "time")
FRAMES = value("y", "batch", "time", None)


def version(opset):
    """Pad, Clip, Squeeze, Slice, ReduceMean, Split and Softmax as this opset has them, around a GRU."""
    constants, nodes = [], []

    def listed(op, source, target, since, **lists):
        """Lists that are attributes below `since` and inputs from then on."""
        if opset < since:
            return nodes.append(node(op, source, target, **lists))
        tensors = {f"{target}_{key}".replace(" ", "_"): values for key, values in lists.items()}
        constants.extend(ints(key, values) for key, values in tensors.items())
        return nodes.append(node(op, " ".join([source, *tensors]), target))

    nodes.append(node("Transpose", "x", "xt", perm=[1, 0, 2]))
    listed("Pad", "xt", "xp", 11, pads=[1, 0, 0, 0, 0, 0])
    if opset < 11:
        nodes.append(node("Clip", "xp", "xc", min=-0.8, max=0.7))
    else:
        constants += [numpy_helper.from_array(np.float32(-0.8), "low"), numpy_helper.from_array(np.float32(0.7), "high")]
        nodes.append(node("Clip", "xp low high", "xc"))
    nodes.append(gru("xc", "Y"))
    listed("Squeeze", "Y", "s", 13, axes=[1])
    listed("Slice", "s", "l", 10, starts=[-1], ends=[TO_THE_END], axes=[0])
    listed("Squeeze", "l", "z", 13, axes=[0])
    listed("ReduceMean", "z", "m", 18, axes=[1])
    nodes.append(node("Sub", "z m", "d"))
    listed("Split", "d", "left right", 13, split=[2, 4])
    nodes[-1].attribute.append(helper.make_attribute("axis", 1))
    nodes += [node("Dropout", "right", "r"), node("Gemm", "r V c", "g"), node("Softmax", "g", "p", axis=1)]
    listed("Unsqueeze", "p", "y", 13, axes=[1])
    return model(nodes, [BATCH_FIRST], [value("y", "batch", 1, 3), value("left", "batch", 2)],
                 [*parameters(), weights("V", 4, 3), weights("c", 3), *constants], opset=opset)


def streamed():
    """A frame a call, with what it needs of the past as inputs and outputs."""
    lines = cell_weights("LSTM", prefix="a") + cell_weights("LSTM", prefix="b", inputs=HIDDEN)
    # Two layers' h and c in one tensor [1, layers, hidden, h and c].
    apart = []
    for layer, name in enumerate("ab"):
        for state, kind in enumerate("hc"):
            apart += [node("Slice", f"states at{layer}{state} to{layer}{state} both", f"{name}{kind}4"),
                      node("Squeeze", f"{name}{kind}4 last", f"{name}{kind}0")]
            lines += [ints(f"at{layer}{state}", [layer, state]), ints(f"to{layer}{state}", [layer + 1, state + 1])]
    yield "stacked-states", model(
        [*apart, cell("LSTM", "x aW aR aB - ah0 ac0", "aY ah ac", "a"), node("Squeeze", "aY one", "as"),
           cell("LSTM", "as bW bR bB - bh0 bc0", "bY bh bc", "b"), node("Squeeze", "bY one", "bs"), node("Flatten", "bs", "flat"),
           node("Gemm", "flat V", "g"), node("Sigmoid", "g", "y"), node("Concat", "ah bh", "h", axis=1), node("Concat", "ac bc", "c", axis=1),
           node("Unsqueeze", "h last", "hu"), node("Unsqueeze", "c last", "cu"), node("Concat", "hu cu", "after", axis=3)],
        [value("x", 1, 1, INPUTS), value("states", 1, 2, HIDDEN, 2)], [value("y", 1, 2), value("after", 1, 2, HIDDEN, 2)],
        [*lines, weights("V", HIDDEN, 2), ints("both", [1, 3]), ints("last", [3]), ints("one", [1])])
    yield "conv-cache", model(
        [node("Concat", "past x", "window", axis=2), node("Conv", "window K k", "f", dilations=[2]), node("Relu", "f", "r"),
         node("Transpose", "r", "rt", perm=[2, 0, 1]), gru("rt", "Y", "hn", initial="h"), node("Squeeze", "Y one", "y"),
         node("Slice", "window first end two", "after")],
        [value("x", 1, INPUTS, 1), value("past", 1, INPUTS, 4), value("h", 1, 1, HIDDEN)],
        [value("y", 1, 1, HIDDEN), value("after", 1, INPUTS, 4), value("hn", 1, 1, HIDDEN)],
        [*parameters(), weights("K", INPUTS, INPUTS, 3), weights("k", INPUTS), ints("one", [1]), ints("first", [1]), ints("end", [TO_THE_END]), ints("two", [2])])


def windows():
    """A number of frames that the file fixes, and none at all."""
    fixed = value("x", 12, 1, INPUTS)
    yield "window-last", model([gru(), node("Slice", "Y minus end zero", "l"), node("Squeeze", "l both", "s"), node("Gemm", "s V", "g"), node("Sigmoid", "g", "y")],
                               [fixed], [value("y", 1, 2)],
                               [*parameters(), weights("V", HIDDEN, 2), ints("minus", [-1]), ints("end", [TO_THE_END]), ints("zero", [0]), ints("both", [0, 1])])
    yield "mlp", model([node("Gemm", "x V c", "g"), node("Relu", "g", "r"), node("Gemm", "r U", "h"), node("Softmax", "h", "y", axis=-1)],
                       [value("x", "batch", INPUTS)], [value("y", "batch", 3)], [weights("V", INPUTS, 8), weights("c", 8), weights("U", 8, 3)])
    yield "embedding", model([node("Gather", "table x", "e"), gru("e"), node("Squeeze", "Y one", "y")], [value("x", "time", "batch", dtype=TensorProto.INT64)],
                             [value("y", "time", "batch", HIDDEN)], [weights("table", 10, INPUTS), *parameters(), ints("one", [1])])
    yield "initial-dense", model(
        [node("Gemm", "speaker V c", "g"), node("Tanh", "g", "t"), node("Unsqueeze", "t zero", "h"), gru(initial="h", Y_h="Y_h")],
        [X, value("speaker", "batch", 3)], [value("Y", "time", 1, "batch", HIDDEN), value("Y_h", 1, "batch", HIDDEN)],
        [*parameters(), weights("V", 3, HIDDEN), weights("c", HIDDEN), ints("zero", [0])])


def over_time():
    """What sees a whole sequence, or a part of it."""
    plain = [node("Transpose", "x", "xt", perm=[1, 0, 2]), gru("xt", "Y"), node("Squeeze", "Y one", "s"), node("Transpose", "s", "f", perm=[1, 0, 2])]
    held = [*parameters(), ints("one", [1])]
    vector = [value("y", "batch", HIDDEN)]
    yield "attention", model(
        [*plain, node("MatMul", "f U", "u"), node("Tanh", "u", "t"), node("MatMul", "t v", "e"), node("Softmax", "e", "a", axis=1),
         node("Transpose", "a", "w", perm=[0, 2, 1]), node("MatMul", "w f", "m"), node("Squeeze", "m one", "y")],
        [BATCH_FIRST], vector, [*held, weights("U", HIDDEN, 4), weights("v", 4, 1)])
    yield "mean-over-time", model([*plain, node("ReduceMean", "f", "y", axes=[1], keepdims=0)], [BATCH_FIRST], vector, held)
    yield "max-over-time", model([*plain, node("ReduceMax", "f", "y", axes=[1], keepdims=0)], [BATCH_FIRST], vector, held)
    yield "mean-removed", model([node("ReduceMean", "x", "m", axes=[1]), node("Sub", "x m", "y")], [BATCH_FIRST], [FRAMES], [])
    for pool in ("GlobalAveragePool", "GlobalMaxPool"):
        yield pool.lower(), model([*plain, node("Transpose", "f", "c", perm=[0, 2, 1]), node(pool, "c", "p"), node("Flatten", "p", "y")],
                                  [BATCH_FIRST], vector, held)
    yield "tile", model([node("Shape", "x", "size"), node("Slice", "size zero two", "n"), node("Concat", "n one", "times", axis=0), node("Tile", "c times", "t"),
                         node("Concat", "x t", "wide", axis=2), node("MatMul", "wide V", "y")],
                        [BATCH_FIRST], [FRAMES], [weights("c", 1, 1, 2), weights("V", INPUTS + 2, 3), ints("zero", [0]), ints("one", [1]), ints("two", [2])])
    yield "expand", model([node("Shape", "x", "size"), node("Expand", "c size", "t"), node("Mul", "x t", "y")], [BATCH_FIRST], [FRAMES], [weights("c", INPUTS)])


def convolved():
    """Convolutions and pools along time."""
    out, kernel = [value("y", "batch", 4, None)], [weights("K", 4, INPUTS, 3), weights("k", 4)]
    yield "conv-causal", model([node("Pad", "x pads", "p"), node("Conv", "p K k", "y", dilations=[2])], [CHANNELS], out, [*kernel, ints("pads", [0, 0, 4, 0, 0, 0])])
    yield "conv-pads", model([node("Conv", "x K k", "y", pads=[2, 0])], [CHANNELS], out, kernel)
    for name, more in {"upper": {"auto_pad": "SAME_UPPER", "strides": [2]}, "lower": {"auto_pad": "SAME_LOWER", "strides": [3]},
                       "valid": {"auto_pad": "VALID", "kernel_shape": [3]}}.items():
        yield f"conv-{name}", model([node("Conv", "x K", "y", **more)], [CHANNELS], out, kernel[:1])
    yield "conv-groups", model([node("Conv", "x K", "y", group=INPUTS, pads=[1, 1])], [CHANNELS], [value("y", "batch", 2 * INPUTS, None)],
                               [weights("K", 2 * INPUTS, 1, 3)])
    same = [value("y", "batch", INPUTS, None)]
    for name, op, more in (("max", "MaxPool", {}), ("average", "AveragePool", {}), ("average-counted", "AveragePool", {"count_include_pad": 1})):
        yield f"pool-{name}", model([node(op, "x", "y", kernel_shape=[3], pads=[2, 0], **more)], [CHANNELS], same, [])
    yield "pool-stride", model([node("MaxPool", "x", "m", kernel_shape=[2], strides=[2], ceil_mode=1), node("AveragePool", "m", "y", kernel_shape=[2])],
                               [CHANNELS], same, [])


def framewise():
    """Arithmetic and normalizations of a frame."""
    yield "normalized", model(
        [node("BatchNormalization", "x scale shift mean variance", "n"), node("Transpose", "n", "nt", perm=[2, 0, 1]), gru("nt"), node("Squeeze", "Y one", "s"),
         node("LayerNormalization", "s gain offset", "l", axis=-1, epsilon=1e-3), node("MatMul", "l V", "y")],
        [CHANNELS], [value("y", "time", "batch", 3)],
        [*parameters(), weights("scale", INPUTS), weights("shift", INPUTS), weights("mean", INPUTS), floats("variance", 0.5, 1, 2, 0.1, 3), ints("one", [1]),
         weights("gain", HIDDEN), weights("offset", HIDDEN), weights("V", HIDDEN, 3)])
    one = [numpy_helper.from_array(np.float32(number), name) for name, number in (("zero", 0), ("half", 0.5), ("two", 2), ("small", 1e-6))]
    yield "arithmetic", model(
        [node("Greater", "x zero", "up"), node("Neg", "x", "n"), node("Where", "up x n", "a"), node("Sqrt", "a", "s"), node("Pow", "s two", "p"),
         node("Min", "p half s", "low"), node("Max", "low c", "high"), node("Add", "a small", "positive"), node("Log", "positive", "l"),
         node("Div", "l high", "d"), node("ReduceMean", "d", "m", axes=[-1]), node("Sub", "d m", "e"), node("Less", "e zero", "down"),
         node("Not", "down", "not"), node("And", "up not", "both"), node("Cast", "both", "f", to=FLOAT), node("Mul", "e f", "y")],
        [BATCH_FIRST], [FRAMES], [*one, floats("c", 0.1, 0.2, 0.3, 0.4, 0.5)])
    # Every variadic operator of one, two and three.
    yield "variadic", model([node("Sum", "x", "a"), node("Max", "a c", "b"), node("Mean", "x b c", "d"), node("Min", "d x a", "e"), node("Sum", "e d b", "y")],
                            [BATCH_FIRST], [FRAMES], [weights("c", INPUTS)])
    yield "argmax", model([node("ArgMax", "x", "best", axis=-1, keepdims=0), node("Gather", "table best", "y")], [BATCH_FIRST], [FRAMES], [weights("table", INPUTS, 3)])
    yield "unused", model([gru()], [X, value("idle", 3)], [value("Y", "time", 1, "batch", HIDDEN)], [*parameters(), weights("spare", 4)])


def layers():
    for opset in (7, 9, 11, 13, 14, 17, 18, 20, 21, 22):
        yield f"version-{opset}", version(opset)
    yield from streamed()
    yield from windows()
    yield from over_time()
    yield from convolved()
    yield from framewise()
