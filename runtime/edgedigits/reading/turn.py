"""How is the page turned? Digits tell: they are named more surely the right way up."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.cut import cut

# Tried in this order; a sheet on a desk lies at any angle, a phone is held at quarter turns.
QUARTERS = (90, 180, 270)
ANGLES = (0, 15, -15, 30, -30, 45, -45, *QUARTERS)
SAMPLE = 24  # digits that are enough to tell
CONTENT = 0.88  # digits named this surely on average stand upright
MARGIN = 0.07  # how much surer they must be at another angle

Classify = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def page_angle(grey: NDArray[np.uint8], boxes: NDArray[np.float32], classify: Classify, sureness: float) -> int:
    """By how many degrees, clockwise, the picture must be turned for its digits to stand upright.

    Args:
        grey: uint8 (height, width).
        boxes: (N, 4) around digits, the surest first.
        classify: from images, uint8 (N, 28, 28), to probabilities, float32 (N, 10).
        sureness: how sure the digits' names are, on average, as the picture is.
    """
    if len(boxes) < 2 or sureness > CONTENT:
        return 0
    sample = boxes[:SAMPLE]
    # All angles at once: what cutting costs is mostly the call.
    angles = np.repeat(np.array(ANGLES, np.float32), len(sample))
    named = classify(cut(grey, np.tile(sample, (len(ANGLES), 1)), angles)).max(axis=1)
    sure = dict(zip(ANGLES, named.reshape(len(ANGLES), -1).mean(axis=1).tolist(), strict=True))
    best = max(sure, key=lambda angle: sure[angle])
    # Few digits are weak evidence: a six and a nine, turned round, are a nine and a six.
    return best if sure[best] > sure[0] + MARGIN * (1 + 3 / len(sample)) else 0


def turned(boxes: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    """Boxes, (N, 4), where they are after the picture has been turned clockwise by `angle` degrees."""
    if not angle:
        return boxes
    radians = np.deg2rad(angle)
    cosine, sine = float(np.cos(radians)), float(np.sin(radians))
    middle = (boxes[:, :2] + boxes[:, 2:] / 2) @ np.array([[cosine, sine], [-sine, cosine]], np.float32)
    size = boxes[:, 2:]
    if round(angle / 90) % 2:
        size = size[:, ::-1]
    return np.asarray(np.hstack([middle - size / 2, size]), np.float32)


def upright(grey: NDArray[np.uint8], quarters: int) -> NDArray[np.uint8]:
    """A picture turned clockwise by 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(grey, -quarters // 90))


def turned_back(boxes: NDArray[np.float32], quarters: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Boxes (N, 4) of the picture that `upright` makes of one of `size` (width, height), where they were on that."""
    x, y, width, height = boxes.T
    across, down = size
    if quarters == 90:
        return np.column_stack([y, down - x - width, height, width])
    if quarters == 180:
        return np.column_stack([across - x - width, down - y - height, width, height])
    return np.column_stack([across - y - height, x, height, width]) if quarters == 270 else boxes
