"""What a larger network thinks of the digits a smaller one is shown.

Distillation (Hinton, Vinyals and Dean 2015) mixes the teacher's probabilities into the labels. The teacher must see the
very image the student sees, and ever new ones (Beyer et al. 2022, "a good teacher is patient and consistent"): so it is
asked for every batch, on the thread that makes the batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edgedigits_train.classifier.step import forward, load_digit_model

# Images uint8 (N, 28, 28) to probabilities float32 (N, 10).
Teacher = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def load_teacher(paths: Sequence[Path]) -> Teacher:
    """The teacher in `paths`, each a run's or bundle's folder or a .keras file; of several, the mean of their answers.

    Raises:
        TrainError: if one is no model of digits.
    """
    asked = [forward(load_digit_model(path)) for path in paths]

    def teacher(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        shown = tf.constant(images[..., None])
        answers: NDArray[np.float32] = np.mean([ask(shown).numpy() for ask in asked], axis=0)
        return answers

    return teacher
