"""Calibrated confidence: the two numbers that turn a logit into the share that is right."""

import numpy as np
from numpy.typing import NDArray


def fit_confidence(logits: NDArray[np.float32], right: NDArray[np.bool_], rounds: int = 50) -> tuple[float, float]:
    """Fit scale and bias, so that 1 / (1 + exp(-(scale * logit + bias))) is the probability of being right.

    After Platt, "Probabilistic outputs for support vector machines" (1999), by Newton's method; of no use without
    examples of both kinds.

    Args:
        logits: float32 (N,), the highest logit of each detection.
        right: bool (N,), whether there is that digit.
        rounds: of Newton's method.

    Returns:
        scale and bias.
    """
    if right.all() or not right.any():
        return 1.0, 0.0
    features = np.column_stack([logits, np.ones(len(logits))]).astype(np.float64)
    weights = np.array([1.0, 0.0])
    for _ in range(rounds):
        expected = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (expected - right) + 1e-3 * (weights - (1, 0))
        curvature = (features * (expected * (1 - expected))[:, None]).T @ features + 1e-3 * np.eye(2)
        weights = weights - np.clip(np.linalg.solve(curvature, gradient), -1, 1)
    return float(weights[0]), float(weights[1])
