"""Loop, Scan and If around bodies that functions write, and models of them."""

import numpy as np
from onnx import TensorProto, checker, helper

from loop_cells import HIDDEN, INPUTS
from loop_nodes import Nodes
from nodes import FLOAT, value

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


def branched(nodes, condition, then, other, shape):
    """An If of one output; `then` and `other` take the nodes of their branch and give a name."""
    graphs = []
    for index, make in enumerate((then, other)):
        branch = Nodes(nodes.opset, f"{nodes.prefix}{('then', 'else')[index]}{len(nodes.nodes)}_")
        result = branch("Identity", make(branch))
        graphs.append(helper.make_graph(branch.nodes, branch.prefix, [], [shaped(result, shape)], branch.initializers))
    return nodes("If", condition, then_branch=graphs[0], else_branch=graphs[1])
