"""What a reader found on a page against what stands there."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.heatmap.boxes import intersection, iou

LEAST_IOU = 0.4


@dataclass(frozen=True)
class Matches:
    """Found digits against true ones.

    Attributes:
        right: bool (N,), whether a found digit stands there and has that name.
        misread: bool (N,), whether a digit stands there, of another name.
        ignored: bool (N,), whether it is neither right nor wrong.
        missed: true digits at which none was found.
        iou: float32 (N,), of a found digit's box with the true one's; 0 where there is none.
    """

    right: NDArray[np.bool_]
    misread: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    missed: int
    iou: NDArray[np.float32]

    @property
    def false(self) -> NDArray[np.bool_]:
        """Which found digits stand where no digit is, bool (N,)."""
        return ~(self.right | self.misread | self.ignored)

    @property
    def errors(self) -> int:
        """Digits missed, misread and false."""
        return self.missed + int(self.misread.sum()) + int(self.false.sum())


def match(
    boxes: NDArray[np.float32],
    digits: NDArray[Any],
    true_boxes: NDArray[np.float32],
    true_names: NDArray[np.int16],
    ignored: NDArray[np.bool_],
) -> Matches:
    """Match found digits with true ones, one to one, the best overlap first.

    Args:
        boxes: float32 (N, 4), found.
        digits: (N,), their names, 0 to 9.
        true_boxes: float32 (M, 4), all characters of the page.
        true_names: int16 (M,), below 10 for digits.
        ignored: bool (M,), what is neither right nor wrong.
    """
    found = len(boxes)
    right, misread, overlap = np.zeros(found, bool), np.zeros(found, bool), np.zeros(found, np.float32)
    wanted = np.flatnonzero((true_names < 10) & ~ignored)
    shared = iou(boxes, true_boxes[wanted])
    taken: set[int] = set()
    for flat in np.argsort(-shared, axis=None, kind="stable"):
        i, j = divmod(int(flat), max(len(wanted), 1))
        if shared[i, j] < LEAST_IOU:
            break
        if overlap[i] or j in taken:
            continue
        taken.add(j)
        overlap[i] = shared[i, j]
        right[i] = digits[i] == true_names[wanted[j]]
        misread[i] = not right[i]
    neither = true_boxes[ignored]
    within = intersection(boxes, neither) / np.maximum(boxes[:, 2] * boxes[:, 3], 1e-6)[:, None]
    skipped = (within.max(axis=1, initial=0) > 0.3) & ~right & ~misread
    return Matches(right, misread, skipped, len(wanted) - len(taken), overlap)
