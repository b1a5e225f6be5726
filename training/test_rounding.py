"""Rounded weights: the same int8 weights, a smaller file."""

from __future__ import annotations

import gzip
import unittest
from unittest import mock

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import rounding
from .test_recipe import MODEL


def gru(weights: np.ndarray) -> onnx.ModelProto:
    """A GRU of one unit whose W is `weights` [1, 3, inputs], R all 0.3."""
    initializers = [
        numpy_helper.from_array(weights.astype(np.float32), "W"),
        numpy_helper.from_array(np.full((1, 3, 1), 0.3, np.float32), "R"),
    ]
    node = helper.make_node("GRU", ["x", "W", "R"], ["y"], name="gru", hidden_size=1)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph([node], "g", [x], [y], initializers))


class RoundingTest(unittest.TestCase):
    def test_int8_weights_and_scales_stay_the_same(self):
        rng = np.random.default_rng(1)
        rows = (rng.standard_normal((400, 64)) * np.exp2(rng.integers(-20, 20, (400, 1)))).astype(np.float32)
        # Weights beside the edges of bins, where the nearest multiple often lies in the next one.
        scale = np.abs(rows).max(axis=1, keepdims=True) / np.float32(127)
        edges = np.arange(-60, 60, dtype=np.float32)[None, :32] + np.float32(0.5)
        rows[:, 32:] = np.nextafter((edges * scale).astype(np.float32), np.float32(0))
        rounded = rounding.round_rows(rows)
        np.testing.assert_array_equal(np.abs(rounded).max(axis=1), np.abs(rows).max(axis=1))
        np.testing.assert_array_equal(rounding.bins(rounded), rounding.bins(rows))
        step = np.exp2(np.floor(np.log2(np.abs(rows).max(axis=1, keepdims=True))) - rounding.FRACTION)
        self.assertLessEqual(float((np.abs(rounded - rows) / step).max()), 1)
        nearest = np.rint(rows / step) * step
        self.assertTrue((rounding.bins(nearest.astype(np.float32)) != rounding.bins(rows)).any(), "no edge was hard")
        np.testing.assert_array_equal(rounding.round_rows(rounded), rounded)

    def test_the_largest_of_a_row_is_kept_and_none_passes_it(self):
        rows = np.array([[1.0009, 1.00089, -1.0009, 0.0], [0.0, -0.0, 0.0, 0.0]], np.float32)
        rounded = rounding.round_rows(rows)
        self.assertEqual(rounded[0, 0], rows[0, 0])
        self.assertEqual(rounded[0, 2], rows[0, 2])
        self.assertLessEqual(rounded[0, 1], rows[0, 0])
        self.assertFalse(np.signbit(rounded[1]).any())

    def test_a_file_has_its_recurrent_weights_rounded_by_row(self):
        weights = np.array([[[1.0, 1 / 3], [100.0, 1 / 3], [0.01, 0.001]]])
        model = gru(weights)
        rounding.round_weights(model)
        got = numpy_helper.to_array(model.graph.initializer[0])[0]
        np.testing.assert_array_equal(got[:, 0], weights[0, :, 0].astype(np.float32))
        np.testing.assert_array_equal(got[:2, 1], [42 / 128, 0])
        np.testing.assert_array_equal(numpy_helper.to_array(model.graph.initializer[1]), np.full((1, 3, 1), 0.3, "f4"))

    def test_a_grid_too_coarse_is_refused(self):
        model = gru(np.array([[[1.0, 0.1], [1.0, 0.2], [1.0, 0.3]]]))
        with mock.patch.object(rounding, "FRACTION", 2), self.assertRaisesRegex(ValueError, "'gru': W"):
            rounding.round_weights(model)

    def test_the_model_that_ships_is_rounded(self):
        model = onnx.load(MODEL)
        before = model.SerializeToString()
        rounding.round_weights(model)
        self.assertEqual(model.SerializeToString(), before)
        self.assertLess(len(gzip.compress(before, 9)), 0.45 * len(before))


if __name__ == "__main__":
    unittest.main()
