"""Figures of a classifier from its probabilities. numpy only."""

import numpy as np
from numpy.typing import NDArray

from edgedigits_data import calibration


def accuracy(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Share of images whose likeliest digit is the label; probabilities (N, 10), labels (N,)."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def calibration_error(probabilities: NDArray[np.float32], labels: NDArray[np.uint8], bins: int = 15) -> float:
    """Expected calibration error of the likeliest digits; probabilities (N, 10), labels (N,)."""
    return calibration.calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels, bins)


def rejection_threshold(probabilities: NDArray[np.float32], accepted: float = 0.99) -> float:
    """The confidence that the share `accepted` of these digits reaches: below it, a picture counts as no digit."""
    return float(np.quantile(probabilities.max(axis=1), 1 - accepted, method="lower"))
