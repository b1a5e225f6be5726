"""What must be refused, with a sentence: broken files, operators that Tympan has not, and requests beyond reason."""

import numpy as np
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from forged_habits import array, biased
from nodes import FLOAT, HIDDEN, INPUTS, TO_THE_END, X, Y4, cell, cell_weights, floats, gru, ints, model, node, parameters, value, weights


def inputs_beyond():
    """Inputs that the operator has not, or not in this opset."""
    yield "input-raised", model([gru(), node("Relu", "Y x", "y")], [X], [value("y", None, None, None, None)], parameters())
    yield "input-folded", model([node("Transpose", "Wt R", "W", perm=[0, 2, 1]), gru()], [X], [Y4],
                                [weights("Wt", 1, INPUTS, 3 * HIDDEN), *parameters()[1:]])
    yield "input-opset-9", model([gru(), node("Slice", "Y from", "y", axes=[0], starts=[-1], ends=[TO_THE_END])], [X],
                                 [value("y", 1, 1, None, None)], [*parameters(), ints("from", [0])], opset=9)
    yield "dropout-training", model([gru(), helper.make_node("Dropout", ["Y", "", "on"], ["y"], "drop")], [X], [value("y", None, None, None, None)],
                                    [*parameters(), numpy_helper.from_array(np.array(True), "on")])
    yield "attribute", model([gru(forget_gates=3)], [X], [Y4], parameters())


def numbers():
    """Numbers that are none, or that float32 and 2⁵³ don't hold."""
    # uint8 holds neither 300 nor -1, and what a Cast from floats makes of them is undefined.
    yield "wrap-cast", biased(node("Cast", "f", "k", to=TensorProto.UINT8), constants=[array("f", np.float32, 300, -1, 2.7)])
    # 2 in float64, 3 in float32.
    yield "float64-cast", biased(node("Cast", "d", "k", to=TensorProto.INT64), constants=[array("d", np.float64, 1, 2, 2.9999999999)])
    yield "weights-nan", model([gru()], [X], [Y4], [*parameters()[:2], numpy_helper.from_array(np.full((1, 6 * HIDDEN), np.nan, np.float32), "B")])
    infinite = weights("W", 1, 4 * HIDDEN, INPUTS, dtype=np.float64)
    infinite.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(infinite) * 1e300, "wide"))
    yield "weights-infinite", model([node("Cast", "wide", "W", to=FLOAT), cell("LSTM")], [X], [Y4], [infinite, *cell_weights("LSTM")[1:]])


def graphs():
    """Graphs that are none."""
    yield "cycle", model([node("Relu", "b", "a"), node("Relu", "a", "b"), gru("b")], [X], [Y4], parameters())
    yield "missing", model([gru("nowhere")], [X], [Y4], parameters())
    yield "twice", model([gru(), node("Relu", "x", "Y")], [X], [Y4], parameters())
    yield "opset-6", model([gru()], [X], [Y4], parameters(), opset=6)
    without = model([gru()], [X], [Y4], parameters())
    del without.opset_import[:]
    yield "no-opset", without
    called = model([helper.make_node("Layer", ["x"], ["y"], "layer", domain="local")], [X], [value("y", "time", "batch", INPUTS)], [])
    called.opset_import.append(helper.make_opsetid("local", 1))
    called.functions.append(helper.make_function("local", "Layer", ["a"], ["b"], [node("Relu", "a", "b")], [helper.make_opsetid("", 17)]))
    yield "function", called


def tensors():
    """Weights elsewhere, cut, of other sizes, or far too many."""
    for name, place in (("external", "weights.bin"), ("external-outside", "../secret"), ("external-root", "/etc/hostname")):
        external = model([gru()], [X], [Y4], parameters())
        external_data_helper.set_external_data(external.graph.initializer[0], place)
        external.graph.initializer[0].ClearField("raw_data")
        yield name, external
    short = model([gru()], [X], [Y4], parameters())
    short.graph.initializer[0].raw_data = short.graph.initializer[0].raw_data[:-4]
    yield "short-tensor", short
    sparse = model([gru()], [X], [Y4], parameters()[:2])
    sparse.graph.sparse_initializer.append(helper.make_sparse_tensor(weights("B", 3), ints("where", [0, 5, 9]), [1, 6 * HIDDEN]))
    yield "sparse", sparse
    yield "wrong-size", model([gru()], [X], [Y4], [*parameters()[:1], *parameters(hidden=HIDDEN + 1)[1:]])
    gates = cell_weights("LSTM")
    yield "wrong-gates", model([cell("LSTM")], [X], [Y4], [gates[0], cell_weights("GRU")[1], gates[2]])
    yield "wrong-peepholes", model([cell("LSTM", "x W R B - - - P")], [X], [Y4], [*gates, weights("P", 1, 4 * HIDDEN)])
    yield "wrong-directions", model([cell("LSTM", direction="bidirectional")], [X], [Y4], gates)
    yield "many-parameters", model([cell("LSTM", activations=["HardSigmoid", "Tanh", "Tanh"], activation_alpha=[0.1, 0.2])], [X], [Y4], gates)
    # onnxruntime takes 0, with which the layer's output is constant.
    yield "no-parameters", model([cell("LSTM", activations=["Sigmoid", "ScaledTanh", "Tanh"])], [X], [Y4], gates)
    yield "unknown-activation", model([cell("LSTM", activations=["Sigmoid", "Tanh", "Gelu"])], [X], [Y4], gates)
    yield "allowzero", model([gru(), node("Reshape", "Y zero", "y", allowzero=1)], [X], [value("y", None, None, None)], [*parameters(), ints("zero", [0, 0, 0])])
    yield "explosion", model([node("ConstantOfShape", "huge", "h"), gru(initial="h")], [X], [Y4], [*parameters(), ints("huge", [1, 2**40, HIDDEN])])
    yield "explosion-expand", model([node("Expand", "x huge", "y")], [X], [value("y", None, None, None, None)], [ints("huge", [2**33, 1, 1, 1])])


def operators():
    """Operators that are not done."""
    frames, anything = value("x", "batch", INPUTS, "time"), [value("y", None, None, None)]
    yield "conv-transpose", model([node("ConvTranspose", "x K", "y", strides=[2])], [frames], anything, [weights("K", INPUTS, 4, 3)])
    yield "quantized", model([node("QuantizeLinear", "x scale zero", "q", block_size=2), node("DequantizeLinear", "q scale zero", "d"), gru("d")], [X], [Y4],
                             [*parameters(), numpy_helper.from_array(np.float32(0.1), "scale"), numpy_helper.from_array(np.int8(0), "zero")])
    yield "einsum", model([node("Einsum", "x V", "y", equation="tbi,ij->tbj")], [X], anything, [weights("V", INPUTS, 3)])
    yield "top-k", model([node("TopK", "x two", "y i", axis=-1)], [X], anything, [ints("two", [2])])
    yield "resize", model([helper.make_node("Resize", ["x", "", "sizes"], ["y"], "resize")], [frames], anything, [floats("sizes", 1, 1, 2)])
    foreign = model([helper.make_node("DynamicQuantizeGRU", ["x"], ["Y"], "dq", domain="com.microsoft")], [X], [Y4], [])
    foreign.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    yield "domain", foreign
    scaled = model([helper.make_node("Scaler", ["x"], ["y"], "scaler", domain="ai.onnx.ml", offset=[0.1] * INPUTS, scale=[2.0] * INPUTS)],
                   [value("x", "batch", INPUTS)], [value("y", "batch", INPUTS)], [])
    scaled.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    yield "scaler", scaled
    yield "strings", model([node("Identity", "x", "y")], [value("x", "batch", dtype=TensorProto.STRING)], [value("y", "batch", dtype=TensorProto.STRING)], [])


def refused():
    for group in (inputs_beyond, numbers, graphs, tensors, operators):
        yield from group()
