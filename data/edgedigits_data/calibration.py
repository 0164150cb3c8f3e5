"""How far confidences are from the share that is right. numpy only."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def calibration_error(confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017): mean gap of confidence and accuracy over equal-width bins.

    Args:
        confidence: (N,), 0 to 1.
        right: bool (N,), whether each answer is right.
        bins: how many the range 0 to 1 is divided into.

    Returns:
        0 (calibrated) to 1; 0 where there are no answers.
    """
    if not len(confidence):
        return 0.0
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(index, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))
