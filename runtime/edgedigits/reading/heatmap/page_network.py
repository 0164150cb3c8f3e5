"""What goes into the page reader's network and what its output means; training, export and runtime agree on this.

The network is fully convolutional. Its input is one grey picture, prepared by `normalize`; its output has one cell for
each `STRIDE` x `STRIDE` pixels, with `CHANNELS` numbers each:

- channels 0 to 9: logits of the heat maps of the digits; a digit is a peak at its middle;
- `SMALL`: a logit, high where a digit stands that is smaller than `SMALLEST` pixels: enlarge the picture there;
- `OTHER`: a logit, the highest of the heat maps of letters and signs, which training has and a bundle joins into one;
- `BOX`: the box at a peak, each times `BOX_GAIN`: the middle's offset from the cell's middle in cells (x, y), and the
  natural logarithms of width and height as multiples of `BOX_UNIT` pixels.

After "Objects as Points" (Zhou, Wang and Kraehenbuehl, 2019, https://arxiv.org/abs/1904.07850).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 4
GRID = 16  # height and width of an input are multiples of the coarsest stride
DIGITS = slice(0, 10)
SMALL, OTHER = 10, 11
BOX = slice(12, 16)
CHANNELS = 16
BOX_UNIT = 16.0
BOX_GAIN = 4.0  # int8 has one scale for all channels: boxes are stretched to the range of logits

# A digit's larger side, in pixels: what the heat maps answer to. Between the ranges it may answer or not.
SMALLEST, LARGEST = 11.0, 56.0
NEVER_BELOW, NEVER_ABOVE = 8.0, 80.0

WINDOW = 65  # pixels; a digit and the paper around it
PAPER = 127  # the level that paper gets
FLOOR = 8  # levels added to the mean, so that the noise of black paper is not raised to ink


def normalize(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Divide grey levels by their local mean: shadows and vignetting go, strokes stay.

    Args:
        grey: uint8 (height, width).

    Returns:
        uint8 (height, width): round(127 * grey / (mean + 8)), at most 255, where the mean is that of a window of
        65 x 65 pixels around each one; beyond the border the picture goes on as its outermost pixels.
    """
    mean = cv2.blur(grey, (WINDOW, WINDOW), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.divide(grey, cv2.convertScaleAbs(mean, beta=FLOOR), scale=PAPER), np.uint8)
