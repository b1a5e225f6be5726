"""Weights rounded as far as the runtime's int8 form of them stays the same; the file compresses to less than half."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper

FRACTION = 7  # bits of the grid below the leading bit of a row's largest weight; int8 keeps 6
LEVELS = np.float32(127)
# Which axis of an operator's weights (inputs 1 and, of a recurrent layer, 2) counts rows. A head stays as it is, as in the runtime.
ROW_AXIS = {"Conv": 0, "GRU": 1, "LSTM": 1, "RNN": 1}


def bins(rows: np.ndarray) -> np.ndarray:
    """The int8 weights of rows [rows, columns] float32, with the scales of `symmetricScale` in src/model/row-quantization.ts."""
    scale = np.abs(rows).max(axis=1, keepdims=True) / LEVELS
    return np.rint(np.divide(rows, scale, out=np.zeros_like(rows), where=scale > 0)).astype(np.int32)


def round_rows(rows: np.ndarray) -> np.ndarray:
    """Rows [rows, columns] float32, in the same bins, on grids of 2^-FRACTION of the power of two in a row's largest weight.

    The largest of a row decides its scale and is kept. A bin is 2^FRACTION / 127 steps wide or more: where the nearest
    multiple lies in the next bin, the one on the weight's other side does not.
    """
    largest = np.abs(rows).max(axis=1, keepdims=True).astype(np.float64)
    step = np.exp2(np.floor(np.log2(largest, out=np.zeros_like(largest), where=largest > 0)) - FRACTION)
    nearest = np.rint(rows / step) * step
    other = nearest + np.where(nearest > rows, -step, step)
    first, second = (
        np.where(np.abs(rows) == largest, rows, np.clip(grid, -largest, largest)).astype(np.float32) + np.float32(0)
        for grid in (nearest, other)  # + 0, so that −0 is 0
    )
    return np.where(bins(first) == bins(rows), first, second)


def round_weights(model: onnx.ModelProto) -> None:
    """Round the weights of every convolution and recurrent layer in place.

    Raises ValueError, and leaves the layer as it is, if an int8 weight or a row's scale would change.
    """
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type not in ROW_AXIS:
            continue
        for name in node.input[1 : 2 if node.op_type == "Conv" else 3]:
            weights = numpy_helper.to_array(tensors[name])
            shape = (int(np.prod(weights.shape[: ROW_AXIS[node.op_type] + 1])), -1)
            rows = np.ascontiguousarray(weights).reshape(shape)
            rounded = round_rows(rows)
            same = np.array_equal(np.abs(rounded).max(axis=1), np.abs(rows).max(axis=1))
            if not (same and np.array_equal(bins(rounded), bins(rows))):
                raise ValueError(
                    f"{node.op_type} node {node.name!r}: {name}: rounding changes its int8 weights; raise FRACTION"
                )
            tensors[name].CopyFrom(numpy_helper.from_array(rounded.reshape(weights.shape), name))
