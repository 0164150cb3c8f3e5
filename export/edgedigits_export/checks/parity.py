"""Is an artifact the same function as its float model? Compares their probabilities on the same images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.open import open_engine


@dataclass(frozen=True)
class Proof:
    """What was measured on images that neither training nor calibration has seen.

    Attributes:
        images: how many.
        max_difference: the largest absolute difference between two probabilities.
        mean_difference: the mean absolute difference.
        agreement: the share of images that get the same likeliest digit.
    """

    images: int
    max_difference: float
    mean_difference: float
    agreement: float

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)


def compare(expected: NDArray[np.float32], found: NDArray[np.float32]) -> Proof:
    """Compare two sets of probabilities, (N, classes) each."""
    difference = np.abs(expected.astype(np.float64) - found)
    return Proof(
        images=len(expected),
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        agreement=float(np.mean(expected.argmax(axis=1) == found.argmax(axis=1))),
    )


def prove(file: str, model: bytes, images: NDArray[np.uint8], expected: NDArray[np.float32]) -> Proof:
    """Run an artifact on its own engine beside the float model's probabilities.

    Args:
        file: the artifact's name in the bundle.
        model: its content.
        images: uint8 (N, height, width, channels).
        expected: the Keras model's probabilities for them, float32 (N, classes).

    Raises:
        EngineError: if the engine refuses it.
    """
    engine = open_engine(file, model)
    # One image a call is the usual way to use it, all at once another one, and a wrong shape shows in only one of them.
    found = np.concatenate([engine.run(images[:1]), engine.run(images)])
    return compare(np.concatenate([expected[:1], expected]), found)
