"""Holds any Keras image classifier to the pixel contract: levels 0 to 255 in, probabilities out.

What a model lacks is put around it: the scaling it was trained with, a reshape where it takes flat images, a softmax
where it ends in logits. All of it is compared with the user's model, called as the user calls it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import ExportError
from edgedigits_export.model.input_range import InputRange
from edgedigits_export.model.reference import Reference, has_inputs
from edgedigits_export.model.wrapping import Network

if TYPE_CHECKING:
    import keras

# How far the wrapped model's probabilities may be from the user's own: rounding of float32, or of 16 bits.
WRAPPING_TOLERANCE, HALF_PRECISION_TOLERANCE = 1e-4, 3e-2
HALF = ("float16", "bfloat16")
ENDINGS = {
    "logits": "a softmax was added at the end",
    "sigmoid": "its one output is the second of two classes; the first one's probability was added",
    "logit": "its one output is the second of two classes; a sigmoid and the first one's probability were added",
    "sigmoids": "its outputs do not sum to 1; they are divided by their sum",
}


def fit_contract(reference: Reference, way: InputRange, saveable: bool = True, digits_only: bool = False) -> Network:
    """Put around a model what the pixel contract asks for.

    Args:
        reference: the user's model.
        way: how it was fed in training.
        saveable: whether Keras can save it.
        digits_only: spread what more than ten outputs get evenly over the ten digits, so that a "not a digit" ends in a
            low confidence.
    """
    half = reference.half_precision
    compute_in_float32(reference.model)
    notes: list[str] = []
    if way.steps:
        notes.append(f"fed with {way.name} in training; the scaling is now inside")
    if reference.takes != reference.form.image:
        notes.append(f"takes {'x'.join(map(str, reference.takes))}; a reshape is now inside")
    if half:
        notes.append("computes in 16 bits in places; here it computes in float32")
    if reference.ending in ENDINGS:
        notes.append(ENDINGS[reference.ending])
    if digits_only:
        notes.append(f"a spread over the ten digits of what {reference.form.classes - 10} other outputs get was added")
    form = reference.form._replace(classes=10) if digits_only else reference.form
    unchanged = not way.steps and reference.takes == form.image and reference.ending == "softmax" and not digits_only
    if unchanged and _says_what_it_takes(reference.model):
        return Network(reference.model, form, saveable, tuple(notes))
    return Network(_wrapped(reference, way, digits_only), form, saveable, tuple(notes))


def check_wrapping(found: NDArray[np.float32], expected: NDArray[np.float32], half: bool) -> float:
    """The largest difference between a wrapped model's probabilities and the user's model's, float32 (N, classes).

    Args:
        found: the wrapped model's.
        expected: the user's model's for the same images.
        half: whether the user's model computes in 16 bits.

    Raises:
        ExportError: if they differ by more than rounding does.
    """
    difference = float(np.abs(found - expected).max(initial=0.0))
    allowed = HALF_PRECISION_TOLERANCE if half else WRAPPING_TOLERANCE
    if not difference <= allowed:  # written so that a NaN fails too
        raise ExportError(
            f"with its scaling inside the model gives probabilities up to {difference:.2g} away from its own; "
            "please report this with the model"
        )
    return difference


def spread_over_digits(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """What `digits_only` makes of the probabilities of more than ten classes, float32 (N, classes) to (N, 10)."""
    others = probabilities[:, 10:].sum(axis=1, keepdims=True)
    return np.asarray(probabilities[:, :10] + others / 10, np.float32)


def compute_in_float32(model: keras.Model) -> None:
    """Undo half precision: converters cannot round in between, and weights in 16 bits are exact in 32."""
    for layer in model._flatten_layers(include_self=True, recursive=True):
        if layer.compute_dtype in HALF:
            layer.dtype_policy = "float32"
    for variable in model.variables:
        if variable.dtype in HALF:
            values = np.asarray(variable.value).astype(np.float32)
            variable._dtype = "float32"
            variable._initialize(values)


def _says_what_it_takes(model: keras.Model) -> bool:
    if not (model.built and has_inputs(model)):
        return False
    (taken,) = model.inputs
    return str(taken.dtype) == "float32" and None not in tuple(taken.shape)[1:] and len(model.outputs[0].shape) == 2


def _wrapped(reference: Reference, way: InputRange, digits_only: bool) -> keras.Model:
    """The model with what it lacks before and after it."""
    import keras
    from keras import layers

    image = keras.Input(reference.form.image, name="image", dtype="float32")
    tensor = image
    for layer in way.layers():
        tensor = layer(tensor)
    if reference.takes != reference.form.image:
        tensor = layers.Reshape(reference.takes, name="reshape")(tensor)
    if has_inputs(reference.model) and str(reference.model.inputs[0].dtype) != "float32":
        tensor = keras.ops.cast(tensor, reference.model.inputs[0].dtype)
    tensor = reference.model(tensor, training=False)
    if len(tensor.shape) != 2:
        tensor = layers.Flatten(name="classes")(tensor)
    tensor = _ended(tensor, reference.ending)
    if digits_only:
        tensor = _spread(reference.form.classes)(tensor)
    # Files are called as browsers and callbacks call them; TensorFlow's names allow less.
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", reference.name).lstrip("_.-") or "model"
    return keras.Model(image, tensor, name=name)


def _ended(tensor: Any, ending: str) -> Any:
    """Probabilities from what a model gives; see `Reference.ending`."""
    from keras import layers, ops

    if ending == "sigmoids":
        return tensor / ops.maximum(ops.sum(tensor, axis=1, keepdims=True), 1e-30)
    if ending == "logit":
        tensor = ops.sigmoid(tensor)
    if ending in ("sigmoid", "logit"):
        return ops.concatenate([1 - tensor, tensor], axis=1)
    return layers.Softmax(name="softmax")(tensor) if ending == "logits" else tensor


def _spread(classes: int) -> keras.layers.Layer:
    """A fixed layer from more classes to ten: what the others get is shared by the digits."""
    import keras

    matrix = np.vstack([np.eye(10), np.full((classes - 10, 10), 0.1)]).astype(np.float32)
    layer = keras.layers.Dense(10, use_bias=False, name="spread", trainable=False)
    layer.build((None, classes))
    layer.set_weights([matrix])
    return layer
