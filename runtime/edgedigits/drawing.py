"""Draws what was read onto the picture: readable on any background, from a thumbnail to a phone's photo."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.page import Digit, Page

# BGR, from sure to doubtful.
COLORS = [(0.9, (60, 160, 20)), (0.6, (0, 140, 235)), (0.0, (40, 40, 210))]
FONT = cv2.FONT_HERSHEY_SIMPLEX


def annotate(picture: NDArray[Any], page: Page) -> NDArray[np.uint8]:
    """A copy of the picture, uint8 BGR (height, width, 3), with a box, the digit and its confidence for each digit.

    Args:
        picture: uint8, grey, BGR or BGRA: what `page` was read from.
        page: what was read.
    """
    if picture.ndim == 2 or picture.shape[2] == 1:
        canvas = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    else:
        canvas = np.ascontiguousarray(picture[:, :, :3]).copy()
    line = max(1, round(max(canvas.shape[:2]) / 700))
    for digit in page.digits:
        _draw_box(canvas, digit, line)
    for digit in page.digits:  # above every box, so that no box crosses a label
        _draw_label(canvas, digit, line)
    return np.asarray(canvas, np.uint8)


def color_of(confidence: float) -> tuple[int, int, int]:
    """The BGR colour that stands for a confidence."""
    return next(color for least, color in COLORS if confidence >= least)


def _draw_box(canvas: NDArray[Any], digit: Digit, line: int) -> None:
    x, y, width, height = digit.box
    corners = (x, y), (x + width, y + height)
    cv2.rectangle(canvas, *corners, (255, 255, 255), line + 2)  # a rim that dark backgrounds need
    cv2.rectangle(canvas, *corners, color_of(digit.confidence), line)


def _draw_label(canvas: NDArray[Any], digit: Digit, line: int) -> None:
    x, y, _, height = digit.box
    text = f"{digit.digit} {digit.confidence:.0%}"
    scale = float(np.clip(height / 90, 0.35 * line, 0.75 * line))
    if height < 32 * line:  # a hundred small digits: the percentages would cover the neighbours
        text = str(digit.digit)
    thickness = max(1, round(scale * 1.5))
    (wide, tall), below = cv2.getTextSize(text, FONT, scale, thickness)
    pad = max(1, line)
    left = int(np.clip(x - pad, 0, max(0, canvas.shape[1] - wide - 2 * pad)))
    top = y - tall - below - 2 * pad
    if top < 0:
        top = min(y + height + pad, max(0, canvas.shape[0] - tall - below - 2 * pad))
    right, bottom = left + wide + 2 * pad, top + tall + below + pad
    cv2.rectangle(canvas, (left, top), (right, bottom), color_of(digit.confidence), cv2.FILLED)
    cv2.putText(canvas, text, (left + pad, top + tall + pad), FONT, scale, (255, 255, 255), thickness, cv2.LINE_AA)
