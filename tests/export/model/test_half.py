"""Models whose weights are stored in 16 bits."""

import keras
import numpy as np
import pytest
from keras import layers

from edgedigits_export.model.contract import compute_in_float32


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_in_16_bits_become_32_and_keep_their_values(dtype, tmp_path):
    stack = [
        keras.Input((28, 28, 1)),
        layers.Conv2D(4, 3, strides=2, dtype=dtype),
        layers.BatchNormalization(dtype=dtype),
    ]
    model = keras.Sequential([*stack, layers.Flatten(dtype=dtype), layers.Dense(10, activation="softmax", dtype=dtype)])
    before = [np.asarray(variable.value).astype(np.float32) for variable in model.variables]
    compute_in_float32(model)
    for variable, values in zip(model.variables, before, strict=True):
        assert variable.dtype == "float32"
        np.testing.assert_array_equal(np.asarray(variable.value), values)
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    given = model(images, training=False)
    assert given.dtype == "float32"
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(images, training=False), given, rtol=1e-6)
