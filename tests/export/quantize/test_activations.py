"""Selu and Softplus written out by exponents that are never positive: the same function."""

import numpy as np
import pytest
import tensorflow as tf

from edgedigits_export.formats.tflite import freeze
from edgedigits_export.quantize.activations import stabilize


@pytest.mark.parametrize("activation", [tf.nn.selu, tf.nn.softplus, lambda x: x * tf.tanh(tf.nn.softplus(x))])
def test_the_function_stays_the_same_and_no_exponent_is_positive(activation):
    frozen = freeze(lambda x: activation(x) + 0.0, (1, 400))
    x = np.linspace(-30, 30, 400, dtype=np.float32)[None]
    stable = stabilize(frozen)
    np.testing.assert_allclose(stable(tf.constant(x))[0], activation(x), rtol=1e-5, atol=1e-6)
    kinds = {operation.type for operation in stable.graph.get_operations()}
    assert "Exp" in kinds
    assert not {"Selu", "Softplus"} & kinds


def test_a_function_without_them_is_left_alone():
    frozen = freeze(tf.nn.relu, (1, 4))
    assert stabilize(frozen) is frozen
