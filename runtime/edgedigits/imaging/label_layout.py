"""Where each digit's label goes on a picture: beside its box, over no other label, and over no other digit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from edgedigits.page import Digit


FONT = cv2.FONT_HERSHEY_SIMPLEX
# A label's letters, where there is room: this much of its box's height, within these limits, in lines (see `place`).
SHARE, SMALLEST, LARGEST = 1 / 90, 0.35, 0.75


class Label(NamedTuple):
    """One digit's label.

    Attributes:
        text: the digit and, where there is room, its confidence.
        box: (x, y, width, height) in pixels, what the label covers.
        baseline: (x, y) where its text begins.
        scale: of FONT.
        thickness: of the letters' strokes, in pixels.
    """

    text: str
    box: tuple[int, int, int, int]
    baseline: tuple[int, int]
    scale: float
    thickness: int


def place(digits: Sequence[Digit], size: tuple[int, int], line: int) -> list[Label]:
    """A label for each digit, one after the other; where room is short, a smaller one, in the end the digit alone.

    Args:
        digits: what was read.
        size: the picture's (width, height) in pixels.
        line: how many pixels wide lines are drawn on this picture.
    """
    taken = np.zeros((2 * len(digits), 4), np.int64)  # left, top, right, bottom of every box, and of every label so far
    for i, digit in enumerate(digits):
        taken[i] = _corners(digit.box)
    labels: list[Label] = []
    for i, digit in enumerate(digits):
        others = np.delete(taken[: len(digits) + i], i, axis=0)
        best, least = None, np.inf
        for label in _candidates(digit, size, line):
            covered = _covered(label.box, others)
            if covered < least:
                best, least = label, covered
            if not covered:
                break
        assert best is not None
        labels.append(best)
        left, top, right, bottom = _corners(best.box)
        taken[len(digits) + i] = left - line, top, right + line, bottom  # labels that touch would look like one
    return labels


def _candidates(digit: Digit, size: tuple[int, int], line: int) -> Iterator[Label]:
    """The labels that a digit might have, the best first: above its box, below it, at last inside it."""
    x, y, _, height = digit.box
    roomy = round(float(np.clip(height * SHARE, SMALLEST * line, LARGEST * line)), 1)
    scales = list(dict.fromkeys((roomy, SMALLEST * line)))
    full, short = f"{digit.digit} {digit.confidence:.0%}", str(digit.digit)
    for text in (full, short):
        labels = [_written(text, scale, line) for scale in scales]
        yield from (_moved(label, x - line, y - label.box[3], size) for label in labels if y >= label.box[3])
        under = y + height + line
        yield from (_moved(label, x - line, under, size) for label in labels if under + label.box[3] <= size[1])
    covers_little = height > 4 * _written(full, roomy, line).box[3]
    yield _moved(_written(*(full, roomy) if covers_little else (short, scales[-1]), line), x + line, y + line, size)


@lru_cache(maxsize=4096)
def _written(text: str, scale: float, line: int) -> Label:
    """A label in the picture's corner; OpenCV takes longer to measure a text than to draw it."""
    thickness = max(1, round(scale * 1.5))
    (width, height), below = cv2.getTextSize(text, FONT, scale, thickness)
    return Label(text, (0, 0, width + 2 * line, height + below + 2 * line), (line, height + line), scale, thickness)


def _moved(label: Label, x: int, y: int, size: tuple[int, int]) -> Label:
    """The label with its corner at (x, y), or as near as the picture's sides allow."""
    (_, _, width, height), (left, baseline) = label.box, label.baseline
    x = max(0, min(x, size[0] - width))
    return label._replace(box=(x, y, width, height), baseline=(x + left, y + baseline))


def _corners(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    x, y, width, height = box
    return x, y, x + width, y + height


def _covered(box: tuple[int, int, int, int], others: NDArray[np.int64]) -> int:
    """How many pixels of others a box covers."""
    left, top, right, bottom = _corners(box)
    across = np.minimum(right, others[:, 2]) - np.maximum(left, others[:, 0])
    down = np.minimum(bottom, others[:, 3]) - np.maximum(top, others[:, 1])
    return int((np.maximum(across, 0) * np.maximum(down, 0)).sum())
