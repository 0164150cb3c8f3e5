"""What a model's own layers tell about its input: scaling layers at its start, and a first batch normalization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_export.model.input_range import InputRange
from edgedigits_export.model.reference import Reference, has_inputs

if TYPE_CHECKING:
    import keras

# Layers that may stand before a scaling one without changing what it was made for.
_PASSED = ("InputLayer", "Reshape", "Flatten", "ZeroPadding2D", "Resizing", "CenterCrop")
# A scaling that leaves grey levels wider than this has not been made for grey levels.
_WIDEST = 8.0


def stated_range(model: keras.Model, images: NDArray[np.uint8], ways: Mapping[str, InputRange]) -> str:
    """The way that a model's first layers ask for; empty where they say nothing.

    A Rescaling that brings 255 down to a few units takes levels as they are, and so does an input of integers. A
    Normalization has kept the mean and variance of what it was adapted to: the way whose images have these.

    Args:
        model: the user's model.
        images: some images, uint8 (N, height, width, channels).
        ways: the candidates by name.
    """
    if has_inputs(model) and np.issubdtype(
        np.dtype(str(model.inputs[0].dtype).replace("bfloat16", "float32")), np.integer
    ):
        return "0..255"
    for layer in _first_layers(model):
        kind = type(layer).__name__
        if kind in _PASSED or kind.startswith("Random"):
            continue
        if kind == "Rescaling":
            reach = float(np.max(np.abs(np.asarray(layer.scale, np.float64)))) * 255
            return "0..255" if reach <= _WIDEST else ""
        if kind == "Normalization" and getattr(layer, "mean", None) is not None:
            return _adapted_to(np.asarray(layer.mean), np.asarray(layer.variance), images, ways)
        return ""
    return ""


def normalization_misfit(
    reference: Reference, images: NDArray[np.uint8], ways: Mapping[str, InputRange]
) -> dict[str, float]:
    """For each way how far a model's first batch normalization finds its inputs from what it was trained with.

    The mean over the channels of the squared difference of means in moving deviations, plus the absolute logarithm of
    the ratio of variances. Empty for a model without batch normalization.
    """
    import keras

    model = reference.model
    first = next((layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)), None)
    if first is None or not has_inputs(model):
        return {}
    try:
        before = keras.Model(model.inputs[0], first.input)
    except Exception:
        return {}
    mean, variance = np.asarray(first.moving_mean), np.asarray(first.moving_variance)
    found = {}
    for name, way in ways.items():
        values = np.asarray(before(way.apply(images).reshape(-1, *reference.takes), training=False), np.float64)
        values = values.reshape(-1, values.shape[-1]) if first.axis in (-1, values.ndim - 1) else values
        if values.shape[-1] != len(mean):
            return {}
        shift = np.square(values.mean(axis=0) - mean) / (variance + 1e-6)
        spread = np.abs(np.log((values.var(axis=0) + 1e-6) / (variance + 1e-6)))
        found[name] = float(np.mean(shift + spread))
    return found


def _first_layers(model: keras.Model) -> Iterator[Any]:
    """A model's layers in order, those of nested models in their place."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _first_layers(layer)
        else:
            yield layer


def _adapted_to(
    mean: NDArray[Any], variance: NDArray[Any], images: NDArray[np.uint8], ways: Mapping[str, InputRange]
) -> str:
    """The way whose images have nearest this mean and variance; empty where none is near."""
    wanted = float(np.mean(mean)), float(np.sqrt(np.mean(variance) + np.var(mean)))
    distances = {}
    for name, way in ways.items():
        fed = way.apply(images)
        found = float(fed.mean()), float(fed.std())
        distances[name] = abs(found[0] - wanted[0]) / max(wanted[1], 1e-9) + abs(
            np.log(max(found[1], 1e-9) / max(wanted[1], 1e-9))
        )
    best = min(distances, key=distances.__getitem__)
    return best if distances[best] < 0.3 else ""
