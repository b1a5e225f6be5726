"""Keras models through tf2onnx: a model of either of TensorFlow's control flows in, a small ONNX file out that agrees with Keras."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

from short_names import graphs_of, short_names

NAMES = ("batch", "time")
TOLERANCE = 2e-5


def old_control_flow():
    """What TensorFlow 1 had: Enter, Switch and Exit instead of a While, and TensorArrays instead of lists."""
    tf.compat.v1.disable_v2_behavior()
    tf.compat.v1.disable_control_flow_v2()
    tf.compat.v1.disable_resource_variables()


def seed_weights(model):
    """Keras starts biases at 0, which no test would miss; variances of a BatchNormalization must stay positive."""
    numbers = np.random.default_rng(7)
    model.set_weights([
        np.abs(numbers.normal(1, 0.2, old.shape)).astype(np.float32) if "variance" in weight.name
        else numbers.normal(0, 0.35, old.shape).astype(np.float32)
        for old, weight in zip(model.get_weights(), model.weights)
    ])


def inputs_of(model, frames=9):
    numbers = np.random.default_rng(3)
    shapes = [[tensor.shape[0] or 2, *((size or frames) for size in tensor.shape[1:])] for tensor in model.inputs]
    return [numbers.normal(0, 1, [int(size) for size in shape]).astype(np.float32) for shape in shapes]


def today(build, opset):
    tf.keras.backend.clear_session()
    model = build(tf.keras)
    seed_weights(model)
    values = inputs_of(model)
    expected = [np.asarray(output) for output in tf.nest.flatten(model(values if len(values) > 1 else values[0]))]
    model.reset_states()  # of a stateful layer: the converter freezes the state that it finds
    signature = [tf.TensorSpec(tensor.shape, name=f"x{index or ''}") for index, tensor in enumerate(model.inputs)]
    proto, _ = tf2onnx.convert.from_keras(model, signature, opset=opset)
    return proto, values, expected


def of_tensorflow_1(build, opset):
    keras = tf.compat.v1.keras
    keras.backend.clear_session()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        keras.backend.set_session(session)
        model = build(keras)
        session.run(tf.compat.v1.global_variables_initializer())
        seed_weights(model)
        values = inputs_of(model)
        expected = session.run(model.outputs, dict(zip(model.inputs, values)))
        inputs, outputs = [tensor.name for tensor in model.inputs], [tensor.name for tensor in model.outputs]
        graph = tf.compat.v1.graph_util.convert_variables_to_constants(session, session.graph_def, [tensor.op.name for tensor in model.outputs])
    proto, _ = tf2onnx.convert.from_graph_def(graph, input_names=inputs, output_names=outputs, opset=opset)
    return proto, values, expected


def tidy(proto):
    """Open axes are called batch and time, as in the other fixtures; shapes of inner values, half of what is left, are dropped."""
    short_names(proto)
    for graph in graphs_of(proto.graph):
        del graph.value_info[:]
    for value in (*proto.graph.input, *proto.graph.output):
        sizes = value.type.tensor_type.shape.dim
        for axis, size in enumerate(sizes):
            if not size.HasField("dim_value"):
                size.dim_param = NAMES[min(axis, 1)]
    return proto


def compare(proto, values, expected):
    """tf2onnx has been silently wrong: what it writes must equal what Keras computes."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    session = onnxruntime.InferenceSession(proto.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    actual = session.run(None, {port.name: value for port, value in zip(session.get_inputs(), values)})
    for output, wanted in zip(actual, expected, strict=True):
        error = np.abs(output - wanted).max()
        if not error < TOLERANCE:
            raise ValueError(f"differs from Keras by {error}")


def export(build, opset, era) -> bytes:
    # The counter behind names such as "Less__41": files don't depend on those written before.
    tf2onnx.utils.INTERNAL_NAME = 1
    proto, values, expected = (of_tensorflow_1 if era == 1 else today)(build, opset)
    onnx.checker.check_model(tidy(proto), full_check=True)
    compare(proto, values, expected)
    return proto.SerializeToString()
