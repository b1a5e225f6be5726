"""A trained network to an ONNX file that carries its own front end, labels and decision."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from .network import Exported, WakeWordNetwork

OPSET = 17
MAXIMUM_DIFFERENCE = 1e-4  # of a posterior, between the file in onnxruntime and PyTorch
OPERATORS = {
    "RNN", "GRU", "LSTM", "Conv", "Pad", "Relu", "Transpose", "Squeeze", "Unsqueeze", "MatMul", "Gemm", "Add",
    "Sigmoid", "Softmax",
    "Shape", "Gather", "Concat", "Expand", "ConstantOfShape", "Constant", "Slice", "Reshape", "Cast",
}  # fmt: skip


def label_names(words: Sequence[str]) -> list[str]:
    """Names of a network's outputs."""
    return [*words] if len(words) == 1 else ["silence", "unknown", *words]


def metadata(frontend: dict, points: dict[str, dict], refractory: int) -> dict[str, dict]:
    """The contract in the file. points: a threshold and a smoothing (ms) for each word; refractory in ms."""
    smoothing = next(iter(points.values()))["smoothing"]
    keywords = {}
    for word, point in points.items():
        own = {} if point["smoothing"] == smoothing else {"smoothing": point["smoothing"]}
        keywords[word] = {"threshold": point["threshold"], **own}
    return {
        "tympan.frontend": frontend,
        "tympan.labels": {"version": 1, "output": "posterior", "names": label_names([*points])},
        "tympan.detection": {"version": 1, "smoothing": smoothing, "refractory": refractory, "keywords": keywords},
    }


def check_graph(model: onnx.ModelProto) -> None:
    """Refuse a graph with operators or GRU attributes other than those meant."""
    onnx.checker.check_model(model)
    extra = {node.op_type for node in model.graph.node} - OPERATORS
    if extra:
        raise ValueError(f"exported graph has {sorted(extra)}, expected only {sorted(OPERATORS)}")
    for node in model.graph.node:
        if node.op_type == "GRU":
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            if attributes.get("linear_before_reset") != 1:
                raise ValueError(
                    f"GRU node {node.name!r}: linear_before_reset {attributes.get('linear_before_reset', 0)}, "
                    "expected 1, PyTorch's formula; use the TorchScript exporter"
                )


def check_equal(path: Path, network: WakeWordNetwork) -> float:
    """Largest difference between the file in onnxruntime and PyTorch, over two batch sizes and lengths."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(7)
    size = network.architecture.num_coefficients
    largest = 0.0
    for batch, time in ((1, 1500), (3, 38)):
        features = torch.randn(batch, time, size, generator=generator)
        with torch.inference_mode():
            expected = Exported(network).eval()(features).numpy()
        got = session.run(["posterior"], {"features": features.numpy()})[0]
        largest = max(largest, float(np.abs(got - expected).max()))
    if not largest <= MAXIMUM_DIFFERENCE:
        raise ValueError(
            f"{path}: posteriors differ from PyTorch's by {largest:.2g}, expected at most {MAXIMUM_DIFFERENCE:g}; "
            "do not use this file, check the exporter's version against requirements.txt"
        )
    return largest


def export(network: WakeWordNetwork, contract: dict[str, dict], path: Path) -> float:
    """Write the file, check it, and return its largest difference from PyTorch."""
    example = torch.zeros(1, 20, network.architecture.num_coefficients)
    with warnings.catch_warnings():
        # The exporter warns of batches other than 1 whenever they are dynamic; check_equal runs a batch of 3.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Exported(network).eval(),
            (example,),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["features"],
            output_names=["posterior"],
            dynamic_axes={"features": {0: "batch", 1: "time"}, "posterior": {0: "batch", 1: "time"}},
        )
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in contract.items()})
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    check_graph(model)
    onnx.save(model, path)
    return check_equal(path, network)
