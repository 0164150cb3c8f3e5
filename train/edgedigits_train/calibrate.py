"""Make confidence mean something: temperature scaling (Guo et al. 2017), folded into the last layer's weights."""

import keras
import numpy as np
from numpy.typing import NDArray


def temperature(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """The temperature at which these digits' labels, (N,), are most likely under the probabilities, (N, 10)."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-30))

    def surprise(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]))

    low, high, ratio = np.log(0.2), np.log(5.0), (np.sqrt(5) - 1) / 2
    for _ in range(40):  # golden-section search: surprise is convex in 1/temperature, so has one valley
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if surprise(left) < surprise(right) else (left, high)
    return float(np.exp((low + high) / 2))


def cool(model: keras.Model, by: float) -> None:
    """Divide the logits of `model` by a temperature: the likeliest digit stays, its probability changes."""
    last = model.get_layer("probabilities")
    last.set_weights([weights / np.float32(by) for weights in last.get_weights()])
