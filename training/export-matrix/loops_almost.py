"""Steps that look like a cell at first sight: what takes them for one computes something else. Some are cells after all, by an attribute."""

from loop_cells import HIDDEN, Cell


class SharedGate(Cell):
    """The minimal gated unit: one gate both resets and updates."""

    def gate(self, x):
        self.only = getattr(self, "only", None) or super().gate(x)
        return self.only


class OtherRest(Cell):
    """0.9 − z where 1 − z should be."""

    def updated(self, z, h, c):
        body = self.body
        return body("Add", body("Mul", z, h), body("Mul", body("Sub", body.constant(0.9), z), c))


class Leaky(Cell):
    """z∘h + c, without 1 − z."""

    def updated(self, z, h, c):
        return self.body("Add", self.body("Mul", z, h), c)


class NarrowGate(Cell):
    """A gate between 0.1 and 0.9."""

    def gate(self, x):
        body = self.body
        return body.clip(body("Add", body("Mul", x, body.constant(0.2)), body.constant(0.5)), 0.1, 0.9)


class TwoSlopes(Cell):
    """HardSigmoid of another slope in each gate: ONNX has one function for both."""

    def gate(self, x):
        self.slope = getattr(self, "slope", 0.15) + 0.05
        body = self.body
        return body.clip(body("Add", body("Mul", x, body.constant(self.slope)), body.constant(0.5)))


class Normalized(Cell):
    """Layer normalization of the products, as in a layer-normalized GRU."""

    def product(self, x, name, rows, columns, bias=True, outside=False):
        y = super().product(x, name, rows, columns, bias, outside)
        nodes = self.outer if outside else self.body
        away = nodes("Sub", y, nodes("ReduceMean", y, axes=[-1], keepdims=1))
        spread = nodes("Sqrt", nodes("Add", nodes("ReduceMean", nodes("Mul", away, away), axes=[-1], keepdims=1), nodes.constant(1e-3)))
        return nodes("Div", away, spread)


class ShowsGate(Cell):
    """The output is the update gate, the state goes on."""

    def updated(self, z, h, c):
        self.shown = z
        return super().updated(z, h, c)

    def seen_outside(self, after, before):
        return self.shown


class ShowsBefore(Cell):
    """The output is the state before the step."""

    def seen_outside(self, after, before):
        return before[0]


class ShowsCell(Cell):
    """The output is c, which an LSTM of ONNX gives for the last step only."""

    def seen_outside(self, after, before):
        return after[1]


class Late(Cell):
    """Reads the frame before."""

    def read(self, x, index):
        body = self.body
        back = body("Cast", body("Max", body("Cast", body("Sub", index, body.constant(1, "int64")), to=1), body.constant(0.0)), to=7)
        return super().read(x, back)


class Early(Cell):
    """Ends two steps before the end."""

    def end(self, steps):
        return self.body("Sub", steps, self.body.constant(2, "int64"))


class Positioned(Cell):
    """Adds its position to what it reads."""

    def read(self, x, index):
        body = self.body
        return body("Add", super().read(x, index), body("Mul", body("Cast", index, to=1), body.constant(0.1)))


class Coupled(Cell):
    """The forget gate is 1 − i: ONNX's input_forget."""

    def gate(self, x):
        self.count = getattr(self, "count", 0) + 1
        if self.count == 1:
            self.input = super().gate(x)
            return self.input
        return self.body("Sub", self.body.constant(1.0), self.input) if self.count == 2 else super().gate(x)


class Projected(Cell):
    """h·P, which ONNX's LSTM has not."""

    def step(self, x, states):
        h, c = super().step(x, states)
        return [self.product(h, "P", HIDDEN, HIDDEN, bias=False), c]


class OpenOutput(Cell):
    """o∘c without a function of c: activations [Sigmoid, Tanh, Affine]."""

    def activate(self, x):
        self.count = getattr(self, "count", 0) + 1
        return super().activate(x) if self.count == 1 else x


class Residual(Cell):
    def step(self, x, states):
        return [self.body("Add", super().step(x, states)[0], states[0]), *states[1:]]


class Mixing(Cell):
    """Takes half of the states' mean over the batch away: sequences are not independent."""

    def step(self, x, states):
        (h,) = super().step(x, states)
        mean = self.body("ReduceMean", h, axes=[0], keepdims=1)
        return [self.body("Sub", h, self.body("Mul", mean, self.body.constant(0.5)))]


class Integer(Cell):
    """Products of 8-bit weights and of x, quantized in every step: an int8 LSTM inside a Scan."""

    def product(self, x, name, rows, columns, bias=True, outside=False):
        nodes = self.body
        W = self.random(rows, columns)
        scale = abs(W).max() / 127
        weights = self.outer.keep(f"W{name}", (W / scale).round().astype("int8"))
        quantized, x_scale, zero = nodes("DynamicQuantizeLinear", x, outputs=3)
        products = nodes("Cast", nodes("MatMulInteger", quantized, weights, zero), to=1)
        y = nodes("Mul", products, nodes("Mul", x_scale, self.outer.keep(f"s{name}", scale)))
        return nodes("Add", y, self.outer.keep(f"b{name}", self.random(columns))) if bias else y


ALMOST = {
    "loop-almost-gru-shared": (SharedGate, {}),
    "loop-almost-gru-rest": (OtherRest, {}),
    "loop-almost-gru-leaky": (Leaky, {"outputs": "final"}),
    "loop-almost-gru-narrow": (NarrowGate, {"candidate": "", "outputs": "both"}),
    "loop-almost-gru-slopes": (TwoSlopes, {}),
    "loop-almost-gru-normalized": (Normalized, {"reset": "after"}),
    "loop-almost-gru-gate-shown": (ShowsGate, {}),
    "loop-almost-gru-state-before": (ShowsBefore, {"outputs": "both"}),
    "loop-almost-gru-late": (Late, {}),
    "loop-almost-gru-early": (Early, {"outputs": "final", "condition": "less"}),
    "loop-almost-gru-stopped": (Cell, {"trip": "constant", "stop": 3, "outputs": "final"}),
    "loop-almost-gru-position": (Positioned, {}),
    "scan-almost-gru-batch": (Mixing, {"around": "scan"}),
    "loop-almost-lstm-coupled": (Coupled, {"cell": "lstm"}),
    "loop-almost-lstm-projected": (Projected, {"cell": "lstm"}),
    "loop-almost-lstm-open": (OpenOutput, {"cell": "lstm", "outputs": "both"}),
    "loop-almost-lstm-cell-shown": (ShowsCell, {"cell": "lstm"}),
    "loop-almost-rnn-residual": (Residual, {"cell": "rnn"}),
    "scan-almost-lstm-int8": (Integer, {"cell": "lstm", "around": "scan", "outputs": "both"}),
    "scan-almost-gru-int8": (Integer, {"around": "scan", "reset": "after"}),
}
