"""The networks: each takes raw grey levels `image` (N, 28, 28, 1) in 0..255 and gives `probabilities` (N, 10).

All but the reference are a few convolutions and one Dense layer; docs/research/models.md has the cost of other shapes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import layers

from edgedigits.errors import UsageError


class Conv(NamedTuple):
    """One convolution; batch normalization, which the converter folds into it, and ReLU follow."""

    filters: int
    kernel: int = 3
    stride: int = 1
    padding: str = "same"


# Early strides, channels in multiples of 8 or 16, convolutions that a delegate takes: that is what makes them fast.
SHAPES = {
    # Below 16 KB as int8 with all that a .tflite file adds to its 10,002 parameters.
    "nano": (Conv(8, 5, 2), Conv(16), Conv(16, 3, 2), Conv(16, padding="valid"), Conv(16, padding="valid")),
    "edge": (Conv(16, 5, 2), Conv(16), Conv(32, 3, 2), Conv(48, padding="valid"), Conv(48, padding="valid")),
    # Nobody waits for it: it never strides. The form is M7 of An, Lee, Park, Yang and So, "An Ensemble of Simple
    # Convolutional Neural Network Models for MNIST Handwritten Digit Recognition" (2020), at half its width.
    "teacher": tuple(Conv(filters, 7, padding="valid") for filters in (24, 48, 72, 96)),
}


def build(name: str) -> keras.Model:
    """A new, untrained network with float32 input `image` (N, 28, 28, 1), 0 = paper and 255 = ink.

    Raises:
        UsageError: if there is no such architecture.
    """
    if name == "reference":
        return _reference()
    if name not in SHAPES:
        raise UsageError(f"there is no model {name!r}; choose one of reference, {', '.join(SHAPES)}")
    return build_stack(name, SHAPES[name])


def build_stack(name: str, shape: tuple[Conv, ...]) -> keras.Model:
    """A network of the convolutions `shape` and a Dense layer."""
    image, features = convolved(28, shape)
    return _ending(name, image, features)


def convolved(side: int, shape: tuple[Conv, ...], dropout: float = 0.0) -> tuple[Any, Any]:
    """An input of grey levels `image` (N, side, side, 1), and what the convolutions `shape` make of it, flat."""
    image = keras.Input((side, side, 1), name="image", dtype="float32")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    for conv in shape:
        x = layers.Conv2D(conv.filters, conv.kernel, conv.stride, conv.padding, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Flatten()(x)
    return image, layers.Dropout(dropout)(x) if dropout else x


def _reference() -> keras.Model:
    """The user's CNN: 607,394 parameters, nearly all of them in one Dense layer."""
    image = keras.Input((28, 28, 1), name="image", dtype="float32")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    x = layers.Conv2D(28, 3, activation="relu")(x)
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    return _ending("reference", image, layers.Dense(128, activation="relu")(x))


def _ending(name: str, image: Any, features: Any) -> keras.Model:
    # Softmax stays in float32 where a GPU trains in half precision.
    probabilities = layers.Dense(10, activation="softmax", name="probabilities", dtype="float32")(features)
    return keras.Model(image, probabilities, name=name)
