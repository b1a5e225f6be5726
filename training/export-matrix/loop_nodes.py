"""Nodes of a graph or of a body that are named by themselves, in the words of any opset."""

import numpy as np
from onnx import helper, numpy_helper

from nodes import TO_THE_END


class Nodes:
    """Nodes in the order in which they are asked for; `self("Add", a, b)` is the name of the sum."""

    def __init__(self, opset=13, prefix=""):
        self.opset, self.prefix = opset, prefix
        self.nodes, self.initializers = [], []
        self.constants = {}

    def __call__(self, kind, *inputs, outputs=1, **attributes):
        number = len(self.nodes)
        names = [f"{self.prefix}{kind}{number}{'abcdefgh'[index] if outputs > 1 else ''}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"{self.prefix}{kind}{number}", **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, dtype=np.float32):
        """An initializer, the same for equal numbers."""
        array = np.asarray(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = f"{self.prefix}k{len(self.initializers)}"
            self.initializers.append(numpy_helper.from_array(array, self.constants[key]))
        return self.constants[key]

    def keep(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def ints(self, *values):
        return self.constant(values, np.int64)

    def cut(self, x, start, end, axis):
        if self.opset < 10:
            return self("Slice", x, starts=[start], ends=[end], axes=[axis])
        return self("Slice", x, self.ints(start), self.ints(end), self.ints(axis))

    def split(self, x, sizes, axis=-1):
        if self.opset < 13:
            return self("Split", x, outputs=len(sizes), axis=axis, split=list(sizes))
        return self("Split", x, self.ints(*sizes), outputs=len(sizes), axis=axis)

    def squeeze(self, x, axis, kind="Squeeze"):
        return self(kind, x, axes=[axis]) if self.opset < 13 else self(kind, x, self.ints(axis))

    def unsqueeze(self, x, axis):
        return self.squeeze(x, axis, "Unsqueeze")

    def clip(self, x, low=0.0, high=1.0):
        if self.opset < 11:
            return self("Clip", x, min=low, max=high)
        return self("Clip", x, self.constant(low), self.constant(high))

    def size(self, x, axis):
        """A scalar of int64."""
        return self("Gather", self("Shape", x), self.constant(axis, np.int64))

    def zeros(self, x, axis, *sizes):
        """[that size of x, …sizes], as Keras makes its initial states."""
        batch = self.cut(self("Shape", x), axis, axis + 1, 0)
        shape = self("Concat", batch, self.ints(*sizes), axis=0)
        return self("ConstantOfShape", shape) if self.opset < 13 else self("Expand", self.constant(0.0), shape)

    def last(self, x, axis=0):
        return self.squeeze(self.cut(x, -1, TO_THE_END, axis), axis)
