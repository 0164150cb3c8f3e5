"""Where might digits be, by contrast alone: connected pieces of ink of a plausible size and shape."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.imaging.normalization import shrunk

# A picture is looked at no larger than this; as the detector does at first.
WORKING_SIDE = 640
# How dark ink is, every third row says as well as all of them.
SAMPLED_ROWS = 3
# A digit's height, as a part of the picture's shorter side.
SMALLEST, LARGEST = 0.012, 0.9


def find_pieces(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Boxes around what might be digits.

    Args:
        grey: uint8 (height, width).

    Returns:
        float32 (N, 4), each (x, y, width, height) in pixels of `grey`.
    """
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    grey = shrunk(grey, scale)
    # Grana's algorithm (2010) takes a third of the time of OpenCV's own choice here.
    _, _, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(_strong_ink(grey), 8, cv2.CV_32S, cv2.CCL_GRANA)
    boxes, area = stats[1:, :4].astype(np.float32), stats[1:, cv2.CC_STAT_AREA]
    boxes = _of_one_size(boxes[_plausible(boxes, area, grey.shape)])
    return np.asarray(boxes / scale, np.float32)


def _strong_ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where a pixel is clearly darker than the paper around it."""
    side = max(15, min(grey.shape) // 8) | 1
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    # 255 times the part of the paper's light that is missing.
    lost = np.asarray(cv2.bitwise_not(cv2.divide(smooth, cv2.blur(smooth, (side, side)), scale=255)), np.uint8)
    # Ink is the rare and strong contrast: a share of the strongest there is, but well above the paper's grain.
    sample = lost[::SAMPLED_ROWS]
    share = np.cumsum(cv2.calcHist([sample], [0], None, [256], [0, 256])) / sample.size
    strongest, grain = np.searchsorted(share, [0.997, 0.75])
    threshold = max(0.35 * float(strongest), 3 * float(grain), 10.0)
    return np.asarray(cv2.threshold(lost, int(threshold), 1, cv2.THRESH_BINARY)[1], np.uint8)


def _plausible(boxes: NDArray[np.float32], area: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x, y, width, height = boxes.T
    side = min(shape)
    inside = (x > 0) & (y > 0) & (x + width < shape[1]) & (y + height < shape[0])
    sized = (height >= max(8, SMALLEST * side)) & (height <= LARGEST * side) & (width <= 1.8 * height)
    filled = area / np.maximum(width * height, 1)
    return np.asarray(inside & sized & (filled > 0.04) & ((filled < 0.75) | (width < 0.45 * height)), bool)


def _of_one_size(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Drop specks, and pieces that lie within another's box."""
    if len(boxes) < 2:
        return boxes
    heights = boxes[:, 3]
    large = heights[heights >= 0.4 * heights.max()]
    typical = float(np.median(large))
    boxes = boxes[(heights > 0.4 * typical) & (heights < 2.5 * typical)]
    left, top, right, bottom = (edge[:, None] for edge in np.vstack([boxes[:, :2].T, (boxes[:, :2] + boxes[:, 2:]).T]))
    within = (left >= left.T) & (top >= top.T) & (right <= right.T) & (bottom <= bottom.T)
    return np.asarray(boxes[within.sum(axis=1) == 1], np.float32)  # every box lies within itself
