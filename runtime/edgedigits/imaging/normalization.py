"""From a picture of one digit to the image a model takes, prepared the way MNIST's digits were.

MNIST (LeCun et al., 1998, section III.A): the digit is scaled, aspect ratio kept, to fit 20x20 pixels, and placed in
a 28x28 field with its centre of mass in the middle. The middle is pixel 14, counted from 0 (not 13.5, between two
pixels): so the 55,000 training digits say, whose centres of mass are spread evenly over 13.5 to 14.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edgedigits.errors import PictureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 28
DIGIT_SIDE = 20
# The pixel that the centre of mass is put on, as nearly as whole pixels allow.
MIDDLE = SIDE // 2
# Less difference than this between paper and ink, in grey levels, is noise on an empty sheet.
MINIMUM_CONTRAST = 16
# Larger pictures are shrunk before anything is measured on them; the digit ends up 20 pixels high anyway.
WORKING_SIDE = 320
# Shrinking to at least this part needs no mean over areas: no pixel is passed over, and OpenCV does it in a tenth of
# the time.
SHORT = 0.66


def to_grey(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """A picture's grey levels, uint8 (height, width).

    Args:
        picture: uint8, grey (height, width), (height, width, 1), BGR (height, width, 3) or BGRA (height, width, 4).

    Raises:
        PictureError: if it is anything else.
    """
    array = np.asarray(picture)
    if array.dtype != np.uint8:
        raise PictureError(f"a picture must be uint8, this one is {array.dtype}; convert it first")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size and array.ndim == 2:
        return array
    if array.size and array.ndim == 3 and array.shape[2] in (3, 4):
        if array.shape[2] == 4:  # what is transparent shows white paper
            alpha = array[:, :, 3:].astype(np.float32) / 255
            array = (array[:, :, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
        return np.asarray(cv2.cvtColor(array, cv2.COLOR_BGR2GRAY), np.uint8)
    raise PictureError(f"a picture must be (height, width) or (height, width, 3), this one is {array.shape}")


def to_image(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn a picture of one digit into a model's input.

    Args:
        picture: uint8, any size, grey, BGR or BGRA, ink darker or lighter than the paper.

    Returns:
        uint8 (28, 28), 0 = paper, 255 = ink; all zero where the picture shows no ink.

    Raises:
        PictureError: if it is not a picture.
    """
    grey = to_grey(picture)
    return center(ink_of(shrunk(grey, WORKING_SIDE / max(grey.shape))))


def shrunk(grey: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """A picture, uint8 (height, width), `scale` times as large, where that is smaller; no pixel is passed over."""
    if scale >= 1:
        return grey
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    # By halves as far as they go: OpenCV halves at twenty times the speed at which it shrinks by other factors.
    while grey.shape[1] >= 2 * size[0] and grey.shape[0] >= 2 * size[1]:
        height, width = grey.shape[0] // 2, grey.shape[1] // 2
        half = cv2.resize(grey[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
        grey = np.asarray(half, np.uint8)
    short = min(size[0] / grey.shape[1], size[1] / grey.shape[0]) >= SHORT
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR if short else cv2.INTER_AREA), np.uint8)


def ink_of(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How much ink is at each pixel, 0 to 255, whether it is darker or lighter than the paper around the border."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    difference = grey.astype(np.int16) - int(np.median(border))
    darker, lighter = np.clip(-difference, 0, 255), np.clip(difference, 0, 255)
    ink = darker if np.square(darker.astype(np.int64)).sum() >= np.square(lighter.astype(np.int64)).sum() else lighter
    full = float(np.percentile(ink, 99.5)) if ink.size > 400 else float(ink.max())
    if max(full, float(ink.max()) / 2) < MINIMUM_CONTRAST:
        return np.zeros(grey.shape, np.uint8)
    full = max(full, float(ink.max()) / 2)
    floor = full / 8  # paper grain
    return np.asarray(np.clip((ink - floor) * (255 / (full - floor)), 0, 255), np.uint8)


def center(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale ink, uint8 (height, width), to 20x20 pixels and put its centre of mass on pixel 14 of 28x28."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    left, top, width, height = cv2.boundingRect(cv2.threshold(ink, 64, 255, cv2.THRESH_BINARY)[1])
    if not width:
        return image
    digit = ink[top : top + height, left : left + width]
    scale = DIGIT_SIDE / max(digit.shape)
    size = (max(1, round(digit.shape[1] * scale)), max(1, round(digit.shape[0] * scale)))
    digit = np.asarray(
        cv2.resize(digit, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8
    )
    if scale < 0.5:  # thin pens fade when they are shrunk; MNIST's ink is nearly black in the middle of a stroke
        digit = np.asarray(np.clip(digit * (255 / max(1.0, float(digit.max()))), 0, 255), np.uint8)
    height, width = digit.shape
    moments = cv2.moments(digit)
    mass = moments["m00"] or 1.0
    x = int(np.clip(round(MIDDLE - moments["m10"] / mass), 0, SIDE - width))
    y = int(np.clip(round(MIDDLE - moments["m01"] / mass), 0, SIDE - height))
    image[y : y + height, x : x + width] = digit
    return image
