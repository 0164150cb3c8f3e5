"""What the network of `surroundings` is asked where the truth is known, to hold its artifacts against the float model.

Each piece of ink is a question: which digit is this, if any? So accuracy, drop and agreement mean for it what they mean
for a classifier.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.contours import find_pieces
from edgedigits.reading.detector import overlaps
from edgedigits.reading.surroundings import SIDE, Statement, surroundings

# The answer beside the digits 0 to 9.
NO_DIGIT = 10
# A piece of ink that shares so much of the union with a digit's box is that digit; with less than APART it is another
# thing, and in between nobody can tell.
SAME, APART = 0.5, 0.1

Boxes = NDArray[np.float32]  # (N, 4), each (x, y, width, height)
Answers = NDArray[np.uint8]


def finds_of(
    views: Iterable[tuple[NDArray[np.uint8], Boxes, Answers, Boxes]],
) -> tuple[NDArray[np.uint8], Answers]:
    """The pieces of ink on pictures, each with what stands around it, and what they are.

    Args:
        views: pictures, uint8 (height, width), each with the places of its digits, their names, and the places of what
            is not asked about, as digits that the edge cuts.

    Returns:
        uint8 (N, 32, 32), and uint8 (N,), 0 to 9 or NO_DIGIT.
    """
    images, names = [np.empty((0, SIDE, SIDE), np.uint8)], [np.empty(0, np.uint8)]
    for picture, places, digits, ignored in views:
        pieces = find_pieces(picture)
        shared = overlaps(np.concatenate([places, ignored]), pieces)
        same = shared[: len(places)] > SAME
        asked = same.any(axis=0) | (shared < APART).all(axis=0)
        name = np.full(len(pieces), NO_DIGIT, np.uint8)
        for digit, where in zip(digits, same, strict=True):
            name[where] = digit
        images.append(surroundings(picture, pieces[asked]))
        names.append(name[asked])
    return np.concatenate(images), np.concatenate(names)


def answers(said: Statement) -> Answers:
    """Which digit each is, 0 to 9, or NO_DIGIT, uint8 (N,)."""
    return np.where(said.sure > 0, said.digits.argmax(axis=1), NO_DIGIT).astype(np.uint8)
