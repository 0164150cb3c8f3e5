"""Holds any Keras digit classifier to the pixel contract: raw grey levels in, ten probabilities out.

What a model lacks is put around it: a reshape where it takes flat images, the scaling it was trained with, a softmax
where it ends in logits. What it was trained with is not guessed from its layers but measured on labelled digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import ExportError, UsageError
from edgedigits_data import Split
from edgedigits_export.model.loading import Source
from edgedigits_export.model.wrapping import Network

if TYPE_CHECKING:
    import keras

SHAPES = ((28, 28, 1), (28, 28), (784,))
EXPECTED = "expected one input of 28x28x1 (28x28 and 784 will do) and one output of 10 classes"
# How a model was fed in training: its input is the grey level times the first number plus the second. MNIST's mean
# and standard deviation over the training images are 33.3184 and 78.5675.
RANGES = {
    "0..255": (1.0, 0.0),
    "0..1": (1 / 255, 0.0),
    "-1..1": (1 / 127.5, -1.0),
    "standardized": (1 / 78.5675, -33.3184 / 78.5675),
    "1..0": (-1 / 255, 1.0),
    "255..0": (-1.0, 255.0),
}
# A model that gets fewer of the digits right in every range is not trained, or not on digits.
TRAINED = 0.5


def fit_contract(source: Source, digits: Split, input_range: str = "auto", extra_classes: bool = False) -> Network:
    """Check a model, and wrap what it lacks around it.

    Args:
        source: the model.
        digits: labelled images to find out how it was fed.
        input_range: one of `RANGES`, or "auto" to choose the one that makes the labels likeliest.
        extra_classes: allow more than ten outputs; what the others get is spread evenly over the ten digits, so that a
            "not a digit" ends in a low confidence.

    Raises:
        UsageError: if there is no such input range.
        ExportError: if the model cannot fit; with what was found and what is expected.
    """
    import keras

    if input_range not in ("auto", *RANGES):
        raise UsageError(f"there is no input range {input_range!r}; choose auto, {', '.join(RANGES)}")
    _compute_in_float32(source.model)
    shape = _input_shape(source.model)
    raw = _wrapped(source, shape, [])
    outputs = _run(raw, digits.images[:100], source.name)
    _check_outputs(source.name, outputs, extra_classes)
    endings: list[keras.layers.Layer] = []
    if not _are_probabilities(outputs):
        if outputs.min() >= 0 and outputs.max() <= 1:
            raise ExportError(
                f"{source.name} gives ten numbers from 0 to 1 that do not sum to 1 (sigmoids?); {EXPECTED}"
            )
        endings.append(keras.layers.Softmax(name="softmax"))
    if outputs.shape[1] > 10:
        endings.append(_spread(outputs.shape[1]))

    notes: list[str] = []
    found = input_range
    if input_range == "auto":
        found, right = _measure_range(source, shape, endings, digits)
        if right < TRAINED:
            found = "0..255"
            notes.append(f"right on {right:.0%} of the digits only, whatever the input range; 0..255 was assumed")
    if found != "0..255":
        notes.append(f"fed with {found} in training; the scaling is now inside")
    if shape != SHAPES[0]:
        notes.append(f"takes {'x'.join(map(str, shape))}; a reshape is now inside")
    notes += [f"a {layer.name} was added at the end" for layer in endings]
    if found == "0..255" and shape == SHAPES[0] and not endings and source.model.built and _has_inputs(source.model):
        return Network(source.model, source.saveable, tuple(notes))
    return Network(_wrapped(source, shape, endings, found), source.saveable, tuple(notes))


def _compute_in_float32(model: keras.Model) -> None:
    """Undo mixed precision: its weights are float32, and the converters cannot round in between."""
    for layer in model._flatten_layers(include_self=True, recursive=True):
        if layer.compute_dtype in ("float16", "bfloat16"):
            layer.dtype_policy = "float32"


def _has_inputs(model: keras.Model) -> bool:
    return bool(getattr(model, "inputs", None))


def _input_shape(model: keras.Model) -> tuple[int, ...]:
    """The one of `SHAPES` that a model takes; a subclassed one does not say and is asked by trying."""
    if _has_inputs(model):
        found = [tuple(tensor.shape)[1:] for tensor in model.inputs]
        for shape in SHAPES:
            if (
                len(found) == 1
                and len(found[0]) == len(shape)
                and all(known in (None, wanted) for known, wanted in zip(found[0], shape, strict=True))
            ):
                return shape
        raise ExportError(f"{model.name} takes {' and '.join(_written(shape) for shape in found)}; {EXPECTED}")
    reason = ""
    for shape in SHAPES:
        try:
            model(np.zeros((1, *shape), np.float32), training=False)
        except Exception as error:  # the model's own code refuses, in its own words
            reason = reason or " ".join(str(error).split())[:200]
            continue
        return shape
    raise ExportError(f"{model.name} takes no 28x28x1 image ({reason}); {EXPECTED}")


def _written(shape: Sequence[int | None]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape) or "a number"


def _wrapped(source: Source, shape: tuple[int, ...], endings: list[Any], fed: str = "0..255") -> keras.Model:
    """The model with what it lacks before and after it."""
    import keras
    from keras import layers

    image = keras.Input((28, 28, 1), name="image", dtype="float32")
    scale, offset = RANGES[fed]
    tensor = layers.Rescaling(scale, offset, name="scale")(image) if (scale, offset) != (1, 0) else image
    if shape != SHAPES[0]:
        tensor = layers.Reshape(shape, name="reshape")(tensor)
    tensor = source.model(tensor, training=False)
    for layer in endings:
        tensor = layer(tensor)
    return keras.Model(image, tensor, name=source.name)


def _run(model: keras.Model, images: NDArray[np.uint8], name: str) -> NDArray[np.float32]:
    try:
        outputs = model(images[..., None].astype(np.float32), training=False)
    except Exception as error:  # a custom layer's code, or shapes that do not meet
        raise ExportError(f"{name} cannot be run on 28x28x1 images ({' '.join(str(error).split())[:200]})") from error
    if isinstance(outputs, list | tuple | dict):
        raise ExportError(f"{name} gives {len(outputs)} outputs; {EXPECTED}")
    return np.asarray(outputs, np.float32)


def _check_outputs(name: str, outputs: NDArray[np.float32], extra_classes: bool) -> None:
    classes = outputs.shape[1:]
    if len(classes) != 1 or classes[0] < 10 or (classes[0] > 10 and not extra_classes):
        remedy = "; --extra-classes allows more" if len(classes) == 1 and classes[0] > 10 else ""
        raise ExportError(f"{name} gives {_written(classes)} outputs; {EXPECTED}{remedy}")
    if not np.isfinite(outputs).all():
        raise ExportError(f"{name} gives NaN or infinity for digits; train it again")


def _are_probabilities(outputs: NDArray[np.float32]) -> bool:
    return bool(outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))


def _spread(classes: int) -> keras.layers.Layer:
    """A fixed layer from more classes to ten: what the others get is shared by the digits."""
    import keras

    matrix = np.vstack([np.eye(10), np.full((classes - 10, 10), 0.1)]).astype(np.float32)
    layer = keras.layers.Dense(10, use_bias=False, name="spread", trainable=False)
    layer.build((None, classes))
    layer.set_weights([matrix])
    return layer


def _measure_range(source: Source, shape: tuple[int, ...], endings: list[Any], digits: Split) -> tuple[str, float]:
    """The range that makes the digits' labels likeliest, and the share of them that is right there."""
    found: dict[str, NDArray[np.float32]] = {
        name: _run(_wrapped(source, shape, endings, name), digits.images, source.name) for name in RANGES
    }
    best = min(found, key=lambda name: _loss(found[name], digits.labels))
    return best, float(np.mean(found[best].argmax(axis=1) == digits.labels))


def _loss(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Cross-entropy at the temperature that suits best: too much contrast must not win by making a shy model bold."""
    logits = np.log(np.clip(probabilities.astype(np.float64), 1e-7, 1))
    losses = []
    for temperature in 2.0 ** np.arange(-4, 3):
        scaled = logits / temperature
        normalizer = np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1)) + scaled.max(axis=1)
        losses.append(float(np.mean(normalizer - scaled[np.arange(len(labels)), labels])))
    return min(losses)
