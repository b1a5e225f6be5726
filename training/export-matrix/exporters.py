"""PyTorch's two exporters, as the scripts beside this file use them: a network and a sample in, the bytes of an ONNX file out."""

import argparse
import io
import itertools
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import onnx
import torch
from torch import nn

from short_names import graphs_of

EXPORTERS = ("torchscript", "dynamo")
FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "onnx"

Axes = dict[str, dict[int, str]]


def to_onnx(network: nn.Module, sample: tuple, names: tuple[list[str], list[str]], axes: Axes | None, exporter: str, keep_shapes=False) -> bytes:
    """
    `axes`: what each tensor's open axes are called, as the exporter before dynamo takes them; None for fixed sizes.
    `keep_shapes`: of the values between inputs and outputs, which dynamo declares too: a fifth of a small file.
    """
    warnings.filterwarnings("ignore")
    named = {"input_names": names[0], "output_names": names[1]}
    if exporter == "torchscript":
        file = io.BytesIO()
        torch.onnx.export(network, sample, file, dynamo=False, opset_version=17, dynamic_axes=axes, **named)
        return file.getvalue()
    shapes = axes and tuple(
        {axis: torch.export.Dim(name) for axis, name in axes.get(tensor, {}).items()} for tensor in names[0]
    )
    program = torch.onnx.export(network, sample, dynamo=True, dynamic_shapes=shapes, verbose=False, **named)
    model = strip(program.model_proto)
    if not keep_shapes:
        del model.graph.value_info[:]
    return model.SerializeToString()


def strip(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drops what only a debugger reads: stack traces and scopes are nine tenths of dynamo's small files."""
    graphs = list(graphs_of(model.graph))
    for node in itertools.chain(*(graph.node for graph in graphs), *(function.node for function in model.functions)):
        del node.metadata_props[:]
        node.doc_string = ""
    for value in itertools.chain(*((*graph.value_info, *graph.input, *graph.output) for graph in graphs)):
        del value.metadata_props[:]
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
    del model.graph.metadata_props[:]
    return model


def attempt(export: Callable[[str, str], bytes], name: str, exporter: str) -> tuple[bytes, str]:
    """The file, or what the exporter or the checker says: not every one of its errors travels between processes."""
    try:
        exported = export(name, exporter)
        onnx.checker.check_model(exported, full_check=True)
        return exported, ""
    except Exception as error:
        return b"", f"{error} {error.__cause__ or ''}"


def write(names: Iterable[str], export: Callable[[str, str], bytes], impossible: dict[tuple[str, str], str]):
    """Writes every network by both exporters, but for the `impossible`: those must fail, with the message that is given."""
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("names", nargs="*", help="networks; all of them when none is given")
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    context = get_context("forkserver")
    context.set_forkserver_preload(["torch", "torch.onnx", "onnxscript"])
    failures = []
    # A process each: dynamo keeps a recurrent layer's dynamic time axis in the first export of a process only.
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        for name, exporter in itertools.product(chosen.names or names, EXPORTERS):
            path = chosen.folder / f"{exporter}-{name}.onnx"
            exported, error = pool.submit(attempt, export, name, exporter).result()
            reason = impossible.get((exporter, name), "")
            if not exported and reason and reason in error:
                print(f"{path.name}: not exported, {reason}")
            elif not exported or reason:
                failures.append(f"{path.name}: expected {reason or 'a file'!r}, got {error or 'a file'}")
            else:
                path.write_bytes(exported)
                print(f"{path.name}: {path.stat().st_size} bytes", flush=True)
    if failures:
        raise SystemExit("\n\n".join(failures))
