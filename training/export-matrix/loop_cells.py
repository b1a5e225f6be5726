"""One step of a cell, spelled as exporters spell it: nodes in, the names of the next states out."""

from dataclasses import dataclass

import numpy as np
from onnx import numpy_helper

from loop_nodes import Nodes

INPUTS, HIDDEN = 5, 6
ORDERS = {"gru": "zrh", "lstm": "ifco", "rnn": "h"}
STATES = {"gru": ("h",), "lstm": ("h", "c"), "rnn": ("h",)}


@dataclass(frozen=True)
class Spelling:
    cell: str = "gru"
    opset: int = 13
    order: str = ""  # of the gates in the weights; Keras's when it is not given
    gates: str = "sigmoid"  # sigmoid, hard-sigmoid (one operator), clip, min-max or max-min (0.2·x + 0.5 between 0 and 1)
    candidate: str = "Tanh"  # an operator, or "" for none
    reset: str = "before"  # (r∘h)·R, or "after": r∘(h·R + b)
    parts: str = "split"  # how a gate is cut from the product: split, slice, or apart (a product each)
    update: str = "sub"  # z·h + (1−z)·c; swapped: (1−z)·h + z·c; difference: c + z·(h−c); lerp: h + z·(c−h)
    products: str = "inside"  # x·W in the body; outside: for all steps before it; concat: [x, h]·[W; R]
    weights: str = "outer"  # where they are: outer, body, constant (nodes of the body), carried, transposed, gemm (transB)
    bias: bool = True
    forget: float = 0.0  # what an LSTM adds to its forget gate, as TensorFlow 1's cells do
    peepholes: bool = False
    # The loop around the cell
    around: str = "loop"  # or scan
    condition: str = "less"  # less, and, passed (the condition that came in), true, absent
    trip: str = "max"  # max (2³¹ − 1), count (the number of steps, computed), constant, absent
    counter: str = "own"  # carried and increased; iteration: the Loop's own
    carried: str = "t h c w"  # the order of the carried values: counter, states, weights
    read: str = "gather"  # gather by a scalar; squeeze: by a list of one, then Squeeze; slice
    outputs: str = "states"  # states, final, both
    backwards: str = ""  # counter: T − 1 − t; reverse: ReverseSequence in front and behind; scan: the direction's attribute
    initial: str = "zeros"  # input: h0 (and c0) of the network; learned: one row of weights, expanded to the batch
    layout: str = "batch"  # or time: the first axis of x and y
    steps: int = 0  # fixed number of steps; 0 leaves it open
    stop: int = 0  # a constant trip that isn't the number of steps


class Cell:
    """The weights of one spelling, where it wants them, and the nodes of one step."""

    def __init__(self, spelling: Spelling, outer: Nodes, body: Nodes):
        self.spelling, self.outer, self.body = spelling, outer, body
        self.order = spelling.order or ORDERS[spelling.cell]
        self.carried = []  # names of weights in the outer graph that are carried through the loop
        self.seed = 11

    def random(self, *shape):
        self.seed += 1
        return np.random.default_rng(self.seed).normal(0, 0.5, shape).astype(np.float32)

    def weight(self, name, array, outside=False):
        where = "outer" if outside else self.spelling.weights
        if where == "body":
            return self.body.keep(name, array)
        if where == "constant":
            return self.body("Constant", value=numpy_helper.from_array(array, name))
        self.outer.keep(name, array.T if where in ("transposed", "gemm") and array.ndim == 2 else array)
        if where == "carried":
            self.carried.append(name)
            return f"in_{name}"
        return self.body("Transpose", name, perm=[1, 0]) if where == "transposed" and array.ndim == 2 else name

    def product(self, x, name, rows, columns, bias=True, outside=False):
        """x·W + b, in the body or outside of it."""
        nodes = self.outer if outside else self.body
        W = self.weight(f"W{name}", self.random(rows, columns), outside)
        b = self.weight(f"b{name}", self.random(columns), outside) if bias and self.spelling.bias else None
        if self.spelling.weights == "gemm" and not outside:
            return nodes("Gemm", x, W, *([b] if b else []), transB=1)
        y = nodes("MatMul", x, W)
        return nodes("Add", y, b) if b else y

    def cut(self, y, gates):
        """[…, gates · HIDDEN] → one name each."""
        sizes = [HIDDEN] * len(gates)
        if self.spelling.parts == "slice":
            return [self.body.cut(y, index * HIDDEN, (index + 1) * HIDDEN, 1) for index in range(len(gates))]
        return self.body.split(y, sizes) if len(gates) > 1 else [y]

    def all_gates(self, x, name, rows, bias=True):
        if self.spelling.parts == "apart":
            return {gate: self.product(x, f"{name}{gate}", rows, HIDDEN, bias) for gate in self.order}
        return dict(zip(self.order, self.cut(self.product(x, name, rows, len(self.order) * HIDDEN, bias), self.order)))

    def of_input(self, x):
        """W·x + b of every gate; `outside` it has been computed for all steps, and x is a step of it."""
        return dict(zip(self.order, self.cut(x, self.order))) if self.spelling.products == "outside" else self.all_gates(x, "x", INPUTS)

    def gate(self, x):
        kind, body = self.spelling.gates, self.body
        if kind == "sigmoid":
            return body("Sigmoid", x)
        if kind == "hard-sigmoid":
            return body("HardSigmoid", x)
        line = body("Add", body("Mul", x, body.constant(0.2)), body.constant(0.5))
        if kind == "clip":
            return body.clip(line)
        first, second = (("Min", 1.0), ("Max", 0.0)) if kind == "min-max" else (("Max", 0.0), ("Min", 1.0))
        return body(second[0], body(first[0], line, body.constant(first[1])), body.constant(second[1]))

    def activate(self, x):
        return self.body(self.spelling.candidate, x) if self.spelling.candidate else x

    def read(self, x, index):
        """The step of x that a Loop reads."""
        body = self.body
        if self.spelling.read == "squeeze":
            return body.squeeze(body("Gather", x, body.unsqueeze(index, 0)), 0)
        if self.spelling.read == "slice":
            start = body.unsqueeze(index, 0)
            return body.squeeze(body("Slice", x, start, body("Add", start, body.ints(1)), body.ints(0)), 0)
        return body("Gather", x, index)

    def end(self, steps):
        return steps

    def seen_outside(self, after, before):
        """Which value every step gives to the output."""
        return after[0]

    def step(self, x, states):
        return getattr(self, self.spelling.cell)(x, *states)

    def rnn(self, x, h):
        body = self.body
        if self.spelling.products == "concat":
            return [self.activate(self.product(body("Concat", x, h, axis=1), "xh", INPUTS + HIDDEN, HIDDEN))]
        return [self.activate(body("Add", self.of_input(x)["h"], self.product(h, "h", HIDDEN, HIDDEN, bias=False)))]

    def gru(self, x, h):
        body = self.body
        if self.spelling.products == "concat":  # TensorFlow 1's GRUCell: r comes first
            r, z = self.cut(body("Sigmoid", self.product(body("Concat", x, h, axis=1), "g", INPUTS + HIDDEN, 2 * HIDDEN)), "rz")
            candidate = self.product(body("Concat", x, body("Mul", r, h), axis=1), "c", INPUTS + HIDDEN, HIDDEN)
            return [self.updated(z, h, self.activate(candidate))]
        of_x = self.of_input(x)
        if self.spelling.reset == "after":
            of_h = self.all_gates(h, "h", HIDDEN)
            z, r = (self.gate(body("Add", of_x[gate], of_h[gate])) for gate in "zr")
            candidate = body("Add", of_x["h"], body("Mul", r, of_h["h"]))
        else:
            order = [gate for gate in self.order if gate != "h"]
            if self.spelling.parts == "apart":
                of_h = {gate: self.product(h, f"h{gate}", HIDDEN, HIDDEN, bias=False) for gate in order}
            else:
                of_h = dict(zip(order, self.cut(self.product(h, "h", HIDDEN, 2 * HIDDEN, bias=False), order)))
            z, r = (self.gate(body("Add", of_x[gate], of_h[gate])) for gate in "zr")
            candidate = body("Add", of_x["h"], self.product(body("Mul", r, h), "r", HIDDEN, HIDDEN, bias=False))
        return [self.updated(z, h, self.activate(candidate))]

    def updated(self, z, h, c):
        body, how = self.body, self.spelling.update
        if how == "difference":
            return body("Add", c, body("Mul", z, body("Sub", h, c)))
        if how == "lerp":
            return body("Add", h, body("Mul", z, body("Sub", c, h)))
        rest = body("Sub", body.constant(1.0), z)
        if how == "swapped":
            return body("Add", body("Mul", rest, h), body("Mul", z, c))
        return body("Add", body("Mul", z, h), body("Mul", rest, c))

    def lstm(self, x, h, c):
        body = self.body
        if self.spelling.products == "concat":
            gates = self.all_gates(body("Concat", x, h, axis=1), "xh", INPUTS + HIDDEN)
        else:
            of_x, of_h = self.of_input(x), self.all_gates(h, "h", HIDDEN, bias=False)
            gates = {gate: body("Add", of_x[gate], of_h[gate]) for gate in self.order}
        if self.spelling.forget:
            gates["f"] = body("Add", gates["f"], body.constant(self.spelling.forget))
        i, f = (self.gate(self.seen(gates[gate], gate, c)) for gate in "if")
        next_c = body("Add", body("Mul", f, c), body("Mul", i, self.activate(gates["c"])))
        o = self.gate(self.seen(gates["o"], "o", next_c))
        return [body("Mul", o, self.activate(next_c)), next_c]

    def seen(self, x, gate, c):
        if not self.spelling.peepholes:
            return x
        return self.body("Add", x, self.body("Mul", self.weight(f"P{gate}", self.random(HIDDEN)), c))
