"""The user's model as the user calls it: what everything that is exported is compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.base import Form
from edgedigits.errors import ExportError
from edgedigits_export.model.input_range import InputRange

if TYPE_CHECKING:
    import keras

BATCH = 500
EXPECTED = (
    "expected one input of images (height, width, 1 or 3), (height, width) or flat, and one output of 2 to 1000 classes"
)


@dataclass(frozen=True)
class Reference:
    """A user's model, untouched.

    Attributes:
        name: what messages call it.
        model: the Keras model as it was loaded.
        takes: the shape of one image as the model wants it, as (28, 28, 1), (28, 28) or (784,).
        form: height, width and channels of an image, and the number of classes.
        ending: what the outputs are: "softmax", "sigmoids" (each from 0 to 1, rows that do not sum to 1), "logits",
            "sigmoid" or "logit" (one output, the second of two classes).
    """

    name: str
    model: keras.Model
    takes: tuple[int, ...]
    form: Form
    ending: str

    def outputs(self, images: NDArray[np.uint8], way: InputRange) -> NDArray[np.float32]:
        """The outputs for images, uint8 (N, height, width, channels), fed in some way, float32 (N, outputs)."""
        return np.concatenate(
            [
                self._called(way.apply(images[i : i + BATCH]).reshape(-1, *self.takes))
                for i in range(0, len(images), BATCH)
            ]
        )

    def probabilities(self, images: NDArray[np.uint8], way: InputRange) -> NDArray[np.float32]:
        """The outputs as probabilities, float32 (N, classes), rows summing to 1."""
        return as_probabilities(self.outputs(images, way), self.ending)

    @property
    def half_precision(self) -> bool:
        """Whether a layer computes in 16 bits (mixed precision)."""
        layers = self.model._flatten_layers(include_self=True, recursive=True)
        return any(layer.compute_dtype in ("float16", "bfloat16") for layer in layers)

    def _called(self, fed: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return np.asarray(self._function(fed), np.float32).reshape(len(fed), -1)
        except Exception as error:  # a custom layer's code, or shapes that do not meet
            reason = " ".join(str(error).split())[:200]
            raise ExportError(f"{self.name} cannot be run on images {self.takes} ({reason})") from error

    @cached_property
    def _function(self) -> Any:
        import tensorflow as tf

        return tf.function(
            lambda fed: self.model(tf.cast(fed, _dtype(self.model)), training=False), reduce_retracing=True
        )


def examine(name: str, model: keras.Model, wanted: tuple[int, int, int] | None = None) -> Reference:
    """Find out what a model takes and gives.

    Args:
        name: what messages call it.
        model: the Keras model.
        wanted: height, width and channels of the user's images, for a model that leaves them open.

    Raises:
        ExportError: if it is no image classifier; with what was found and what is expected.
    """
    takes, image = _image_form(model, name, wanted or (28, 28, 1))
    noise = np.random.default_rng(0).integers(0, 256, (64, *takes))
    outputs = _first_outputs(name, model, noise.astype(np.float32))
    if outputs.ndim < 2 or math.prod(outputs.shape[1:-1]) != 1 or outputs.shape[-1] > 1000:
        raise ExportError(f"{name} gives {_written(outputs.shape[1:])} outputs; {EXPECTED}")
    flat = outputs.reshape(len(outputs), -1)
    if not np.isfinite(flat).all():
        raise ExportError(f"{name} gives NaN or infinity for images; train it again")
    return Reference(name, model, takes, Form(image, max(2, flat.shape[1])), _ending(model, flat))


def as_probabilities(outputs: NDArray[np.float32], ending: str) -> NDArray[np.float32]:
    """What a model gives as probabilities, float32 (N, classes); see `Reference.ending`."""
    wide = outputs.astype(np.float64)
    if ending == "sigmoid":
        wide = np.concatenate([1 - wide, wide], axis=1)
    elif ending == "sigmoids":
        wide = wide / np.maximum(wide.sum(axis=1, keepdims=True), 1e-30)
    elif ending in ("logits", "logit"):
        wide = np.concatenate([np.zeros_like(wide), wide], axis=1) if ending == "logit" else wide
        wide = np.exp(wide - wide.max(axis=1, keepdims=True))
        wide = wide / wide.sum(axis=1, keepdims=True)
    return wide.astype(np.float32)


def has_inputs(model: keras.Model) -> bool:
    """Whether a model says what it takes; a subclassed one does not."""
    return bool(getattr(model, "inputs", None))


def _image_form(
    model: keras.Model, name: str, wanted: tuple[int, int, int]
) -> tuple[tuple[int, ...], tuple[int, int, int]]:
    """The shape that a model takes, and the images that this means."""
    if not has_inputs(model):
        return _tried_form(model, name, wanted), wanted
    found = [tuple(tensor.shape)[1:] for tensor in model.inputs]
    listed = " and ".join(_written(shape) for shape in found)
    if len(found) != 1:
        raise ExportError(f"{name} takes {len(found)} inputs, {listed}; {EXPECTED}")
    height, width, _ = wanted
    defaults = {1: (math.prod(wanted),), 2: (height, width), 3: wanted}.get(len(found[0]), ())
    takes = tuple(size or default for size, default in zip(found[0], defaults, strict=False))
    image = _images_of(takes, wanted)
    if not image:
        raise ExportError(f"{name} takes {listed}; {EXPECTED}")
    return takes, image


def _images_of(takes: tuple[int, ...], wanted: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """The images that one model's input stands for; None where it stands for none."""
    if len(takes) == 3:
        if takes[2] in (1, 3):
            return takes[0], takes[1], takes[2]
        return (takes[1], takes[2], 1) if takes[0] == 1 else None
    if len(takes) == 2:
        return takes[0], takes[1], 1
    if len(takes) != 1:
        return None
    if math.prod(wanted) == takes[0]:
        return wanted
    for channels in (1, 3):  # a flat image whose sides nobody has said is square
        side = math.isqrt(takes[0] // channels)
        if side * side * channels == takes[0]:
            return side, side, channels
    return None


def _tried_form(model: keras.Model, name: str, wanted: tuple[int, int, int]) -> tuple[int, ...]:
    """The first shape that a model without stated inputs can be called with."""
    shapes: list[tuple[int, ...]] = [wanted, wanted[:2], (math.prod(wanted),)]
    reason = ""
    for shape in shapes if wanted[2] == 1 else [wanted, shapes[2]]:
        try:
            model(np.zeros((1, *shape), np.float32), training=False)
        except Exception as error:  # the model's own code refuses, in its own words
            reason = reason or " ".join(str(error).split())[:200]
            continue
        return shape
    raise ExportError(f"{name} takes no {_written(wanted)} image ({reason}); {EXPECTED}")


def _first_outputs(name: str, model: keras.Model, fed: NDArray[np.float32]) -> NDArray[np.float32]:
    try:
        outputs = model(fed.astype(_dtype(model)), training=False)
    except Exception as error:  # a custom layer's code, or shapes that do not meet
        reason = " ".join(str(error).split())[:200]
        raise ExportError(f"{name} cannot be run on images {_written(fed.shape[1:])} ({reason})") from error
    if isinstance(outputs, list | tuple | dict):
        raise ExportError(f"{name} gives {len(outputs)} outputs; {EXPECTED}")
    return np.asarray(outputs, np.float32)


def _dtype(model: keras.Model) -> str:
    """What a model's input is declared as; most are float32."""
    dtype = getattr(model.inputs[0], "dtype", "float32") if has_inputs(model) else "float32"
    return str(dtype)


def _ending(model: keras.Model, outputs: NDArray[np.float32]) -> str:
    within = bool(outputs.min() >= 0 and outputs.max() <= 1)
    if outputs.shape[1] == 1:
        return "sigmoid" if within else "logit"
    if within and np.allclose(outputs.sum(axis=1), 1, atol=2e-3):
        return "softmax"
    # Logits that all lie between 0 and 1 would be a coincidence; a last layer that says what it is settles it.
    activation = getattr(getattr(model.layers[-1], "activation", None), "__name__", "") if model.layers else ""
    return "sigmoids" if within and activation in ("sigmoid", "hard_sigmoid", "") else "logits"


def _written(shape: Sequence[int | None]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape) or "a number"
