"""The float model's answers in a manifest: a string of decimal numbers, all of one width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def encode_predictions(predictions: NDArray[np.integer], classes: int) -> str:
    """Class numbers (N,) as a string; "0407" for 4 and 7 of eleven classes."""
    width = len(str(classes - 1))
    return "".join(f"{prediction:0{width}d}" for prediction in predictions.tolist())


def decode_predictions(text: object, count: int, classes: int) -> NDArray[np.intp] | None:
    """The class numbers of `count` images, (count,); None for what is no such string."""
    width = len(str(classes - 1))
    if (
        not isinstance(text, str)
        or len(text) != width * count
        or not text.isascii()
        or not (text.isdigit() or not text)
    ):
        return None
    digits = np.frombuffer(text.encode(), np.uint8).reshape(count, width).astype(np.intp) - ord("0")
    numbers = digits @ 10 ** np.arange(width - 1, -1, -1, dtype=np.intp)
    return numbers if not count or numbers.max() < classes else None
