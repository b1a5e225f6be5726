"""Loops and Scans that are no recurrent layer."""

import numpy as np

from bodies import FLAT, FRAMES, INT64, WIDE, branched, close, looped, scanned, seeded
from loop_cells import HIDDEN, INPUTS
from loop_nodes import Nodes
from nodes import FLOAT, value


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


def repeated(name, step, trip, shape=FLAT):
    """A Loop of one carried value that starts as x [batch, INPUTS] and is the output."""
    outer = Nodes()
    names = looped(outer, step, outer.constant(trip, np.int64), outer.constant(True, np.bool_), {"h": ("x", shape, FLOAT)})
    return name, close(outer, [value("x", *FLAT)], {"y": (names[0], shape)})


def power(body, i, go, h):
    return None, [body("Tanh", body("MatMul", h, body.keep("W", seeded(INPUTS, INPUTS))))], []


def grow(body, i, go, h):
    """How often it runs is known at the end only."""
    h = body("Mul", h, body.constant(1.5))
    return body("Less", body("ReduceMax", body("Abs", h), keepdims=0), body.constant(20.0)), [h], []


def append(body, i, go, h):
    return None, [body("Concat", h, "x", axis=1)], []


def nested(body, i, go, h):
    """The inner loop captures from both graphs around it."""
    inner = looped(body, lambda deep, j, on, g: (None, [deep("Add", deep("Mul", g, body.constant(0.5)), "x")], []),
                   body.constant(2, np.int64), body.constant(True, np.bool_), {"g": (h, FLAT, FLOAT)}, prefix="d_")
    return None, [body("Sub", inner[0], h)], []


def sometimes(body, i, go, h):
    first = body("Equal", i, body.constant(0, np.int64))
    return None, [branched(body, first, lambda then: then("Neg", h), lambda other: other("Add", h, "x"), FLAT)], []


def greedy():
    """A decoder that is fed with its own last answer."""

    def step(body, i, go, h, token):
        embedded = body("Gather", "E", token)
        h = body("Tanh", body("Add", body("MatMul", embedded, "W"), body("MatMul", h, "R")))
        scores = body("MatMul", h, "V")
        return None, [h, body("ArgMax", scores, axis=1, keepdims=0)], [scores]

    outer = Nodes()
    for name, shape in {"E": (4, 3), "W": (3, INPUTS), "R": (INPUTS, INPUTS), "V": (INPUTS, 4)}.items():
        outer.keep(name, seeded(*shape))
    start = outer("Cast", outer("Mul", outer("ReduceSum", "x", outer.ints(1), keepdims=0), outer.constant(0.0)), to=INT64)
    names = looped(outer, step, outer.constant(5, np.int64), outer.constant(True, np.bool_),
                   {"h": ("x", FLAT, FLOAT), "token": (start, ("batch",), INT64)}, [("batch", 4)])
    return close(outer, [value("x", *FLAT)], {"y": (names[2], (5, "batch", 4))})


def without_frames():
    """Loops that are not over the frames."""
    yield repeated("loop-other-power", power, 4)
    yield repeated("loop-other-never", power, 0)
    yield repeated("loop-other-until", grow, 40)
    yield repeated("loop-other-growing", append, 3, ("batch", "width"))
    yield repeated("loop-other-nested", nested, 3)
    yield repeated("loop-other-branch", sometimes, 3)
    yield "loop-other-greedy", greedy()


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


def others():
    for group in (over_frames, without_frames, scans):
        yield from group()
