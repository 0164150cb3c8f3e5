"""The ways in which people feed grey levels or colours to a model, each in NumPy and as Keras layers.

NumPy's is what the user did before `model.predict`; the layers are what goes into the artifacts. Both are compared in
every export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import UsageError

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float32]
# Mean and standard deviation of MNIST's 60,000 training images, in grey levels.
MNIST_STATISTICS = (33.3184, 78.5675)


class Step(Protocol):
    """One operation on images, float32 (N, height, width, channels)."""

    def apply(self, images: Floats) -> Floats:
        """The operation in NumPy."""

    def layers(self, name: str) -> list[keras.layers.Layer]:
        """The same as Keras layers, named after `name` so that two exports give the same bytes."""


@dataclass(frozen=True)
class Affine:
    """Times `scale` plus `offset`: one number each, or one for each channel."""

    scale: tuple[float, ...]
    offset: tuple[float, ...]

    def apply(self, images: Floats) -> Floats:
        """See Step."""
        return images * np.asarray(self.scale, np.float32) + np.asarray(self.offset, np.float32)

    def layers(self, name: str) -> list[keras.layers.Layer]:
        """See Step."""
        from keras import layers

        one = len(self.scale) == 1
        scale, offset = (self.scale[0], self.offset[0]) if one else (list(self.scale), list(self.offset))
        return [layers.Rescaling(scale, offset, name=name)]


@dataclass(frozen=True)
class UnitLength:
    """Divided by the Euclidean norm along some axes, as `keras.utils.normalize` does; zeros stay zeros."""

    axes: tuple[int, ...]

    def apply(self, images: Floats) -> Floats:
        """See Step."""
        norms = np.sqrt(np.square(images.astype(np.float64)).sum(axis=self.axes, keepdims=True))
        return np.asarray(images / np.where(norms == 0, 1, norms), np.float32)

    def layers(self, name: str) -> list[keras.layers.Layer]:
        """See Step."""
        from keras import layers

        # Squares of levels to 255 would take more bits than integer files and float16 have.
        axis = self.axes[0] if len(self.axes) == 1 else list(self.axes)
        return [layers.Rescaling(1 / 255, name=f"{name}_levels"), layers.UnitNormalization(axis, name=name)]


@dataclass(frozen=True)
class Threshold:
    """1 above a level, 0 up to it."""

    level: int = 127

    def apply(self, images: Floats) -> Floats:
        """See Step."""
        return np.asarray(images > self.level, np.float32)

    def layers(self, name: str) -> list[keras.layers.Layer]:
        """See Step."""
        from keras import layers

        # Levels are whole numbers: what is above the threshold is above it by one or more.
        return [layers.Rescaling(1.0, -float(self.level), name=f"{name}_threshold"), layers.ReLU(1.0, name=name)]


@dataclass(frozen=True)
class EachImage:
    """Each image less its own mean, over its own deviation, as `tf.image.per_image_standardization` does."""

    def apply(self, images: Floats) -> Floats:
        """See Step."""
        wide = images.astype(np.float64)
        mean, deviation = wide.mean(axis=(1, 2, 3), keepdims=True), wide.std(axis=(1, 2, 3), keepdims=True)
        least = 1 / np.sqrt(np.prod(images.shape[1:]))
        return np.asarray((wide - mean) / np.maximum(deviation, least), np.float32)

    def layers(self, name: str) -> list[keras.layers.Layer]:
        """See Step."""
        from keras import layers

        return [layers.LayerNormalization((1, 2, 3), epsilon=1e-6, center=False, scale=False, name=name)]


@dataclass(frozen=True)
class InputRange:
    """How a model was fed in training.

    Attributes:
        name: as `--input-range` takes it.
        steps: what was done to the grey levels or colours, in this order; nothing for "0..255".
    """

    name: str
    steps: tuple[Step, ...] = field(default=())

    def apply(self, images: NDArray[np.uint8]) -> Floats:
        """What the user's model was fed for images, uint8 (N, height, width, channels): float32, the same shape."""
        fed: Floats = images.astype(np.float32)
        for step in self.steps:
            fed = step.apply(fed)
        return fed

    def layers(self) -> list[keras.layers.Layer]:
        """The same as new Keras layers."""
        return [layer for i, step in enumerate(self.steps) for layer in step.layers(f"scale_{i}" if i else "scale")]


def candidates(mean: Sequence[float], deviation: Sequence[float]) -> dict[str, InputRange]:
    """Every way that is compared, by name, for a data set with this mean and deviation of each channel, in levels."""
    plain = {
        "0..255": (1.0, 0.0),
        "0..1": (1 / 255, 0.0),
        "-1..1": (1 / 127.5, -1.0),
        "-0.5..0.5": (1 / 255, -0.5),
    }
    inverted = {"0..255": "255..0", "0..1": "1..0", "-1..1": "1..-1", "-0.5..0.5": "0.5..-0.5"}
    found = [InputRange(name, _affine([scale], [offset])) for name, (scale, offset) in plain.items()]
    found += [
        InputRange(inverted[name], _affine([-scale], [255 * scale + offset])) for name, (scale, offset) in plain.items()
    ]
    found += _standardized(mean, deviation)
    upside_down = Affine((-1.0,), (255.0,))
    others: dict[str, Step] = {
        "unit rows": UnitLength((2,)),
        "unit columns": UnitLength((1,)),
        "unit images": UnitLength((1, 2, 3)),
        "binary": Threshold(),
        "each image standardized": EachImage(),
    }
    if len(mean) > 1:  # nobody feeds colours in black and white, and on clean pictures it is nearly the same as 0..1
        del others["binary"]
    for name, step in others.items():
        found.append(InputRange(name, (step,)))
        if not isinstance(step, EachImage):  # inverted it is the same, negative
            found.append(InputRange(f"inverted {name}", (upside_down, step)))
    return {way.name: way for way in found}


def named(name: str, known: dict[str, InputRange]) -> InputRange:
    """The way of a name, or of "standardized:MEAN,DEVIATION" with numbers in grey levels.

    Raises:
        UsageError: if there is none.
    """
    if name in known:
        return known[name]
    kind, _, numbers = name.partition(":")
    try:
        values = [float(number) for number in numbers.split(",")]
    except ValueError:
        values = []
    half = len(values) // 2
    if kind == "standardized" and len(values) in (2, 6) and all(value > 0 for value in values[half:]):
        return InputRange(name, _standard(values[:half], values[half:]))
    raise UsageError(
        f"there is no input range {name!r}; choose auto, {', '.join(known)}, or standardized:MEAN,DEVIATION"
    )


def _standardized(mean: Sequence[float], deviation: Sequence[float]) -> list[InputRange]:
    """By the set's mean and deviation: of all levels together and, in colour, of each channel."""
    # Of all channels together: the mean of the variances and the variance of the means.
    together = float(np.mean(mean))
    spread = float(np.sqrt(np.mean(np.square(deviation)) + np.var(mean)))
    if not spread > 0:
        return []
    found = [
        InputRange("standardized", _standard([together], [spread])),
        InputRange("inverted standardized", _affine([-1 / spread], [together / spread])),
        InputRange("centred", _affine([1 / 255], [-together / 255])),
    ]
    if len(mean) > 1 and min(deviation) > 0:
        found.append(InputRange("standardized channels", _standard(mean, deviation)))
    return found


def _standard(mean: Sequence[float], deviation: Sequence[float]) -> tuple[Step, ...]:
    return _affine([1 / s for s in deviation], [-m / s for m, s in zip(mean, deviation, strict=True)])


def _affine(scale: Sequence[float], offset: Sequence[float]) -> tuple[Step, ...]:
    return () if (list(scale), list(offset)) == ([1.0], [0.0]) else (Affine(tuple(scale), tuple(offset)),)
