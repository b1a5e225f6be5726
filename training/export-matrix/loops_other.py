"""Loops, Scans and Ifs that are no recurrent layer."""

import numpy as np
from onnx import TensorProto, checker, helper

from loop_cells import HIDDEN, INPUTS, Cell, Spelling
from loop_nodes import Nodes
from nodes import FLOAT, cell as recurrent, cell_weights, value

INT64, BOOL = TensorProto.INT64, TensorProto.BOOL
FRAMES, WIDE, FLAT = ("time", "batch", INPUTS), ("time", "batch", HIDDEN), ("batch", INPUTS)


def seeded(*shape):
    return np.random.default_rng(sum(shape)).normal(0, 0.5, shape).astype(np.float32)


def scalar(name, dtype=FLOAT):
    return value(name, dtype=dtype)


def shaped(name, shape):
    """`shape` None: of any rank."""
    return helper.make_tensor_value_info(name, FLOAT, shape)


def close(nodes, inputs, outputs, opset=13):
    """A model; `outputs`: name → (value, shape)."""
    for name, (source, _) in outputs.items():
        nodes.nodes.append(helper.make_node("Identity", [source], [name], name=f"out_{name}"))
    graph = helper.make_graph(nodes.nodes, "loops", inputs, [shaped(name, shape) for name, (_, shape) in outputs.items()], nodes.initializers)
    made = helper.make_model(graph, producer_name="loops", producer_version="1", ir_version=8 if opset > 13 else 7, opset_imports=[helper.make_opsetid("", opset)])
    checker.check_model(made, full_check=True)
    return made


def looped(outer, step, trip, go, carried, scanned=(), prefix="b_"):
    """
    A Loop. `carried`: name → (value outside, shape, type); `scanned`: shapes of what is given in every step.
    `step(body, i, go, *carried)` gives the next condition (None: the one that came in), the next carried values, and the scanned ones.
    """
    body = Nodes(outer.opset, prefix)
    number, condition = f"{prefix}i", f"{prefix}go"
    following, after, seen = step(body, number, condition, *(f"{prefix}{name}" for name in carried))
    results = [body("Identity", name) for name in (following or condition, *after, *seen)]
    shapes = [((), BOOL), *((shape, dtype) for _, shape, dtype in carried.values()), *((shape, FLOAT) for shape in scanned)]
    graph = helper.make_graph(
        body.nodes, f"{prefix}graph",
        [scalar(number, INT64), scalar(condition, BOOL), *(value(f"{prefix}{name}", *shape, dtype=dtype) for name, (_, shape, dtype) in carried.items())],
        [value(name, *shape, dtype=dtype) for name, (shape, dtype) in zip(results, shapes)], body.initializers)
    names = [f"{prefix}{name}_end" for name in carried] + [f"{prefix}seen{index}" for index in range(len(scanned))]
    outer.nodes.append(helper.make_node("Loop", [trip, go, *(source for source, _, _ in carried.values())], names, name=f"{prefix}loop", body=graph))
    return names


def scanned(outer, step, states, inputs, shapes, **attributes):
    """A Scan over `inputs`: name → shape of a step; `states`: name → (value outside, shape)."""
    body = Nodes(outer.opset, "b_")
    after, seen = step(body, *(f"b_{name}" for name in (*states, *inputs)))
    results = [body("Identity", name) for name in (*after, *seen)]
    graph = helper.make_graph(
        body.nodes, "body", [*(value(f"b_{name}", *shape) for name, (_, shape) in states.items()), *(value(f"b_{name}", *shape) for name, shape in inputs.items())],
        [value(name, *shape) for name, shape in zip(results, [*(shape for _, shape in states.values()), *shapes])], body.initializers)
    names = [*(f"{name}_end" for name in states), *(f"seen{index}" for index in range(len(shapes)))]
    outer.nodes.append(helper.make_node("Scan", [*(source for source, _ in states.values()), *inputs], names, name="scan", body=graph,
                                        num_scan_inputs=len(inputs), **attributes))
    return names


def every_frame(outer, step, states, shapes):
    """A Loop over the first axis of x; `states` start at zero: name → width."""
    true = outer.constant(True, np.bool_)
    carried = {name: (outer.zeros("x", 1, width), ("batch", width), FLOAT) for name, width in states.items()}
    return looped(outer, lambda body, i, go, *state: (None, *step(body, body("Gather", "x", i), *state)), outer.size("x", 0), true, carried, shapes)


def over_frames():
    def average(body, x, h):
        h = body("Add", body("Mul", h, body.constant(0.9)), body("Mul", x, body.constant(0.1)))
        return [h], [h]

    def maximum(body, x, h):
        h = body("Max", h, x)
        return [h], []

    def dense(body, x):
        return [], [body("Tanh", body("MatMul", x, body.keep("W", seeded(INPUTS, HIDDEN))))]

    def difference(body, x, before):
        return [x], [body("Sub", x, before)]

    def two_layers(body, x, h, g):
        W, R, S = (body.keep(name, seeded(*shape)) for name, shape in [("W", (INPUTS, HIDDEN)), ("R", (HIDDEN, HIDDEN)), ("S", (HIDDEN, 4))])
        h = body("Tanh", body("Add", body("MatMul", x, W), body("MatMul", h, R)))
        g = body("Tanh", body("Add", body("MatMul", h, S), body("MatMul", g, body.keep("T", seeded(4, 4)))))
        return [h, g], [g]

    def cumulative(body, x, total, count):
        total, count = body("Add", total, x), body("Add", count, body.constant(1.0))
        return [total, count], [body("Div", total, count)]

    cases = {
        "average": (average, {"h": INPUTS}, [FLAT]), "maximum": (maximum, {"h": INPUTS}, []), "map": (dense, {}, [("batch", HIDDEN)]),
        "difference": (difference, {"h": INPUTS}, [FLAT]), "two-layers": (two_layers, {"h": HIDDEN, "g": 4}, [("batch", 4)]),
        "mean": (cumulative, {"total": INPUTS, "count": 1}, [FLAT]),
    }
    for name, (step, states, shapes) in cases.items():
        outer = Nodes()
        names = every_frame(outer, step, states, shapes)
        shape = ("time", *shapes[0]) if shapes else FLAT
        yield f"loop-other-{name}", close(outer, [value("x", *FRAMES)], {"y": (names[-1], shape)})


def without_frames():
    """Loops that are not over the frames."""
    x = [value("x", *FLAT)]

    def power(body, i, go, h):
        return None, [body("Tanh", body("MatMul", h, body.keep("W", seeded(INPUTS, INPUTS))))], []

    outer = Nodes()
    names = looped(outer, power, outer.constant(4, np.int64), outer.constant(True, np.bool_), {"h": ("x", FLAT, FLOAT)})
    yield "loop-other-power", close(outer, x, {"y": (names[0], FLAT)})

    outer = Nodes()
    names = looped(outer, power, outer.constant(0, np.int64), outer.constant(True, np.bool_), {"h": ("x", FLAT, FLOAT)})
    yield "loop-other-never", close(outer, x, {"y": (names[0], FLAT)})

    def grow(body, i, go, h):
        h = body("Mul", h, body.constant(1.5))
        largest = body("ReduceMax", body("Abs", h), keepdims=0)
        return body("Less", largest, body.constant(20.0)), [h], []

    # How often it runs is known at the end only.
    outer = Nodes()
    names = looped(outer, grow, outer.constant(40, np.int64), outer.constant(True, np.bool_), {"h": ("x", FLAT, FLOAT)})
    yield "loop-other-until", close(outer, x, {"y": (names[0], FLAT)})

    def append(body, i, go, h):
        return None, [body("Concat", h, "x", axis=1)], []

    outer = Nodes()
    names = looped(outer, append, outer.constant(3, np.int64), outer.constant(True, np.bool_), {"h": ("x", ("batch", "width"), FLOAT)})
    yield "loop-other-growing", close(outer, x, {"y": (names[0], ("batch", "width"))})

    def outer_step(body, i, go, h):
        inner = looped(body, lambda deep, j, on, g: (None, [deep("Add", deep("Mul", g, "scale"), "x")], []),
                       body.constant(2, np.int64), body.constant(True, np.bool_), {"g": (h, FLAT, FLOAT)}, prefix="d_")
        return None, [body("Sub", inner[0], h)], []

    outer = Nodes()
    outer.keep("scale", np.float32(0.5))
    names = looped(outer, outer_step, outer.constant(3, np.int64), outer.constant(True, np.bool_), {"h": ("x", FLAT, FLOAT)})
    yield "loop-other-nested", close(outer, x, {"y": (names[0], FLAT)})

    def greedy(body, i, go, h, token):
        """A decoder that is fed with its own last answer."""
        embedded = body("Gather", "E", token)
        h = body("Tanh", body("Add", body("MatMul", embedded, "W"), body("MatMul", h, "R")))
        scores = body("MatMul", h, "V")
        return None, [h, body("ArgMax", scores, axis=1, keepdims=0)], [scores]

    outer = Nodes()
    for name, shape in {"E": (4, 3), "W": (3, INPUTS), "R": (INPUTS, INPUTS), "V": (INPUTS, 4)}.items():
        outer.keep(name, seeded(*shape))
    start = outer("Cast", outer("Mul", outer("ReduceSum", "x", outer.ints(1), keepdims=0), outer.constant(0.0)), to=INT64)
    names = looped(outer, greedy, outer.constant(5, np.int64), outer.constant(True, np.bool_),
                   {"h": ("x", FLAT, FLOAT), "token": (start, ("batch",), INT64)}, [("batch", 4)])
    yield "loop-other-greedy", close(outer, x, {"y": (names[2], (5, "batch", 4))})

    def sometimes(body, i, go, h):
        first = body("Equal", i, body.constant(0, np.int64))
        return None, [branched(body, first, lambda then: then("Neg", h), lambda other: other("Add", h, "x"), FLAT)], []

    outer = Nodes()
    names = looped(outer, sometimes, outer.constant(3, np.int64), outer.constant(True, np.bool_), {"h": ("x", FLAT, FLOAT)})
    yield "loop-other-branch", close(outer, x, {"y": (names[0], FLAT)})


def scans():
    def total(body, h, x):
        h = body("Add", h, x)
        return [h], [h]

    outer = Nodes()
    names = scanned(outer, total, {"h": (outer.zeros("x", 1, INPUTS), FLAT)}, {"x": FLAT}, [FLAT])
    yield "scan-other-sum", close(outer, [value("x", *FRAMES)], {"y": (names[1], FRAMES)})

    # Time is the second axis of what goes in, and the last of what comes out.
    outer = Nodes()
    names = scanned(outer, total, {"h": (outer.zeros("x", 0, INPUTS), FLAT)}, {"x": FLAT}, [FLAT], scan_input_axes=[1], scan_output_axes=[2])
    yield "scan-other-axes", close(outer, [value("x", "batch", "time", INPUTS)], {"y": (names[1], ("batch", INPUTS, "time")), "h": (names[0], FLAT)})

    def gated(body, h, x, mask):
        on = body("Sigmoid", mask)
        h = body("Add", body("Mul", h, on), body("Mul", x, body("Sub", body.constant(1.0), on)))
        return [h], [h, on]

    outer = Nodes()
    names = scanned(outer, gated, {"h": (outer.zeros("x", 1, INPUTS), FLAT)}, {"x": FLAT, "mask": ("batch", 1)}, [FLAT, ("batch", 1)],
                    scan_input_directions=[0, 1], scan_output_directions=[0, 1])
    yield "scan-other-two", close(outer, [value("x", *FRAMES), value("mask", "time", "batch", 1)],
                                  {"y": (names[1], FRAMES), "on": (names[2], ("time", "batch", 1))})

    def dense(body, x):
        return [], [body("Relu", body("MatMul", x, "W"))]

    outer = Nodes(9)
    outer.keep("W", seeded(INPUTS, HIDDEN))
    names = scanned(outer, dense, {}, {"x": FLAT}, [("batch", HIDDEN)])
    yield "scan-other-map", close(outer, [value("x", *FRAMES)], {"y": (names[0], WIDE)}, 9)


def branched(nodes, condition, then, other, shape):
    """An If of one output; `then` and `other` take the nodes of their branch and give a name."""
    graphs = []
    for index, make in enumerate((then, other)):
        branch = Nodes(nodes.opset, f"{nodes.prefix}{('then', 'else')[index]}{len(nodes.nodes)}_")
        result = branch("Identity", make(branch))
        graphs.append(helper.make_graph(branch.nodes, branch.prefix, [], [shaped(result, shape)], branch.initializers))
    return nodes("If", condition, then_branch=graphs[0], else_branch=graphs[1])


def whole_cell(kind):
    """A branch that holds a recurrent layer with weights of its own."""

    def make(branch):
        tensors = cell_weights(kind, prefix=branch.prefix)
        branch.initializers.extend(tensors)
        branch.nodes.append(recurrent(kind, " ".join(["x", *(t.name for t in tensors)]), f"{branch.prefix}Y", f"{branch.prefix}cell"))
        return branch.squeeze(f"{branch.prefix}Y", 1)

    return make


def ifs():
    x = [value("x", *FRAMES)]

    def over(nodes, shape=WIDE):
        return {"y": (nodes, shape)}

    for name, on in (("true", True), ("false", False)):
        outer = Nodes()
        y = branched(outer, outer.constant(on, np.bool_), whole_cell("GRU"), whole_cell("LSTM"), WIDE)
        yield f"if-{name}", close(outer, x, over(y))

    # torch's squeeze(1) of a GRU's output: it asks whether the axis is 1, though a layer of one direction leaves no doubt.
    for opset in (11, 13):
        outer = Nodes(opset)
        Y = gru_of(outer)
        axis = outer("Equal", outer.size(Y, 1), outer.constant(1, np.int64))
        y = branched(outer, axis, lambda then: then.squeeze(Y, 1), lambda other: other("Identity", Y), None)
        outer.nodes.append(helper.make_node("MatMul", [y, outer.keep("V", seeded(HIDDEN, 3))], ["head"], name="head"))
        yield f"if-squeeze-opset-{opset}", close(outer, x, {"y": ("head", ("time", "batch", 3))}, opset)

    # The same of the batch: its size is known when the network runs.
    outer = Nodes()
    h = outer.last(outer.squeeze(gru_of(outer), 1))
    one = outer("Equal", outer.size(h, 0), outer.constant(1, np.int64))
    y = branched(outer, one, lambda then: then.squeeze(h, 0), lambda other: other("Identity", h), None)
    yield "if-squeeze-batch", close(outer, x, {"y": (outer("Reshape", y, outer.ints(-1)), ("any",))})

    # A rate that is an input, as voice activity detectors have it: a network for each.
    outer = Nodes()
    fast = outer("Greater", "rate", outer.constant(4, np.int64))
    yield "if-rate", close(outer, [*x, scalar("rate", INT64)], over(branched(outer, fast, whole_cell("GRU"), whole_cell("GRU"), WIDE)))

    # What the frames say decides.
    outer = Nodes()
    loud = outer("Greater", outer("ReduceSum", "x", keepdims=0), outer.constant(0.0))
    yield "if-loud", close(outer, x, over(branched(outer, loud, lambda then: then("Neg", "x"), lambda other: other("Tanh", "x"), FRAMES), FRAMES))

    # One constant condition in another's branch, and a condition that is computed of constants.
    outer = Nodes()
    deep = outer.constant(False, np.bool_)
    less = outer("Not", outer("Less", outer.ints(3), outer.ints(2)))
    less = outer("Squeeze", less)
    y = branched(outer, less, lambda then: branched(then, deep, whole_cell("RNN"), whole_cell("GRU"), WIDE), whole_cell("LSTM"), WIDE)
    yield "if-nested", close(outer, x, over(y))

    # A layer spelled as a loop, in the branch of a constant condition.
    yield "if-loop", loop_in_branch()


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


def others():
    for group in (over_frames, without_frames, scans, ifs):
        yield from group()
