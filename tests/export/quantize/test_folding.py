"""Scalings, offsets and batch normalization go into the layers around them: the same function from fewer operators."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from edgedigits_data import load_mnist
from edgedigits_export.formats.tflite import freeze
from edgedigits_export.model.wrapping import INPUT_SHAPE
from edgedigits_export.quantize.folding import fold

pytestmark = pytest.mark.slow  # a TensorFlow graph is traced for each case
IMAGES = load_mnist("validation").images[:5, None, ..., None].astype(np.float32)
NOT_COUNTED = {"Placeholder", "Const", "Identity", "NoOp"}
DENSE = ["Reshape", "MatMul", "BiasAdd"]
CONV = ["Conv2D", "BiasAdd"]


def half():
    return layers.Rescaling(1 / 255)


def signed():
    return layers.Rescaling(1 / 127.5, -1)


def normalized(low=0.3):
    """A batch normalization as it is after training: other numbers for each channel, scales from `low` to 2."""
    uniform = keras.initializers.RandomUniform
    return layers.BatchNormalization(
        beta_initializer=uniform(-1, 1),
        gamma_initializer=uniform(low, 2),
        moving_mean_initializer=uniform(-1, 1),
        moving_variance_initializer=uniform(0.2, 2),
    )


def conv(padding="valid", **options):
    return layers.Conv2D(6, 3, padding=padding, bias_initializer="normal", **options)


def dense():
    return [layers.Flatten(), layers.Dense(10, bias_initializer="normal")]


CASES = {
    "offset through a flatten": (lambda: [signed(), *dense()], DENSE),
    "offset behind a flatten": (lambda: [layers.Flatten(), signed(), *dense()[1:]], DENSE),
    "mean and deviation": (lambda: [layers.Normalization(mean=33.0, variance=6000.0), *dense()], DENSE),
    "scale before padding": (lambda: [half(), conv("same"), *dense()], CONV + DENSE),
    "offset without padding": (lambda: [signed(), conv(), *dense()], CONV + DENSE),
    "depthwise": (
        lambda: [signed(), layers.DepthwiseConv2D(3, depth_multiplier=4), normalized(), conv(), *dense()],
        ["DepthwiseConv2dNative", "BiasAdd", *CONV, *DENSE],
    ),
    "normalization behind a layer": (lambda: [conv(use_bias=False), normalized(), *dense()], CONV + DENSE),
    "normalization behind an activation": (
        lambda: [conv(activation="relu"), normalized(), conv(), *dense()],
        ["Conv2D", "BiasAdd", "Relu", *CONV, *DENSE],
    ),
    "normalization, pooling, flatten": (
        lambda: [conv(activation="relu"), normalized(), layers.MaxPooling2D(2), *dense()],
        ["Conv2D", "BiasAdd", "Relu", "MaxPool", *DENSE],
    ),
    "normalization, average": (
        lambda: [conv(activation="relu"), normalized(-2), layers.AveragePooling2D(3, padding="same"), *dense()],
        ["Conv2D", "BiasAdd", "Relu", "AvgPool", *DENSE],
    ),
    "normalization, global average": (
        lambda: [conv(activation="relu"), normalized(-2), layers.GlobalAveragePooling2D(), *dense()[1:]],
        ["Conv2D", "BiasAdd", "Relu", "Mean", *DENSE[1:]],
    ),
    "dense layers": (
        lambda: [*dense(), normalized(), layers.ReLU(), normalized(), *dense()[1:]],
        [*DENSE, "Relu", *DENSE[1:]],
    ),
    # What cannot be folded stays, but for the half of it that can.
    "an offset before padding": (lambda: [signed(), conv("same"), *dense()], ["AddV2", *CONV, *DENSE]),
    "normalization before padding": (
        lambda: [conv(activation="relu"), normalized(), conv("same"), *dense()],
        ["Conv2D", "BiasAdd", "Relu", "Mul", "AddV2", *CONV, *DENSE],
    ),
    "negative scales before a maximum": (
        lambda: [conv(activation="relu"), normalized(-2), layers.MaxPooling2D(2), *dense()],
        ["Conv2D", "BiasAdd", "Relu", "Mul", "MaxPool", *DENSE],
    ),
}


def counted(function):
    return [each.type for each in function.graph.get_operations() if each.type not in NOT_COUNTED]


def check(model, wanted):
    frozen = freeze(lambda image: model(image, training=False), INPUT_SHAPE)
    folded = fold(frozen)
    assert sorted(counted(folded)) == sorted(wanted)
    for image in map(tf.constant, IMAGES):
        exact, found = frozen(image)[0].numpy(), folded(image)[0].numpy()
        np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())


@pytest.mark.parametrize("case", CASES)
def test_what_is_folded_is_the_same_function(case):
    keras.utils.set_random_seed(1)
    make, wanted = CASES[case]
    check(keras.Sequential([keras.Input((28, 28, 1)), *make()]), wanted)


def test_what_several_layers_take_is_left_alone():
    keras.utils.set_random_seed(1)
    image = keras.Input((28, 28, 1))
    x = normalized()(layers.ReLU()(conv()(half()(image))))
    x = layers.Add()([x, conv("same")(x)])
    wanted = ["Conv2D", "BiasAdd", "Relu", "Mul", "AddV2", "Conv2D", "BiasAdd", "AddV2", *DENSE]
    for layer in dense():
        x = layer(x)
    check(keras.Model(image, x), wanted)
