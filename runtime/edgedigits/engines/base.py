"""The interface of the engines: images in, probabilities out.

An engine takes raw grey levels as uint8 whatever the artifact wants; the conversion to float32, and the scale of a
quantized output, are its business and nobody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from edgedigits.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# As numpy.typing writes them, which takes as long to import as all of this.
Images = np.ndarray[tuple[Any, ...], np.dtype[np.uint8]]
Probabilities = np.ndarray[tuple[Any, ...], np.dtype[np.float32]]


class Form(NamedTuple):
    """What a classifier takes and gives.

    Attributes:
        image: height, width and channels (1 or 3) of an image.
        classes: how many probabilities an image gets.
    """

    image: tuple[int, int, int]
    classes: int


DIGIT_FORM = Form((28, 28, 1), 10)


class Engine(Protocol):
    """A model that is ready to run. Safe to call from several threads, one call at a time."""

    @property
    def name(self) -> str:
        """The engine's name, as in "litert"."""

    @property
    def form(self) -> Form:
        """The images that the model takes, and how many classes it knows."""

    def run(self, images: Images) -> Probabilities:
        """Classify images, uint8 (N, *form.image), into probabilities, float32 (N, form.classes), rows summing to 1."""


def to_input(images: Images, dtype: Any) -> NDArray[Any]:
    """Grey levels in the form that a model takes; int8 is the level minus 128."""
    if dtype == np.int8:
        return (images ^ np.uint8(128)).view(np.int8)
    return images if images.dtype == dtype else images.astype(dtype)


def form_of(engine: str, inputs: list[tuple[Any, ...]], outputs: list[tuple[Any, ...]]) -> Form:
    """The form of a model with these inputs and outputs.

    Raises:
        EngineError: if it is not an image classifier: one input (N, height, width, 1 or 3), one output (N, classes).
    """
    if len(inputs) == len(outputs) == 1 and len(inputs[0]) == 4 and len(outputs[0]) == 2:
        (_, height, width, channels), (_, classes) = inputs[0], outputs[0]
        known = all(isinstance(size, int | np.integer) for size in (height, width, classes))
        if known and channels in (1, 3) and height > 0 and width > 0 and classes > 1:
            return Form((int(height), int(width), int(channels)), int(classes))
    raise EngineError(
        f"expected (N, height, width, 1 or 3) -> (N, classes), {engine} found {_listed(inputs)} -> {_listed(outputs)}"
    )


def _listed(shapes: list[tuple[Any, ...]]) -> str:
    return " and ".join(f"({', '.join(map(str, shape))})" for shape in shapes) or "nothing"
