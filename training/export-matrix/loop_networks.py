"""A cell's step put into a Loop or a Scan, with the values that exporters carry through it."""

import numpy as np
from onnx import TensorProto, checker, helper

from loop_cells import HIDDEN, INPUTS, ORDERS, STATES, Cell, Spelling
from loop_nodes import Nodes
from nodes import FLOAT, value

INT64, BOOL = TensorProto.INT64, TensorProto.BOOL
STATE = ("batch", HIDDEN)
# IR 8 is the newest that onnxruntime-web reads; an old opset goes with an old IR.
IR = {9: 4, 11: 6, 13: 7}


def network(spelling: Spelling, kind=Cell):
    """x [batch, time, INPUTS], or time first, to "y" (every state) and "y_h" (the last one). `kind` makes the step."""
    outer, body = Nodes(spelling.opset), Nodes(spelling.opset, "b_")
    cell = kind(spelling, outer, body)
    x = outer("Transpose", "x", perm=[1, 0, 2]) if spelling.layout == "batch" else "x"
    initial = initial_states(spelling, cell)
    if spelling.backwards == "reverse":
        x = reversed_in_time(outer, x)
    if spelling.products == "outside":
        x = cell.product(x, "x", INPUTS, len(ORDERS[spelling.cell]) * HIDDEN, outside=True)
    states, last = (loop if spelling.around == "loop" else scan)(spelling, cell, x, initial)
    if spelling.backwards in ("reverse", "scan") and spelling.outputs != "final" and spelling.around == "loop":
        states = reversed_in_time(outer, states)
    outputs = []
    if spelling.outputs != "final":
        perm = [1, 0, 2] if spelling.layout == "batch" else [0, 1, 2]
        outputs.append(named(outer, "y", "Transpose", states, perm=perm))
    if spelling.outputs != "states":
        outputs.append(named(outer, "y_h", "Sigmoid", outer("MatMul", last, outer.keep("V", cell.random(HIDDEN, 2)))))
    return model(spelling, outer, outputs)


def initial_states(spelling, cell):
    outer, states = cell.outer, STATES[spelling.cell]
    batch_axis = 0 if spelling.layout == "batch" else 1
    if spelling.initial == "input":
        return [f"{name}0" for name in states]
    if spelling.initial == "learned":
        shape = outer("Concat", outer.unsqueeze(outer.size("x", batch_axis), 0), outer.ints(HIDDEN), axis=0)
        return [outer("Expand", outer.keep(f"{name}0", cell.random(1, HIDDEN)), shape) for name in states]
    return [outer.zeros("x", batch_axis, HIDDEN)] * len(states)


def named(outer, name, *call, **attributes):
    outer(*call, **attributes)
    outer.nodes[-1].output[0] = name
    return name


def reversed_in_time(outer, x):
    """As tf2onnx does it, and with every sequence as long as x is."""
    lengths = outer("Expand", outer.unsqueeze(outer.size(x, 0), 0), outer.unsqueeze(outer.size(x, 1), 0))
    return outer("ReverseSequence", x, lengths, time_axis=0, batch_axis=1)


def loop(spelling, cell, x, initial):
    outer, body = cell.outer, cell.body
    states = STATES[spelling.cell]
    steps = outer.size(x, 0)
    counter = "t" if spelling.counter == "own" else "i"
    index = body("Sub", body("Sub", steps, one(body)), counter) if spelling.backwards == "counter" else counter
    after = cell.step(cell.read(x, index), states)
    condition = next_condition(spelling, body, counter, cell.end(steps))
    next_t = body("Add", "t", one(body)) if spelling.counter == "own" else None
    # What is carried: the name inside, the one outside, and what the step makes of it.
    carried = {"t": [("t", outer.constant(0, np.int64), next_t)] if next_t else [], "w": [(f"in_{name}", name, f"in_{name}") for name in cell.carried]}
    carried |= {name: [(name, start, made)] for name, start, made in zip(states, initial, after)}
    order = [entry for name in spelling.carried.split() for entry in carried.get(name, [])]
    formal = [value("i", dtype=INT64), value("go", dtype=BOOL), *(value_of(name, cell) for name, _, _ in order)]
    seen = body("Identity", cell.seen_outside(after, states))
    results = [value(condition, dtype=BOOL), *(result(made, name, cell) for name, _, made in order)]
    if spelling.outputs != "final":
        results.append(value(seen, *STATE))
    graph = helper.make_graph(body.nodes, "body", formal, results, body.initializers)
    names = [f"{name}_end" for name, _, _ in order] + (["states"] if spelling.outputs != "final" else [])
    outer.nodes.append(helper.make_node("Loop", [trip_of(spelling, outer, steps), first_condition(spelling, outer, steps),
                                                 *(outside for _, outside, _ in order)], names, name="loop", body=graph))
    return "states", "h_end"


def one(body):
    return body.constant(1, np.int64)


def value_of(name, cell):
    if name == "t":
        return value("t", dtype=INT64)
    if name in ("h", "c"):
        return value(name, *STATE)
    return value(name, *next(t.dims for t in cell.outer.initializers if t.name == name[3:]))


def result(made, name, cell):
    shaped = value_of(name, cell)
    shaped.name = made
    return shaped


def next_condition(spelling, body, counter, steps):
    """The condition of the step after this one. tf2onnx compares as floats: Less of integers is younger than opset 9."""
    if spelling.condition == "passed":
        return body("Identity", "go")
    if spelling.condition in ("true", "absent"):
        return body("Identity", body.constant(True, np.bool_))
    following = body("Add", counter, one(body))
    less = body("Less", body("Cast", following, to=FLOAT), body("Cast", steps, to=FLOAT))
    if spelling.condition == "less":
        return less
    return body("And", body("Less", body("Cast", body("Add", "i", one(body)), to=FLOAT), body.constant(2.0**31)), less)


def first_condition(spelling, outer, steps):
    if spelling.condition == "absent":
        return ""
    if spelling.condition in ("less", "and"):
        return outer("Less", outer.constant(0.0), outer("Cast", steps, to=FLOAT))
    return outer.constant(True, np.bool_)


def trip_of(spelling, outer, steps):
    return {"max": lambda: outer.constant(2**31 - 1, np.int64), "count": lambda: steps, "absent": lambda: "",
            "constant": lambda: outer.constant(spelling.stop or spelling.steps, np.int64)}[spelling.trip]()


def scan(spelling, cell, x, initial):
    outer, body = cell.outer, cell.body
    states = STATES[spelling.cell]
    after = cell.step("step", states)
    seen = body("Identity", cell.seen_outside(after, states))
    width = INPUTS if spelling.products != "outside" else len(ORDERS[spelling.cell]) * HIDDEN
    graph = helper.make_graph(body.nodes, "body", [*(value(name, *STATE) for name in states), value("step", "batch", width)],
                              [value(name, *STATE) for name in [*after, seen]], body.initializers)
    way = int(spelling.backwards == "scan")
    names = [*(f"{name}_end" for name in states), "states"]
    outer.nodes.append(helper.make_node("Scan", [*initial, x], names, name="scan", body=graph, num_scan_inputs=1,
                                        scan_input_directions=[way], scan_output_directions=[way]))
    return "states", "h_end"


def model(spelling, outer, outputs):
    time = spelling.steps or "time"
    shape = ("batch", time) if spelling.layout == "batch" else (time, "batch")
    shapes = {"y": (*shape, HIDDEN), "y_h": ("batch", 2)}
    inputs = [value("x", *shape, INPUTS)] + [value(f"{name}0", *STATE) for name in STATES[spelling.cell] if spelling.initial == "input"]
    graph = helper.make_graph(outer.nodes, "loops", inputs, [value(name, *shapes[name]) for name in outputs], outer.initializers)
    made = helper.make_model(graph, producer_name="loops", producer_version="1", ir_version=IR.get(spelling.opset, 8),
                             opset_imports=[helper.make_opsetid("", spelling.opset)])
    checker.check_model(made, full_check=True)
    return made
