"""Layers that stop an optimization or a converter: every format is made all the same, and is the Keras model."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from edgedigits_data import load_mnist
from edgedigits_export.checks.parity import prove
from edgedigits_export.formats.artifacts import Converter
from edgedigits_export.formats.attempts import Made, attempt
from edgedigits_export.formats.model_card import Card
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions

pytestmark = pytest.mark.slow
IMAGES = load_mnist("validation").images[:300]
CALIBRATION = load_mnist("train").images[:60]
EXACT = ("float32.tflite", "float32.onnx")
ROUNDED = ("dynamic.tflite", "int8.tflite", "int8.onnx")


def dilated(image):
    x = layers.Conv2D(8, 3, dilation_rate=2, padding="same", activation="relu")(image)
    x = layers.MaxPooling2D(2)(x)
    return layers.Conv2D(8, 3, dilation_rate=3, activation="relu")(x)


def dilated_rows(image):
    x = layers.Conv1D(16, 3, dilation_rate=2, activation="relu")(layers.Reshape((28, 28))(image))
    return layers.Conv1D(16, 3, padding="same", activation="relu")(x)


def dilated_depthwise(image):
    x = layers.DepthwiseConv2D(3, dilation_rate=2, depth_multiplier=4)(image)
    return layers.ReLU()(layers.BatchNormalization()(x))


def silu(image):
    x = layers.Conv2D(8, 3, strides=2, activation="silu")(image)
    return layers.Conv2D(8, 3, strides=2, activation="silu")(x)


def split(image):
    left, right = ops.split(layers.Conv2D(16, 3, strides=2, activation="relu")(image), 2, axis=-1)
    return layers.Concatenate()([layers.Conv2D(8, 3)(left), layers.Conv2D(8, 3)(right)])


def unstacked(image):
    return layers.SimpleRNN(24, unroll=True)(layers.Reshape((28, 28))(image))


def lstm(image):
    return layers.LSTM(24)(layers.Reshape((28, 28))(image))


def bidirectional(image):
    return layers.Bidirectional(layers.GRU(16))(layers.Reshape((28, 28))(image))


def dense_rows(image):
    return layers.Dense(16, activation="relu")(layers.Reshape((28, 28))(image))


def time_distributed(image):
    return layers.TimeDistributed(layers.Dense(16, activation="relu"))(layers.Reshape((28, 28))(image))


def pointwise(image):
    return layers.Dense(8, activation="relu")(layers.Conv2D(8, 3, strides=2, activation="relu")(image))


def transformer(image):
    x = layers.Conv2D(16, 7, strides=7)(image)
    x = layers.Reshape((16, 16))(x)
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 8)(y, y)])
    y = layers.Dense(32, activation="gelu")(layers.LayerNormalization()(x))
    return layers.GlobalAveragePooling1D()(layers.Add()([x, layers.Dense(16)(y)]))


def grouped(image):
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(image)
    return layers.Conv2D(16, 3, groups=4, activation="relu")(x)


def pooled_first(image):
    return layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(layers.MaxPooling2D(2)(image))


def normalized_first(image):
    x = layers.Normalization(mean=33.3, variance=6170.0)(image * 255)
    return layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)


ARCHITECTURES = (
    dilated,
    dilated_rows,
    dilated_depthwise,
    silu,
    split,
    unstacked,
    lstm,
    bidirectional,
    dense_rows,
    time_distributed,
    pointwise,
    transformer,
    grouped,
    pooled_first,
    normalized_first,
)


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda function: function.__name__)
def test_every_format_is_made_and_is_the_keras_model(architecture):
    keras.utils.set_random_seed(7)
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Flatten()(architecture(layers.Rescaling(1 / 255)(image)))
    model = keras.Model(image, layers.Dense(10, activation="softmax", kernel_initializer="glorot_normal")(x))
    expected = model.predict(IMAGES[..., None].astype(np.float32), verbose=0)
    converter = Converter(Network(model), CALIBRATION, Card("test", "1", "MIT"), ExportOptions())
    for file in (*EXACT, *ROUNDED):
        result = attempt(
            file,
            converter.ways(file),
            lambda way, file=file: converter.convert(file, way),
            lambda content, file=file: prove(file, content, IMAGES, expected),
        )
        assert isinstance(result, Made), result
        if file in EXACT:
            assert result.proof.max_difference < 1e-5, (file, result.way, result.tried)
        else:
            assert result.proof.mean_difference < 0.01, (file, result.way, result.tried)
            assert result.proof.agreement > 0.9, (file, result.way, result.tried)
