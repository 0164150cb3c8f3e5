"""What a detector answers where the truth is known: the form in which its artifacts are held against the float model.

Each digit is a question (which one is here?), and so is each picture (is anything else found on it?), so that accuracy,
drop and agreement mean for a detector what they mean for a classifier.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.detector import Found, overlaps

# Answers beside the digits 0 to 9: nothing is found at a digit's place; nothing, or something, is found elsewhere.
MISSED, CLEAN, CLUTTERED = 10, 11, 12
SURE = 0.5  # a lower score finds nothing
SAME = 0.5  # a box that shares less of the union with a digit's is somewhere else

Boxes = NDArray[np.float32]  # (N, 4), each (x, y, width, height)
Answers = NDArray[np.uint8]


def answers(
    find: Callable[[NDArray[np.uint8]], Found],
    images: NDArray[np.uint8],
    asked: Sequence[Boxes],
    ignored: Sequence[Boxes],
) -> Answers:
    """What a detector says of images.

    Args:
        find: the detector.
        images: uint8 (N, height, width).
        asked: for each image where its digits are.
        ignored: for each image where things are that may be found or not, as digits that the edge cuts.

    Returns:
        uint8 (M,): image by image, each digit's name or MISSED, then CLEAN or CLUTTERED; `right_answers` in its form.
    """
    said: list[int] = []
    for image, digits, others in zip(images, asked, ignored, strict=True):
        found = find(image)
        found = found.take(found.scores >= SURE)
        names = found.digits.argmax(axis=1)
        shared = overlaps(digits, found.boxes)
        said += [int(names[row.argmax()]) if row.max(initial=0) >= SAME else MISSED for row in shared]
        known = np.concatenate([digits, others])
        elsewhere = overlaps(known, found.boxes).max(axis=0, initial=0) < 0.5 * SAME
        said.append(CLUTTERED if elsewhere.any() else CLEAN)
    return np.array(said, np.uint8)


def right_answers(names: Sequence[NDArray[np.uint8]]) -> Answers:
    """What a perfect detector says of images whose digits have these names."""
    return np.concatenate([np.append(digits, CLEAN).astype(np.uint8) for digits in names])
