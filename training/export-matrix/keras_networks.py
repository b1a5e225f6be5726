"""Keras networks in ONNX, as tf2onnx writes them, for test/fixtures/exported: with requirements-keras.txt.

python3 keras_networks.py [--folder FOLDER] [case…]
"""

import argparse
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "exported"
INPUTS, FRAMES, HIDDEN = 5, 9, 6


@dataclass(frozen=True)
class Case:
    name: str
    build: Callable  # keras → a model
    opsets: tuple[int, ...] = (13,)
    era: int = 2  # 1: TensorFlow 1's control flow, and its Keras


def network(*layers, shape=(FRAMES, INPUTS), batch=None):
    """A chain; each layer is a name, its arguments, and its options. `inside` wraps a layer into another."""

    def build(keras):
        x = inputs = keras.layers.Input(shape, batch_size=batch, name="x")
        for index, layer in enumerate(layers):
            x = make(keras, layer, f"l{index}")(x)
        return keras.Model(inputs, x, name="m")

    return build


def make(keras, layer, name=None):
    kind, arguments, options = layer
    options = {key: made(keras, value) for key, value in options.items()}
    return getattr(keras.layers, kind)(*(made(keras, argument) for argument in arguments), **options, name=name)


def made(keras, value):
    if isinstance(value, list):
        return [made(keras, one) for one in value]
    return make(keras, value) if isinstance(value, tuple) and len(value) == 3 and isinstance(value[2], dict) else value


def layer(kind, *arguments, **options):
    return kind, arguments, options


def recurrent(kind, hidden=HIDDEN, frames=False, **options):
    return layer(kind, hidden, return_sequences=frames, **options)


def before(hidden=HIDDEN, frames=False, **options):
    """A GRU that tf2onnx leaves a Loop: it knows the other kind, with reset_after, only."""
    return recurrent("GRU", hidden, frames, reset_after=False, **options)


HARD = {"recurrent_activation": "hard_sigmoid"}
LINEAR = HARD | {"activation": "linear"}
ONE, THREE = layer("Dense", 1, activation="sigmoid"), layer("Dense", 3, activation="softmax")
PRECISE = network(before(20, **LINEAR), ONE, shape=(29, 13))


def with_states(keras):
    x, h = keras.layers.Input((None, INPUTS), name="x"), keras.layers.Input((HIDDEN,), name="x1")
    y, state = keras.layers.GRU(HIDDEN, reset_after=False, return_sequences=True, return_state=True, name="gru")(x, initial_state=h)
    return keras.Model([x, h], [y, state], name="m")


def lstm_with_states(keras):
    x, *states = [keras.layers.Input(shape, name=f"x{index or ''}") for index, shape in enumerate([(None, INPUTS), (HIDDEN,), (HIDDEN,)])]
    out = keras.layers.LSTM(HIDDEN, return_sequences=True, return_state=True, **HARD, name="lstm")(x, initial_state=states)
    return keras.Model([x, *states], out, name="m")


def attention(cell):
    """Attention pooling: every frame's score, a softmax over time, and the weighted sum."""

    def build(keras):
        x = keras.layers.Input((FRAMES, INPUTS), name="x")
        frames = make(keras, cell, "cell")(x)
        scores = keras.layers.Dense(1, activation="tanh", name="score")(frames)
        weights = keras.layers.Softmax(axis=1, name="over_time")(scores)
        pooled = keras.layers.Dot(axes=1, name="pool")([weights, frames])
        return keras.Model(x, keras.layers.Dense(2, activation="softmax", name="head")(keras.layers.Flatten(name="flat")(pooled)), name="m")

    return build


def encoder_decoder(keras):
    """The encoder's last state, repeated, starts and feeds the decoder."""
    x = keras.layers.Input((FRAMES, INPUTS), name="x")
    y, h = keras.layers.GRU(HIDDEN, reset_after=False, return_state=True, name="encoder")(x)
    z = keras.layers.GRU(HIDDEN, reset_after=False, return_sequences=True, name="decoder")(keras.layers.RepeatVector(4, name="repeat")(y), initial_state=h)
    return keras.Model(x, keras.layers.TimeDistributed(keras.layers.Dense(2), name="each")(z), name="m")


CASES = [
    Case("gru", network(recurrent("GRU"), THREE), (9, 13)),
    Case("gru-before", network(before(), THREE), (9, 13, 17)),
    Case("gru-no-bias", network(before(use_bias=False))),
    Case("gru-hard", network(recurrent("GRU", **HARD))),
    Case("gru-hard-before", network(before(**HARD), ONE)),
    Case("gru-apart", network(before(implementation=1))),
    Case("gru-hard-apart", network(recurrent("GRU", frames=True, implementation=1, **HARD))),
    Case("gru-softsign", network(before(activation="softsign"))),
    Case("gru-relu", network(recurrent("GRU", activation="relu"))),
    Case("gru-backwards", network(before(frames=True, go_backwards=True))),
    Case("gru-unrolled", network(before(unroll=True), shape=(4, INPUTS))),
    Case("gru-stateful", network(before(stateful=True), batch=1)),
    Case("gru-states", with_states),
    Case("gru-open-time", network(before(frames=True), ONE, shape=(None, INPUTS))),
    Case("precise", PRECISE),
    Case("lstm", network(recurrent("LSTM", frames=True)), (9, 13)),
    Case("lstm-hard", network(recurrent("LSTM", **HARD), ONE), (9, 13)),
    Case("lstm-linear", network(recurrent("LSTM", activation="linear", frames=True))),
    Case("lstm-apart", network(recurrent("LSTM", implementation=1, **HARD))),
    Case("lstm-relu", network(recurrent("LSTM", activation="relu"))),
    Case("lstm-states", lstm_with_states),
    Case("rnn", network(recurrent("SimpleRNN"), THREE), (9, 13)),
    Case("rnn-relu", network(recurrent("SimpleRNN", activation="relu", frames=True), shape=(None, INPUTS))),
    Case("conv-gru", network(layer("Conv1D", 4, 3, padding="causal", activation="relu"), layer("BatchNormalization"), before(frames=True), ONE)),
    Case("depthwise-gru", network(layer("DepthwiseConv1D", 3, padding="same"), before(**LINEAR), ONE)),
    Case("separable-lstm", network(layer("SeparableConv1D", 4, 3, padding="same", activation="relu"), recurrent("LSTM", **HARD), ONE)),
    Case("strided-rnn", network(layer("Conv1D", 4, 3, strides=2), layer("LayerNormalization"), recurrent("SimpleRNN"), ONE)),
    Case("crnn", network(layer("Reshape", (12, INPUTS, 1)), layer("Conv2D", 3, 3, activation="relu"), layer("Reshape", (10, 9)), before(), ONE, shape=(12, INPUTS))),
    Case("attention-gru", attention(before(frames=True))),
    Case("attention-lstm", attention(layer("Bidirectional", recurrent("LSTM", 4, frames=True)))),
    Case("bidirectional-gru", network(layer("Bidirectional", before(frames=True)), ONE)),
    Case("bidirectional-rnn", network(layer("Bidirectional", recurrent("SimpleRNN"), merge_mode="sum"))),
    Case("bidirectional-hard", network(layer("Bidirectional", recurrent("LSTM", 4, **HARD)))),
    Case("two-layers", network(before(frames=True, **LINEAR), layer("Dropout", 0.2), recurrent("LSTM", 5, activation="relu"), ONE)),
    Case("stacked-cells", network(layer("RNN", [layer("LSTMCell", 5), layer("GRUCell", 4, reset_after=False)], return_sequences=True))),
    Case("cell-after", network(layer("RNN", layer("GRUCell", HIDDEN), return_sequences=True))),
    Case("masking", network(layer("Masking", 0.0), before(frames=True))),
    Case("encoder-decoder", encoder_decoder),
    Case("mean-over-time", network(before(frames=True), layer("GlobalAveragePooling1D"), ONE)),
    Case("precise", PRECISE, (9,), era=1),
    Case("gru-open-time", network(before(frames=True, **HARD), ONE, shape=(None, INPUTS)), era=1),
    Case("lstm", network(recurrent("LSTM", **HARD), ONE), (9,), era=1),
    Case("rnn", network(recurrent("SimpleRNN", frames=True)), era=1),
    Case("bidirectional", network(layer("Bidirectional", before(frames=True, **HARD)), ONE), era=1),
]


def file_name(case, opset):
    return f"keras{'-old' if case.era == 1 else ''}-{case.name}{f'-opset-{opset}' if len(case.opsets) > 1 else ''}.onnx"


def write(folder, chosen, era):
    from keras_export import export, old_control_flow

    if era == 1:
        old_control_flow()
    failures = []
    for case in CASES:
        for opset in case.opsets:
            name = file_name(case, opset)
            if case.era != era or chosen and case.name not in chosen:
                continue
            try:
                exported = export(case.build, opset, era)
                (folder / name).write_bytes(exported)
                print(f"{name}: {len(exported)} bytes", flush=True)
            except Exception as error:
                failures.append(f"{name}: {type(error).__name__}: {error}")
    return failures


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("--era", type=int, help="1 or 2; a process each when it is not given")
    options.add_argument("names", nargs="*", help="cases; all of them when none is given")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.era is None:
        # Disabling TensorFlow 2's behaviour holds for a whole process.
        codes = [subprocess.run([sys.executable, __file__, *sys.argv[1:], "--era", era]).returncode for era in ("2", "1")]
        raise SystemExit(max(codes))
    failed = write(given.folder, given.names, given.era)
    if failed:
        raise SystemExit("\n".join(failed))
