"""Labels as people save them into class numbers: numbers, names, one-hot rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.user_sets.found import Part, Problems


def class_names(parts: Sequence[Part]) -> tuple[str, ...]:
    """The names that the labels use, in alphabetical order as Keras numbers folders; () where labels are numbers."""
    names: set[str] = set()
    for part in parts:
        if part.labels is not None and part.labels.dtype.kind in "US":
            names.update(part.labels.astype(str).tolist())
    return tuple(sorted(names))


def class_numbers(
    part: Part, names: Sequence[str], count: int | None, problems: Problems, notes: list[str]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The class of each image of a part, and whether its label is one.

    Args:
        part: as it was read.
        names: the classes' names in the order of their numbers; () where only numbers are known.
        count: how many classes there are, if it is known.
        problems: gets wrong labels.
        notes: gets a line about what was done.

    Returns:
        uint8 (N,), or uint16 for more than 256 classes; 0 where there are no labels or a label is wrong; and bool (N,).

    Raises:
        DataError: if there is not one label an image.
    """
    total = len(part.images)
    dtype = np.uint8 if (count or 0) <= 256 else np.uint16
    if part.labels is None:
        return np.zeros(total, dtype), np.ones(total, bool)
    labels = part.labels
    if labels.ndim == 2:
        labels = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(axis=1)
    if labels.shape != (total,) or labels.dtype.kind not in "iufbUS":
        raise DataError(
            f"{part.path} has {total} images and labels {part.labels.dtype} {part.labels.shape}; give one an image"
        )
    if labels.dtype.kind in "US":
        known = {name: number for number, name in enumerate(names)}
        numbers = np.array([known.get(name, -1) for name in labels.astype(str).tolist()], np.int64)
    else:
        numbers = labels.astype(np.int64) if np.isfinite(labels).all() else np.full(total, -1)
        numbers[numbers != labels] = -1
        if count and total and numbers.min() == 1 and numbers.max() == count:
            notes.append(f"{part.path} counts its classes from 1; 1 was subtracted")
            numbers = numbers - 1
    most = count if count is not None else max(int(numbers.max(initial=0)) + 1, 2)
    kept = (numbers >= 0) & (numbers < most)
    for i in np.flatnonzero(~kept).tolist():
        shown = ", ".join(names[:3]) + ", ..." if names and labels.dtype.kind in "US" else f"0 to {most - 1}"
        problems.add(f"{part.path}: image {i} has the label {labels[i]}, which is not {shown}")
    return np.where(kept, numbers, 0).astype(np.uint8 if most <= 256 else np.uint16), kept
