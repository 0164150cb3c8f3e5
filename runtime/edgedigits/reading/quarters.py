"""Pages turned by a quarter or upside down."""

import numpy as np
from numpy.typing import NDArray

QUARTERS = (90, 180, 270)


def turned(grey: NDArray[np.uint8], quarter: int) -> NDArray[np.uint8]:
    """A picture turned clockwise by 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(grey, -quarter // 90))


def turned_back(boxes: NDArray[np.float32], quarter: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Boxes of a turned picture where they were before.

    Args:
        boxes: float32 (N, 4), in the picture that `turned` made.
        quarter: by how many degrees it was turned: 0, 90, 180 or 270.
        size: (width, height) of the picture before.
    """
    x, y, width, height = boxes.T
    across, down = size
    if quarter == 90:
        return np.column_stack([y, down - x - width, height, width])
    if quarter == 180:
        return np.column_stack([across - x - width, down - y - height, width, height])
    return np.column_stack([across - y - height, x, height, width]) if quarter == 270 else boxes
