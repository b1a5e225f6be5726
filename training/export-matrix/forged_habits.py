"""Habits of other exporters than PyTorch's: what they write for layers that Tympan has."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from nodes import FLOAT, HIDDEN, INPUTS, TO_THE_END, X, Y4, YH, floats, gru, ints, model, node, parameters, value, weights


def habits():
    yield "reset-after-pytorch", model([gru(linear_before_reset=0)], [X], [Y4], parameters(), producer="pytorch")
    yield "reset-after", model([gru(linear_before_reset=0)], [X], [Y4], parameters())
    yield "activations", model([gru(activations=["Sigmoid", "Tanh"], direction="forward", Y_h="Y_h")],
                               [X], [Y4, YH], parameters())
    # Attributes where newer opsets have inputs; Softmax over all axes from 1 on.
    yield "opset-9", model(
        [node("Transpose", "x", "xt", perm=[1, 0, 2]), gru("xt", "Y"), node("Squeeze", "Y", "s", axes=[1]),
         node("Slice", "s", "l", axes=[0], starts=[-1], ends=[TO_THE_END]), node("Squeeze", "l", "z", axes=[0]),
         node("Gemm", "z V c", "g", alpha=0.5), node("Softmax", "g", "y")],
        [value("x", "batch", "time", INPUTS)], [value("y", "batch", 3)], [*parameters(), weights("V", HIDDEN, 3), weights("c", 3)], opset=9)
    # A network that lays all frames of all sequences in rows, as Keras' and tf2onnx's dense layers do.
    yield "rows", model(
        [node("Reshape", "x rows", "xr"), node("Gemm", "xr V c", "g", transB=1, beta=2.0), node("Relu", "g", "r"),
         node("Shape", "x", "size"), node("Slice", "size zero two", "outer"), node("Concat", "outer six", "back", axis=0),
         node("Reshape", "r back", "xb"), node("Transpose", "xb", "xt", perm=[1, 0, 2]), gru("xt", "Y", "Y_h"),
         node("Transpose", "Y", "yt", perm=[2, 0, 1, 3]), node("Reshape", "yt keep", "yr"),
         node("MatMul", "yr U", "m"), node("Add", "b m", "a"), node("LogSoftmax", "a", "y", axis=2)],
        [value("x", "batch", "time", INPUTS)], [value("y", "batch", "time", 3)],
        [*parameters(inputs=6), weights("V", 6, INPUTS), weights("c", 6), weights("U", HIDDEN, 3), weights("b", 3),
         ints("rows", [-1, INPUTS]), ints("zero", [0]), ints("two", [2]), ints("six", [6]), ints("keep", [0, 0, -1])])
    # A learned state, expanded to the batch the way torch.Tensor.expand exports.
    yield "learned-state", model(
        [node("Shape", "x", "size"), node("Gather", "size one", "n"), node("Unsqueeze", "n zeros", "nu"),
         node("Concat", "minus nu minus", "want", axis=0), node("ConstantOfShape", "three", "ones", value=ints("", [1])),
         node("Mul", "ones minus", "less"), node("Equal", "want less", "keep"), node("Where", "keep ones want", "dims"),
         node("Expand", "h dims", "h0"), gru(initial="h0", Y_h="Y_h")],
        [X], [Y4, YH],
        [*parameters(), weights("h", 1, 1, HIDDEN), ints("one", 1), ints("zeros", [0]), ints("minus", [-1]), ints("three", [3])])
    # Two recurrences over one sequence, their last states side by side.
    yield "two-heads", model(
        [gru(prefix="a", Y="A", Y_h="ha", name="a"), gru(prefix="b", Y="B", Y_h="hb", name="b"),
         node("Concat", "ha hb", "h", axis=0), node("Transpose", "h", "ht", perm=[1, 0, 2]), node("Flatten", "ht", "f"),
         node("Gemm", "f V", "g"), node("Concat", "A B", "AB", axis=3), node("Split", "AB sizes", "left right", axis=-1),
         node("Identity", "right", "y2"), node("Tanh", "g", "y")],
        [X], [value("y", "batch", 2), value("y2", "time", 1, "batch", 7)],
        [*parameters("a"), *parameters("b"), weights("V", 2 * HIDDEN, 2), ints("sizes", [5, 7])])
    # One frame a call, the state in and out: batch and time are 1 and squeezed away.
    yield "one-frame", model(
        [node("Unsqueeze", "x axes", "xu"), node("Gather", "h one", "h1"), node("Unsqueeze", "h1 zeros", "h2"),
         gru("xu", "Y", "Y_h", initial="h2"), node("Squeeze", "Y", "s"), node("Unsqueeze", "s zeros", "u"),
         node("Gemm", "u V", "g"), node("Sigmoid", "g", "y")],
        [value("x", 1, INPUTS), value("h", 2, 1, HIDDEN)], [value("y", 1, 2), value("Y_h", 1, 1, HIDDEN)],
        [*parameters(), weights("V", HIDDEN, 2), ints("axes", [0]), ints("zeros", [0]), ints("one", 1)])
    # Weights in other forms than initializers of float32.
    yield "weights-constant", model(
        [helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in parameters()] + [gru()], [X], [Y4], [])
    yield "weights-float16", model(
        [node("Cast", f"{name}h", name, to=FLOAT) for name in "WRB"] + [gru()], [X], [Y4],
        [numpy_helper.from_array(numpy_helper.to_array(tensor), f"{tensor.name}h") for tensor in parameters(dtype=np.float16)])
    yield "weights-float64", model(
        [node("Cast", f"{name}d", name, to=FLOAT) for name in "WRB"] + [gru()], [X], [Y4],
        [numpy_helper.from_array(numpy_helper.to_array(tensor), f"{tensor.name}d") for tensor in parameters(dtype=np.float64)])
    typed = [helper.make_tensor(t.name, FLOAT, t.dims, numpy_helper.to_array(t).flatten().tolist()) for t in parameters()]
    yield "weights-typed-fields", model([gru()], [X, *(value(t.name, *t.dims) for t in typed)], [Y4], typed)
    # Backwards inference sees no GRU through a Reshape that merges, and the last step is at a fixed index.
    yield "fixed-index", model(
        [node("Transpose", "x", "xt", perm=[1, 0, 2]), gru("xt", "Y"), node("Squeeze", "Y one", "s"), node("Gather", "s eleven", "y", axis=0)],
        [value("x", 1, 12, INPUTS)], [value("y", 1, HIDDEN)], [*parameters(), ints("one", [1]), ints("eleven", 11)])

    # One value under other names: a bias that is added under one must not show under another.
    yield "bias-aliases", model(
        [gru(), node("Squeeze", "Y one", "s"), node("MatMul", "s V", "m"), node("Relu", "m", "z"),
         node("Identity", "m", "m1"), node("Add", "m1 c", "y1"), node("Dropout", "m", "m2"), node("Add", "d m2", "y2"),
         node("Unsqueeze", "m one", "m3"), node("Add", "m3 c", "y3"), node("Slice", "m zeros three", "m4"), node("Add", "m4 d", "y4"),
         node("Transpose", "m", "m5", perm=[1, 0, 2]), node("Add", "m5 c", "a5"), node("Add", "a5 e", "y5"), node("Sigmoid", "m", "w")],
        [X], [value("m", "time", "batch", 3), *(value(n, None, None, 3) for n in ("z", "w", "y1", "y2", "y4", "y5")), value("y3", "time", 1, "batch", 3)],
        [*parameters(), weights("V", HIDDEN, 3), weights("c", 3), weights("d", 1, 3), weights("e", 1), ints("one", [1]), ints("zeros", [0, 0, 0]),
         ints("three", [2**31, 2**62, 3])])
    # Weights and shapes that are computed from constants, by everything that folding computes.
    yield "folded", folded()
    # Sigmoid and Tanh take neither parameter; an old exporter writes them.
    yield "activation-parameters", model([gru(activation_alpha=[1.0, 2.0], activation_beta=[3.0, 4.0], activations=["Sigmoid", "Tanh"], Y="Y")],
                                         [X], [Y4], parameters())
    # Nothing but the name of a size is a number.
    yield "size-named-12", model([gru(), node("Reshape", "Y keep", "y")], [value("x", "12", "batch", INPUTS)], [value("y", None, None, HIDDEN)],
                                 [*parameters(), ints("keep", [0, -1, HIDDEN])])


def folded():
    """y is a dense layer of the GRU's outputs, with constants as its bias that each come out of another kind of folding."""
    nodes = [
        gru(), node("Squeeze", "Y one", "s"),
        # Weights: the second half, flattened, split and passed through a Dropout.
        node("Split", "VV", "V0 V1", axis=1), node("Flatten", "V1", "V2", axis=1), node("Dropout", "V2", "V3"), node("MatMul", "s V3", "m0"),
        # Towards zero, as a shape of [0, 0, -1].
        node("Cast", "fractions", "shape", to=TensorProto.INT64), node("Reshape", "s shape", "r"), node("MatMul", "r V3", "m"),
        # -7/2, 7/2 and 9/-2 of integers; 7/2 of floats.
        node("Div", "seven two", "i"), node("Cast", "i", "b0", to=FLOAT), node("Div", "sevens twos", "b1"),
        node("Gather", "list back", "b2"), node("Slice", "table first end second", "row"), node("Squeeze", "row", "b3"),
        # Subnormal float16, and float32 rounded to float16 (a third, a subnormal, a tie), made large enough to see.
        node("Cast", "tiny", "wide", to=FLOAT), node("Mul", "wide large", "b4"),
        node("Cast", "fine", "half", to=TensorProto.FLOAT16), node("Cast", "half", "rounded", to=FLOAT), node("Sub", "rounded fine", "lost"),
        node("Mul", "lost most", "b5"), node("Tanh", "b5", "t"), node("Sigmoid", "t", "u"), node("Relu", "b2", "v"), node("Add", "u v", "b6"),
    ]
    for index, (source, sum_) in enumerate(zip(["m", *"abcdef"], [*"abcdef", "y"])):
        nodes.append(node("Add", f"{source} b{index}", sum_))
    nodes += [node("Sigmoid", "m0", "y0"), node("Slice", "s first2 end2 third", "y1")]
    half = np.array([0x0001, 0x83FF, 0x0200], np.uint16).view(np.float16)

    return model(nodes, [X], [value("y", None, None, 3), value("y0", None, None, 3), value("y1", None, None, 2)], [
        *parameters(), weights("VV", HIDDEN, 6), ints("one", [1]), floats("fractions", 0.9, -0.9, -1.9), ints("seven", [-7, 7, 9]), ints("two", [2, 2, -2]),
        floats("sevens", 7, 1, 0.5), floats("twos", 2, 3, -4), weights("list", 5), ints("back", [-1, 0, -4]), weights("table", 3, 4),
        ints("first", [3]), ints("end", [4]), ints("second", [1]), numpy_helper.from_array(half, "tiny"), floats("large", 2.0**14),
        floats("fine", 1 / 3, 1.3 * 2.0**-24, 2049 / 2048), floats("most", 1000, 2.0**22, 1000), ints("first2", [1]), ints("end2", [3]), ints("third", [2])])


def axes_anywhere():
    """Operators on axes where a network of layers would not have them, and states that other parts of the network compute."""
    weighted = [*parameters(), weights("V", HIDDEN, 3), ints("one", [1]), ints("apart", [0, 2]), ints("zero", 0)]
    squeezed = [gru(), node("Squeeze", "Y one", "s")]
    anything = [value("y", None, None, None)]
    square = value("x", "batch", "batch", INPUTS)
    yield "bias-across", model([*squeezed, node("MatMul", "s V", "m"), node("Transpose", "m", "t", perm=[1, 2, 0]), node("Add", "t c", "y")],
                               [value("x", 3, "batch", INPUTS)], anything, [*weighted, weights("c", 3)])
    yield "concat-across", model([*squeezed, node("Transpose", "s", "t", perm=[1, 0, 2]), node("Concat", "s t", "y", axis=2)], [square], anything, weighted)
    yield "softmax-default", model([gru(), node("Squeeze", "Y", "s", axes=[1]), node("Softmax", "s", "y")], [X], anything, parameters(), opset=11)
    yield "softmax-over-time", model([gru(), node("Softmax", "Y", "y", axis=0)], [X], [value("y", "time", 1, "batch", HIDDEN)], parameters())
    yield "gather-apart", model([*squeezed, node("Gather", "s apart", "y", axis=2)], [X], anything, weighted)
    yield "slice-step", model([*squeezed, node("Slice", "s from to last step", "y")], [X], anything,
                              [*weighted, ints("from", [1]), ints("to", [5]), ints("last", [2]), ints("step", [2])])
    yield "slice-backwards", model([*squeezed, node("Slice", "s from to first step", "y")], [X], anything,
                                   [*weighted, ints("from", [-1]), ints("to", [-TO_THE_END]), ints("first", [0]), ints("step", [-1])])
    yield "cast-integer", model([*squeezed, node("Mul", "s ten", "t"), node("Cast", "t", "i", to=TensorProto.INT64), node("Cast", "i", "y", to=FLOAT)],
                                [X], anything, [*weighted, floats("ten", 10)])
    yield "first-frame", model([gru(), node("Gather", "Y zero", "y")], [X], [value("y", 1, "batch", HIDDEN)], weighted)
    yield "whole-window", model([gru(), node("Transpose", "Y", "t", perm=[2, 0, 1, 3]), node("Flatten", "t", "f"), node("Gemm", "f U", "y")],
                                [value("x", 12, 1, INPUTS)], [value("y", 1, 2)], [*parameters(), weights("U", 12 * HIDDEN, 2)])
    yield "decoder", model([gru(prefix="a", Y="A", Y_h="h", name="a"), gru(prefix="b", initial="h", name="b")],
                           [X], [Y4], [*parameters("a"), *parameters("b")])
    yield "state-per-row", model([gru(initial="h")], [value("x", "time", 2, INPUTS)], [value("Y", "time", 1, 2, HIDDEN)],
                                 [*parameters(), weights("h", 1, 2, HIDDEN)])
    # The number of frames where that of sequences is meant: right where they are equal.
    yield "state-over-time", model(
        [node("Shape", "x", "size"), node("Slice", "size first second", "n"), node("Concat", "one n six", "want", axis=0), node("Expand", "h want", "h0"),
         gru(initial="h0")], [square], [value("Y", "batch", 1, "batch", HIDDEN)],
        [*weighted, weights("h", 1, 1, HIDDEN), ints("first", [0]), ints("second", [1]), ints("six", [HIDDEN])])
    yield "conv", model([node("Conv", "x K", "c"), node("Transpose", "c", "ct", perm=[2, 0, 1]), gru("ct")],
                        [value("x", "batch", INPUTS, "time")], [value("Y", None, 1, "batch", HIDDEN)], [*parameters(), weights("K", INPUTS, INPUTS, 3)])


def biased(*computed, constants):
    """A GRU and a dense layer whose bias is computed from the constants."""
    nodes = [gru(), node("Squeeze", "Y one", "s"), node("MatMul", "s V", "m"), *computed, node("Cast", "k", "c", to=FLOAT), node("Add", "m c", "y")]
    return model(nodes, [X], [value("y", None, None, 3)], [*parameters(), weights("V", HIDDEN, 3), ints("one", [1]), *constants])


def array(name, dtype, *numbers):
    return numpy_helper.from_array(np.array(numbers, dtype), name)


def other_numbers():
    """Constants of types that the network itself does not compute with."""
    yield "wrap-narrow", biased(node("Cast", "f", "k", to=TensorProto.INT8), constants=[array("f", np.int64, 300, 2, 1)])
    # int32 wraps around.
    yield "wrap-product", biased(node("Mul", "i i", "k"), constants=[array("i", np.int32, 100000, 2, 3)])
    yield "float16-sum", biased(node("Add", "h h", "k"), constants=[array("h", np.float16, 1, 2, 3)])
    yield "float64-sum", biased(node("Add", "d d", "k"), constants=[array("d", np.float64, 1, 2, 3)])
