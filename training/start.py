"""Starting from a model that has been trained: its layers know voices that a new word has no recordings of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

from .network import Architecture, WakeWordNetwork

GATES = {"GRU": (1, 0, 2), "LSTM": (0, 2, 3, 1), "RNN": (0,)}  # where ONNX has each of PyTorch's gates


def computed(model: onnx.ModelProto, names: list[str]) -> dict[str, np.ndarray]:
    """Weights by name, those that are stored as int8 dequantized."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "DequantizeLinear" and node.output[0] in names]
    if nodes:
        outputs = [onnx.helper.make_empty_tensor_value_info(node.output[0]) for node in nodes]
        given = [tensor for tensor in model.graph.initializer if any(tensor.name in node.input for node in nodes)]
        graph = onnx.helper.make_graph(nodes, "weights", [], outputs, given)
        part = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
        session = onnxruntime.InferenceSession(part.SerializeToString(), providers=["CPUExecutionProvider"])
        found.update(zip([node.output[0] for node in nodes], session.run(None, {})))
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(
            f"weights {missing[0]!r} are computed by the graph, expected them stored, as float32 or with a "
            "DequantizeLinear; start from a model of this recipe"
        )
    return {name: found[name] for name in names}


def rows_by_gate(weights: np.ndarray, operator: str) -> torch.Tensor:
    """[1, gates x hiddenSize, ...] in ONNX's order of gates to [gates x hiddenSize, ...] in PyTorch's."""
    gates = np.split(weights[0], len(GATES[operator]))
    return torch.from_numpy(np.concatenate([gates[k] for k in GATES[operator]]))


# What ONNX takes an attribute to be where a node has none; sizes follow from the weights.
DEFAULTS = {
    "Conv": {"strides": [1], "dilations": [1], "group": 1, "pads": [0, 0], "auto_pad": b"NOTSET"},
    "GRU": {"direction": b"forward", "linear_before_reset": 0},
    "LSTM": {"direction": b"forward"},
    "RNN": {"direction": b"forward", "activations": [b"Tanh"]},
}
SIZES = ("hidden_size", "kernel_shape")


def check_attributes(path: Path, node: onnx.NodeProto, architecture: Architecture) -> None:
    """Refuse a layer that computes otherwise than the network's, whatever its sizes."""
    own = {"Conv": {"strides": [architecture.stride]}, "GRU": {"linear_before_reset": 1}}.get(node.op_type, {})
    wanted = DEFAULTS[node.op_type] | own
    given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.name not in SIZES}
    for name, value in (DEFAULTS[node.op_type] | given).items():
        if value != wanted.get(name):
            raise ValueError(
                f"{path}: {node.op_type} node {node.name!r} has {name} {value}, expected {wanted.get(name, 'none')} as "
                "the network to train has it; start from a model of this recipe"
            )


def trunk(path: Path, architecture: Architecture) -> dict[str, torch.Tensor]:
    """Weights of a model's convolutions and recurrent layers, by their names in a WakeWordNetwork."""
    model = onnx.load(path)
    nodes = [node for node in model.graph.node if node.op_type == "Conv" or node.op_type in GATES]
    for node in nodes:
        check_attributes(path, node, architecture)
    values = computed(model, [name for node in nodes for name in node.input[1:4] if name])
    found: dict[str, torch.Tensor] = {}
    convolutions = recurrent = 0
    for node in nodes:
        if node.op_type == "Conv":
            for part, name in zip(("weight", "bias"), node.input[1:]):
                found[f"convolutions.{convolutions}.{part}"] = torch.from_numpy(values[name].copy())
            convolutions += 1
            continue
        w, r, b = (values[name] for name in node.input[1:4])
        parts = dict(zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), (w, r, *np.split(b, 2, axis=1))))
        for part, weights in parts.items():
            found[f"recurrent.{part}_l{recurrent}"] = rows_by_gate(weights, node.op_type)
        recurrent += 1
    return found


def start_from(network: WakeWordNetwork, path: Path) -> None:
    """Give a network the layers of a trained model, all but its head. Throws where their sizes differ."""
    weights, own = trunk(path, network.architecture), network.state_dict()
    wanted = {name: tuple(value.shape) for name, value in own.items() if not name.startswith("head.")}
    got = {name: tuple(value.shape) for name, value in weights.items()}
    for name in sorted({*wanted, *got}):
        if wanted.get(name) != got.get(name):
            raise ValueError(
                f"{path}: {name} is {got.get(name)}, expected {wanted.get(name)} as the network to train has it; "
                "choose the same --network and sizes, or another model to start from"
            )
    network.load_state_dict({**own, **weights})


def front_end_of(path: Path) -> dict:
    """The front end in a model's metadata, with its normalization: layers that are taken over expect it."""
    metadata = {p.key: p.value for p in onnx.load(path, load_external_data=False).metadata_props}
    if "tympan.frontend" not in metadata:
        raise ValueError(f"{path}: no tympan.frontend in its metadata, expected a model of this recipe to start from")
    return json.loads(metadata["tympan.frontend"])
