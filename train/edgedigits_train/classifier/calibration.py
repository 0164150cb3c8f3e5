"""Make confidence mean something: temperature scaling (Guo et al. 2017), folded into the last layer's weights."""

import keras
import numpy as np
from numpy.typing import NDArray


def temperature(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """The temperature at which these digits' labels, (N,), are most likely under the probabilities, (N, 10)."""
    logits = _logits(probabilities)
    low, high, ratio = 0.2, 5.0, (5**0.5 - 1) / 2
    for _ in range(40):  # golden-section search: surprise is convex in 1/temperature, so has one valley
        step = (high / low) ** ratio
        left, right = high / step, low * step
        if _surprise(logits, labels, left) < _surprise(logits, labels, right):
            high = right
        else:
            low = left
    return float((low * high) ** 0.5)


def cooled_loss(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Mean negative log-likelihood of the labels, in nats, at the temperature that suits them best."""
    return _surprise(_logits(probabilities), labels, temperature(probabilities, labels))


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities.astype(np.float64), 1e-30))


def _surprise(logits: NDArray[np.float64], labels: NDArray[np.uint8], at: float) -> float:
    """Mean negative log-likelihood, in nats, of the labels when the logits are divided by the temperature `at`."""
    scaled = logits / at
    scaled -= scaled.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]))


def cool(model: keras.Model, by: float) -> None:
    """Divide the logits of `model` by a temperature: the likeliest digit stays, its probability changes."""
    last = model.get_layer("probabilities")
    last.set_weights([weights / np.float32(by) for weights in last.get_weights()])
