"""Values and nodes called by their operator and a number: half of a small file is names."""

import onnx


def graphs_of(graph):
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from graphs_of(attribute.g)


def short_names(proto):
    """
    What exporters write, such as "m_l1_while_gru_cell_readvariableop_resource_0:0", holds numbers that change with every run.
    One name stays one name, in all graphs, and inputs and outputs of the model keep theirs.
    """
    short = {"": ""} | {value.name: value.name for value in (*proto.graph.input, *proto.graph.output)}

    def shorten(names, prefix):
        return [short.setdefault(name, f"{prefix}{len(short)}") for name in names]

    for graph in graphs_of(proto.graph):
        for kind, values in (("w", graph.initializer), ("in", graph.input)):
            for value, name in zip(values, shorten([value.name for value in values], kind)):
                value.name = name
        for node in graph.node:
            node.output[:] = shorten(node.output, node.op_type)
            node.name = f"{node.op_type}_{next(filter(None, node.output))}"
        graph.name = "graph" if graph is proto.graph else "body"
    # A body may come before the node whose value it captures has been named, so inputs come last.
    for graph in graphs_of(proto.graph):
        for node in graph.node:
            node.input[:] = [short[name] for name in node.input]
        for value in graph.output:
            value.name = short[value.name]
