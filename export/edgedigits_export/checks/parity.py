"""Is an artifact the same function as its float model? Compares their probabilities on the same images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.open import open_engine
from edgedigits.errors import ExportError

# How far the probabilities of a float artifact may be from the Keras model's. Integer ones are judged by the gate.
TOLERANCES = {"float32": 1e-5, "float16": 1e-2}


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
    """Compare two sets of probabilities, (N, 10) each."""
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
        images: uint8 (N, 28, 28).
        expected: the Keras model's probabilities for them, float32 (N, 10).

    Raises:
        ExportError: if a float artifact differs by more than `TOLERANCES` allows.
        EngineError: if the engine refuses it.
    """
    proof = compare(expected, open_engine(file, model).run(images[..., None]))
    tolerance = TOLERANCES.get(PurePath(file).stem)
    # Written so that a NaN fails too.
    if tolerance is not None and not proof.max_difference <= tolerance:
        raise ExportError(
            f"{file} is not the Keras model: probabilities differ by up to {proof.max_difference:.2g}, "
            f"{tolerance:.0e} is allowed; nothing was written"
        )
    return proof
