"""The networks: each takes raw grey levels `image` (N, 28, 28, 1) in 0..255 and gives `probabilities` (N, 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from edgedigits_train.errors import TrainError


def build(name: str) -> keras.Model:
    """A new, untrained network with float32 input `image` (N, 28, 28, 1), 0 = paper and 255 = ink.

    Raises:
        TrainError: if there is no such architecture.
    """
    if name not in ARCHITECTURES:
        raise TrainError(f"there is no model {name!r}; choose one of {', '.join(ARCHITECTURES)}")
    image = keras.Input((28, 28, 1), name="image", dtype="float32")
    features = ARCHITECTURES[name](layers.Rescaling(1 / 255, name="scale")(image))
    # Softmax stays in float32 where a GPU trains in half precision.
    probabilities = layers.Dense(10, activation="softmax", name="probabilities", dtype="float32")(features)
    return keras.Model(image, probabilities, name=name)


def _conv(x: Any, filters: int, kernel: int = 3, stride: int = 1, padding: str = "same") -> Any:
    """Convolution, batch normalization (the converter folds it into the convolution) and ReLU."""
    x = layers.Conv2D(filters, kernel, stride, padding, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _reference(x: Any) -> Any:
    """The user's CNN: 607,394 parameters, nearly all of them in one Dense layer."""
    x = layers.Conv2D(28, 3, activation="relu")(x)
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    return layers.Dense(128, activation="relu")(x)


def _nano(x: Any) -> Any:
    """9,970 parameters: less than 16 KB as int8 with all that a .tflite file adds to them."""
    x = _conv(x, 8, 5, 2)
    x = _conv(x, 16)
    x = _conv(x, 16, 3, 2)
    x = _conv(x, 16, padding="valid")
    x = _conv(x, 16, padding="valid")
    return layers.Flatten()(x)


def _edge(x: Any) -> Any:
    """Early strides, and channels in multiples of 16: as fast as the kernels of XNNPACK and CMSIS-NN go."""
    x = _conv(x, 16, 5, 2)
    x = _conv(x, 16)
    x = _conv(x, 32, 3, 2)
    x = _conv(x, 48, padding="valid")
    x = _conv(x, 48, padding="valid")
    return layers.Flatten()(x)


def _teacher(x: Any) -> Any:
    x = _conv(x, 32, 5, 2)
    x = _conv(x, 32)
    x = _conv(x, 64, 3, 2)
    x = _conv(x, 64)
    x = _conv(x, 96, padding="valid")
    x = _conv(x, 128, padding="valid")
    return layers.Dropout(0.3)(layers.Flatten()(x))


ARCHITECTURES: dict[str, Callable[[Any], Any]] = {
    "reference": _reference,
    "nano": _nano,
    "edge": _edge,
    "teacher": _teacher,
}
