"""Boxes as arrays (N, 4) of x, y, width, height: intersection over union, coverage, non-maximum suppression."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


def intersection(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """The area that each box of `a` shares with each box of `b`, float32 (len(a), len(b))."""
    start = np.maximum(a[:, None, :2], b[None, :, :2])
    stop = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    return np.asarray(np.prod(np.maximum(stop - start, 0), axis=-1), np.float32)


def area(boxes: Boxes) -> NDArray[np.float32]:
    """Each box's area, float32 (N,)."""
    return np.asarray(boxes[:, 2] * boxes[:, 3], np.float32)


def iou(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Intersection over union of each box of `a` with each of `b`, float32 (len(a), len(b)), 0 to 1."""
    both = intersection(a, b)
    return np.asarray(both / np.maximum(area(a)[:, None] + area(b)[None] - both, 1e-6), np.float32)


def coverage(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """The share of the smaller box of each pair that the other one covers, float32 (len(a), len(b)), 0 to 1."""
    smaller = np.minimum(area(a)[:, None], area(b)[None])
    return np.asarray(intersection(a, b) / np.maximum(smaller, 1e-6), np.float32)


def non_maximum_suppression(same: NDArray[np.bool_], scores: NDArray[Any]) -> NDArray[np.intp]:
    """Keep, of boxes that are the same object, the one with the highest score.

    Args:
        same: bool (N, N), which two boxes stand for one object.
        scores: (N,).

    Returns:
        the indices of what is kept, the highest score first.
    """
    order = np.argsort(-scores, kind="stable")
    free = np.ones(len(scores), bool)
    kept = []
    for index in order:
        if free[index]:
            kept.append(index)
            free[same[index]] = False
    return np.array(kept, np.intp)
