"""Recurrent layers with what ONNX lets them have, attribute by attribute and input by input."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from nodes import (
    FLOAT, GATES, HIDDEN, INPUTS, STATES, X, Y4, cell, cell_weights, gru, model, names_of, node, outputs_of, parameters, value, weights
)

BOTH = {"direction": "bidirectional"}
LENGTHS = value("lengths", "batch", dtype=TensorProto.INT32)

# https://onnx.ai/onnx/operators/onnx__RNN.html, with the parameters that each takes.
ACTIVATIONS = {
    "Relu": {}, "Tanh": {}, "Sigmoid": {}, "Softsign": {}, "Softplus": {},
    "Affine": {"activation_alpha": [0.7], "activation_beta": [0.1]},
    "ScaledTanh": {"activation_alpha": [0.8], "activation_beta": [1.4]},
    "HardSigmoid": {"activation_alpha": [0.4], "activation_beta": [0.3]},
    "LeakyRelu": {"activation_alpha": [0.15]},
    "ThresholdedRelu": {"activation_alpha": [0.2]},
    "Elu": {"activation_alpha": [0.6]},
}
WITH_DEFAULTS = ("HardSigmoid", "LeakyRelu", "ThresholdedRelu", "Elu")


def states_of(kind, directions=1, batch="batch"):
    return [value(name, directions, batch, HIDDEN) for name in STATES[kind].split()]


def every_cell(kind):
    """What the three cells share."""
    low, names = kind.lower(), names_of(kind)
    one, two = cell_weights(kind), cell_weights(kind, 2)
    states = STATES[kind]
    yield f"{low}-no-bias", model([cell(kind, "x W R")], [X], outputs_of(kind, "Y"), one[:2])
    yield f"{low}-reverse", model([cell(kind, outputs=names, direction="reverse")], [X], outputs_of(kind), one)
    yield f"{low}-both-ways", model([cell(kind, outputs=names, **BOTH)], [X], outputs_of(kind, directions=2), two)
    yield f"{low}-hidden", model([cell(kind, outputs="- Y_h")], [X], outputs_of(kind, "Y_h"), one)
    yield f"{low}-states", model([cell(kind, f"x W R B - {states}", names)], [X, *states_of(kind)], outputs_of(kind), one)
    yield f"{low}-states-both-ways", model([cell(kind, f"x W R - - {states}", names, **BOTH)],
                                           [value("x", "time", 2, INPUTS)], outputs_of(kind, directions=2, batch=2),
                                           [*two[:2], *(weights(name, 2, 2, HIDDEN) for name in states.split())])
    yield f"{low}-lengths", model([cell(kind, "x W R B lengths", names, **BOTH)], [X, LENGTHS], outputs_of(kind, directions=2), two)
    lengths = numpy_helper.from_array(np.array([4, 2, 3], np.int32), "lengths")
    yield f"{low}-lengths-constant", model([cell(kind, f"x W R B lengths {states}", names)], [value("x", 4, 3, INPUTS), *states_of(kind, 1, 3)],
                                           outputs_of(kind, time=4, batch=3), [*one, lengths])
    yield f"{low}-clip", model([cell(kind, outputs=names, clip=0.3)], [X], outputs_of(kind), one)
    yield f"{low}-weights-input", model([cell(kind, outputs=names)], [X, *(value(t.name, *t.dims) for t in one)], outputs_of(kind), [])
    constants = [helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in two]
    yield f"{low}-weights-constant", model([*constants, cell(kind, **BOTH)], [X], outputs_of(kind, "Y", 2), [])
    for form, dtype in (("float16", np.float16), ("float64", np.float64)):
        narrow = cell_weights(kind, prefix=form, dtype=dtype)
        casts = [node("Cast", tensor.name, tensor.name[len(form):], to=FLOAT) for tensor in narrow]
        yield f"{low}-weights-{form}", model([*casts, cell(kind)], [X], outputs_of(kind, "Y"), narrow)


def activations():
    gates = cell_weights("RNN")
    heads = [value(name, "time", 1, "batch", HIDDEN) for name in ACTIVATIONS]
    yield "rnn-activations", model([cell("RNN", outputs=name, name=name, activations=[name], **given) for name, given in ACTIVATIONS.items()],
                                   [X], heads, gates)
    yield "rnn-activation-defaults", model([cell("RNN", outputs=name, name=name, activations=[name]) for name in WITH_DEFAULTS], [X],
                                           [head for head in heads if head.name in WITH_DEFAULTS], gates)
    # Parameters go in order to the functions that take them: HardSigmoid alpha 0.3 and beta 0.4, ScaledTanh 0.9 and 1.2, Elu 0.5.
    yield "gru-parameters", model(
        [cell("GRU", activations=["HardSigmoid", "ScaledTanh", "Sigmoid", "Elu"], activation_alpha=[0.3, 0.9, 0.5], activation_beta=[0.4, 1.2], **BOTH)],
        [X], outputs_of("GRU", "Y", 2), cell_weights("GRU", 2))
    yield "lstm-parameters", model(
        [cell("LSTM", outputs=names_of("LSTM"), activations=["HardSigmoid", "LeakyRelu", "ScaledTanh"], activation_alpha=[0.3, 0.2, 0.9],
              activation_beta=[0.4, 1.2])], [X], outputs_of("LSTM"), cell_weights("LSTM"))
    # Fewer than there are functions that take them: the last ones have their defaults.
    yield "lstm-parameters-partly", model(
        [cell("LSTM", outputs=names_of("LSTM"), activations=["HardSigmoid", "Elu", "LeakyRelu"], activation_alpha=[0.3])],
        [X], outputs_of("LSTM"), cell_weights("LSTM"))
    # What the Precise family's Keras layers compute, with a candidate that is not bounded.
    yield "gru-linear", model([cell("GRU", outputs="Y Y_h", activations=["HardSigmoid", "Affine"], activation_alpha=[0.2, 1.0], activation_beta=[0.5, 0.0])],
                              [X], outputs_of("GRU"), cell_weights("GRU"))
    yield "gru-relu", model([cell("GRU", activations=["Sigmoid", "Relu"], linear_before_reset=1)], [X], outputs_of("GRU", "Y"), cell_weights("GRU"))
    yield "rnn-relu-clip", model([cell("RNN", activations=["Relu"], clip=0.5)], [X], outputs_of("RNN", "Y"), gates)
    yield "affine", model([gru(activations=["HardSigmoid", "Tanh"])], [X], [Y4], parameters())


def special():
    """What one cell alone has, and everything at once."""
    for reset in (0, 1):
        yield f"gru-reset-{reset}-both-ways", model([cell("GRU", outputs="Y Y_h", linear_before_reset=reset, clip=0.6, **BOTH)], [X],
                                                    outputs_of("GRU", directions=2), cell_weights("GRU", 2))
    one, two = cell_weights("LSTM"), cell_weights("LSTM", 2)
    names = names_of("LSTM")
    yield "lstm-cell-only", model([cell("LSTM", outputs="- - Y_c")], [X], outputs_of("LSTM", "Y_c"), one)
    yield "lstm-initial-cell", model([cell("LSTM", "x W R B - - c", names)], [X, *states_of("LSTM")[1:]], outputs_of("LSTM"), one)
    yield "lstm-input-forget", model([cell("LSTM", outputs=names, input_forget=1)], [X], outputs_of("LSTM"), one)
    yield "lstm-peepholes", model([cell("LSTM", "x W R B - - - P", names)], [X], outputs_of("LSTM"), [*one, weights("P", 1, 3 * HIDDEN)])
    yield "lstm-everything", model(
        [cell("LSTM", "x W R B lengths h c P", names, clip=0.7, activations=["Sigmoid", "Softsign", "ScaledTanh"] * 2, activation_alpha=[0.9, 1.1],
              activation_beta=[1.2, 0.8], **BOTH)],
        [X, LENGTHS, *states_of("LSTM", 2)], outputs_of("LSTM", directions=2), [*two, weights("P", 2, 3 * HIDDEN)])
    yield "lstm-peepholes-input-forget", model([cell("LSTM", "x W R - - - - P", "Y", input_forget=1, direction="reverse")], [X],
                                               outputs_of("LSTM", "Y"), [*one[:2], weights("P", 1, 3 * HIDDEN)])


def layouts():
    """layout 1, which onnxruntime refuses; its twin, with Transposes around layout 0, takes and gives the same tensors."""
    plans = {
        "RNN": (1, "x W R B lengths h", {"direction": "reverse"}),
        "GRU": (1, "x W R B", {"linear_before_reset": 1}),
        "LSTM": (2, "x W R B - h c", BOTH),
    }
    for kind, (directions, inputs, attributes) in plans.items():
        names = names_of(kind)
        states = [word for word in inputs.split() if word in "hc"]
        given = [value("x", "batch", "time", INPUTS), *([LENGTHS] if "lengths" in inputs else []),
                 *(value(name, "batch", directions, HIDDEN) for name in states)]
        taken = [value("Y", "batch", "time", directions, HIDDEN), *(value(name, "batch", directions, HIDDEN) for name in names.split()[1:])]
        held = cell_weights(kind, directions)
        yield f"layout-{kind.lower()}", model([cell(kind, inputs, names, layout=1, **attributes)], given, taken, held)
        turned = " ".join(f"{word}_t" if word in ["x", *states] else word for word in inputs.split())
        nodes = [node("Transpose", word, f"{word}_t", perm=[1, 0, 2]) for word in ["x", *states]]
        nodes.append(cell(kind, turned, " ".join(f"{name}_t" for name in names.split()), **attributes))
        nodes += [node("Transpose", f"{name}_t", name, perm=[2, 0, 1, 3] if name == "Y" else [1, 0, 2]) for name in names.split()]
        yield f"layout-{kind.lower()}-twin", model(nodes, given, taken, held)


def recurrent():
    for kind in GATES:
        yield from every_cell(kind)
    yield from activations()
    yield from special()
    yield from layouts()
