"""What a larger network thinks of the digits a smaller one is shown.

Distillation (Hinton, Vinyals and Dean 2015) mixes the teacher's probabilities into the labels. The teacher must see the
very image the student sees, and ever new ones (Beyer et al. 2022, "a good teacher is patient and consistent"): so it is
asked for every batch, on the thread that makes the batches.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edgedigits_train.step import forward, load_digit_model

# Images uint8 (N, 28, 28) to probabilities float32 (N, 10).
Teacher = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def load_teacher(path: Path) -> Teacher:
    """The teacher in `path`: a run's or bundle's folder, or a .keras file.

    Raises:
        TrainError: if it is no model of digits.
    """
    ask = forward(load_digit_model(path))
    return lambda images: ask(tf.constant(images[..., None])).numpy()
