"""Fixtures through onnxruntime, with random inputs of several sizes."""

from pathlib import Path

import numpy as np
import onnxruntime

# What open axes are, in turn; axes of one name are equal.
SIZES = ({"batch": 1, "time": 12}, {"batch": 3, "time": 5}, {"batch": 2, "time": 29})
# Where the recurrent layer is time first, dynamo's Reshape fixes the sample's number of frames, which the inputs call "time".
FRAMES = {
    "dynamo-bare": 12, "dynamo-frames-time-first": 12,
    "dynamo-gru-layers-bidirectional-time-first-states": 5, "dynamo-lstm-bidirectional-time-first-states-conv": 5,
}
TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}


def random_input(node, sizes, numbers):
    """Normal floats; of integers "lengths" are 1 to the number of frames, in falling order as PyTorch wants them, and others 0 to 9."""
    shape = [size if isinstance(size, int) else sizes.get(size, 7) for size in node.shape]
    dtype = TYPES[node.type]
    if dtype == np.float32:
        return numbers.normal(size=shape).astype(dtype)
    if node.name == "lengths":
        return -np.sort(-np.append(numbers.integers(1, sizes["time"] + 1, shape[0] - 1), sizes["time"])).astype(dtype)
    return numbers.integers(0, 10, shape).astype(dtype)


def run(path: Path):
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    numbers = np.random.default_rng(1)
    for sizes in SIZES:
        sizes = sizes | {"time": FRAMES.get(path.stem, sizes["time"])}
        outputs = session.run(None, {node.name: random_input(node, sizes, numbers) for node in session.get_inputs()})
        for node, output in zip(session.get_outputs(), outputs):
            if not np.isfinite(output).all():
                raise ValueError(f"{node.name} is not finite")
            if output.size and output.dtype == np.float32 and np.ptp(output) == 0 and output.size > 1:
                raise ValueError(f"{node.name} is {output.flat[0]} throughout")


def check(folder: Path, refused: set[str]):
    """All but the refused, and those of `layout` 1, which onnxruntime refuses: their twins run."""
    failures = []
    paths = [path for path in sorted(folder.glob("*.onnx")) if path.stem not in refused]
    for path in paths:
        needs_twin = path.with_name(f"{path.stem}-twin.onnx").exists()
        try:
            run(path)
            error = "it runs: its twin is needless" if needs_twin else None
        except Exception as failure:
            error = None if needs_twin and "layout" in str(failure).lower() else f"{failure}"
        if error:
            failures.append(f"{path.name}: {error}")
    print(f"{len(paths) - len(failures)} of {len(paths)} run in onnxruntime")
    if failures:
        raise SystemExit("\n".join(failures))
