"""Networks that no exporter of ours writes, node by node: other exporters' habits, and what an importer must refuse.

python3 forge.py [folder]
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, external_data_helper, helper, numpy_helper

from export import FOLDER

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


def reset(name="gru", **attributes):
    return [gru(name=name, linear_before_reset=0, **attributes)]


def runnable():
    """What must import, and equal onnxruntime."""
    yield "reset-after-pytorch", model(reset(), [X], [Y4], parameters(), producer="pytorch")
    yield "reset-after", model(reset(), [X], [Y4], parameters())
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

    def floats(name, *values):
        return numpy_helper.from_array(np.array(values, np.float32), name)

    return model(nodes, [X], [value("y", None, None, 3), value("y0", None, None, 3), value("y1", None, None, 2)], [
        *parameters(), weights("VV", HIDDEN, 6), ints("one", [1]), floats("fractions", 0.9, -0.9, -1.9), ints("seven", [-7, 7, 9]), ints("two", [2, 2, -2]),
        floats("sevens", 7, 1, 0.5), floats("twos", 2, 3, -4), weights("list", 5), ints("back", [-1, 0, -4]), weights("table", 3, 4),
        ints("first", [3]), ints("end", [4]), ints("second", [1]), numpy_helper.from_array(half, "tiny"), floats("large", 2.0**14),
        floats("fine", 1 / 3, 1.3 * 2.0**-24, 2049 / 2048), floats("most", 1000, 2.0**22, 1000), ints("first2", [1]), ints("end2", [3]), ints("third", [2])])


def refused_layouts():
    """Axes that are not what an operator needs, though their sizes may be."""
    weighted = [*parameters(), weights("V", HIDDEN, 3), ints("one", [1]), ints("apart", [0, 2]), ints("zero", [0, 0, 0])]
    squeezed = [gru(), node("Squeeze", "Y one", "s")]
    anything = [value("y", None, None, None)]
    yield "bias-across", model([*squeezed, node("MatMul", "s V", "m"), node("Transpose", "m", "t", perm=[1, 2, 0]), node("Add", "t c", "y")],
                               [value("x", 3, "batch", INPUTS)], anything, [*weighted, weights("c", 3)])
    yield "concat-across", model([*squeezed, node("Transpose", "s", "t", perm=[1, 0, 2]), node("Concat", "s t", "y", axis=2)], [X], anything, weighted)
    yield "softmax-default", model([gru(), node("Squeeze", "Y", "s", axes=[1]), node("Softmax", "s", "y")], [X], anything, parameters(), opset=11)
    yield "gather-apart", model([*squeezed, node("Gather", "s apart", "y", axis=2)], [X], anything, weighted)
    yield "slice-step", model([*squeezed, node("Slice", "s from to last step", "y")], [X], anything,
                              [*weighted, ints("from", [1]), ints("to", [5]), ints("last", [2]), ints("step", [2])])
    yield "dropout-training", model([*squeezed, helper.make_node("Dropout", ["s", "", "on"], ["y"], "drop")], [X], anything,
                                    [*weighted, numpy_helper.from_array(np.array(True), "on")])
    yield "cast-integer", model([*squeezed, node("Cast", "s", "i", to=TensorProto.INT64), node("Cast", "i", "y", to=FLOAT)], [X], anything, weighted)
    yield "allowzero", model([*squeezed, node("Reshape", "s zero", "y", allowzero=1)], [X], anything, weighted)
    # A state for each frame of what should be a batch.
    yield "state-over-time", model(
        [node("Shape", "x", "size"), node("Slice", "size first second", "n"), node("Concat", "unit n six", "want", axis=0), node("Expand", "h want", "h0"),
         gru(initial="h0")], [X], [Y4],
        [*parameters(), weights("h", 1, 1, HIDDEN), ints("first", [0]), ints("second", [1]), ints("unit", [1]), ints("six", [HIDDEN])])
    yield "input-raised", model([gru(), node("Relu", "Y x", "y")], [X], [value("y", None, None, None, None)], parameters())
    yield "input-folded", model([node("Transpose", "Wt R", "W", perm=[0, 2, 1]), gru()], [X], [Y4],
                                [weights("Wt", 1, INPUTS, 3 * HIDDEN), *parameters()[1:]])
    yield "input-opset-9", model([gru(), node("Slice", "Y from", "y", axes=[0], starts=[-1], ends=[TO_THE_END])], [X],
                                 [value("y", 1, 1, None, None)], [*parameters(), ints("from", [0])], opset=9)


def refused_numbers():
    """Constants that wrap around, or are rounded in ways that float32 is not."""
    def biased(*computed, constants):
        nodes = [gru(), node("Squeeze", "Y one", "s"), node("MatMul", "s V", "m"), *computed, node("Cast", "k", "c", to=FLOAT), node("Add", "m c", "y")]
        return model(nodes, [X], [value("y", None, None, 3)], [*parameters(), weights("V", HIDDEN, 3), ints("one", [1]), *constants])

    def array(name, dtype, *values):
        return numpy_helper.from_array(np.array(values, dtype), name)

    yield "wrap-cast", biased(node("Cast", "f", "k", to=TensorProto.UINT8), constants=[array("f", np.float32, 300, -1, 2.7)])
    yield "wrap-narrow", biased(node("Cast", "f", "k", to=TensorProto.INT8), constants=[array("f", np.int64, 300, 2, 1)])
    yield "wrap-product", biased(node("Mul", "i i", "k"), constants=[array("i", np.int32, 100000, 2, 3)])
    yield "float16-sum", biased(node("Add", "h h", "k"), constants=[array("h", np.float16, 1, 2, 3)])
    yield "float64-sum", biased(node("Add", "d d", "k"), constants=[array("d", np.float64, 1, 2, 3)])
    yield "float64-cast", biased(node("Cast", "d", "k", to=TensorProto.INT64), constants=[array("d", np.float64, 1, 2, 2.9999999999)])


def refused():
    """What must be refused, or is beyond onnxruntime."""
    yield from refused_layouts()
    yield from refused_numbers()
    yield "layout", model([gru(layout=1, Y_h="Y_h")], [value("x", "batch", "time", INPUTS)],
                          [value("Y", "batch", "time", 1, HIDDEN), value("Y_h", "batch", 1, HIDDEN)], parameters())
    yield "conv", model([node("Conv", "x V", "c"), node("Transpose", "c", "ct", perm=[2, 0, 1]), gru("ct")],
                        [value("x", "batch", INPUTS, "time")], [Y4], [*parameters(), weights("V", INPUTS, INPUTS, 3)])
    yield "clip", model([gru(clip=3.0)], [X], [Y4], parameters())
    yield "affine", model([gru(activations=["HardSigmoid", "Tanh"])], [X], [Y4], parameters())
    both = [weights(t.name, 2, *t.dims[1:]) for t in parameters()]
    yield "bidirectional", model([gru(direction="bidirectional")], [X], [value("Y", "time", 2, "batch", HIDDEN)], both)
    yield "lstm", model([helper.make_node("LSTM", ["x", "W", "R"], ["Y"], "lstm", hidden_size=HIDDEN)], [X], [Y4],
                        [weights("W", 1, 4 * HIDDEN, INPUTS), weights("R", 1, 4 * HIDDEN, HIDDEN)])
    yield "lengths", model([helper.make_node("GRU", ["x", "W", "R", "B", "lengths"], ["Y"], "gru", hidden_size=HIDDEN)],
                           [X, value("lengths", "batch", dtype=TensorProto.INT32)], [Y4], parameters())
    yield "weights-input", model([gru()], [X, value("W", 1, 3 * HIDDEN, INPUTS)], [Y4], parameters()[1:])
    yield "weights-nan", model([gru()], [X], [Y4], [*parameters()[:2], numpy_helper.from_array(np.full((1, 6 * HIDDEN), np.nan, np.float32), "B")])
    yield "first-frame", model([gru(), node("Gather", "Y zero", "y")], [X], [value("y", 1, "batch", HIDDEN)], [*parameters(), ints("zero", 0)])
    yield "whole-window", model([gru(), node("Transpose", "Y", "t", perm=[2, 0, 1, 3]), node("Flatten", "t", "f"), node("Gemm", "f V", "y")],
                                [value("x", 12, 1, INPUTS)], [value("y", 1, 2)], [*parameters(), weights("V", 12 * HIDDEN, 2)])
    yield "softmax-over-time", model([gru(), node("Softmax", "Y", "y", axis=0)], [X], [value("y", "time", 1, "batch", HIDDEN)], parameters())
    yield "decoder", model([gru(prefix="a", Y="A", Y_h="h", name="a"), gru(prefix="b", initial="h", name="b")],
                           [X], [Y4], [*parameters("a"), *parameters("b")])
    yield "state-per-row", model([gru(initial="h")], [value("x", "time", 2, INPUTS)], [value("Y", "time", 1, 2, HIDDEN)],
                                 [*parameters(), weights("h", 1, 2, HIDDEN)])
    yield "cycle", model([node("Relu", "b", "a"), node("Relu", "a", "b"), gru("b")], [X], [Y4], parameters())
    yield "missing", model([gru("nowhere")], [X], [Y4], parameters())
    yield "twice", model([gru(), node("Relu", "x", "Y")], [X], [Y4], parameters())
    yield "attribute", model([gru(forget_gates=3)], [X], [Y4], parameters())
    foreign = model([helper.make_node("DynamicQuantizeGRU", ["x"], ["Y"], "dq", domain="com.microsoft")], [X], [Y4], [])
    foreign.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    yield "domain", foreign
    yield "opset-6", model([gru()], [X], [Y4], parameters(), opset=6)
    without = model([gru()], [X], [Y4], parameters())
    del without.opset_import[:]
    yield "no-opset", without
    external = model([gru()], [X], [Y4], parameters())
    external_data_helper.set_external_data(external.graph.initializer[0], "weights.bin")
    external.graph.initializer[0].ClearField("raw_data")
    yield "external", external
    short = model([gru()], [X], [Y4], parameters())
    short.graph.initializer[0].raw_data = short.graph.initializer[0].raw_data[:-4]
    yield "short-tensor", short
    yield "wrong-size", model([gru()], [X], [Y4], [*parameters()[:1], *parameters(hidden=HIDDEN + 1)[1:]])
    yield "explosion", model([node("ConstantOfShape", "huge", "h"), gru(initial="h")], [X], [Y4], [*parameters(), ints("huge", [1, 2**40, HIDDEN])])


def main(folder: Path):
    for made in (runnable, refused):
        for name, proto in made():
            path = folder / f"forged-{name}.onnx"
            path.write_bytes(proto.SerializeToString())
            if made is runnable:
                checker.check_model(str(path), full_check=True)
            print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
