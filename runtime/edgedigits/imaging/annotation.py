"""Draws what was read onto the picture: readable on any background, from a thumbnail to a phone's photo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.imaging.label_layout import FONT, Label, place

if TYPE_CHECKING:
    from edgedigits.page import Digit

# BGR, from sure to doubtful; white letters on each have a contrast of 4.5 or more (WCAG 2.1, AA).
COLORS = [(0.9, (30, 130, 10)), (0.6, (0, 90, 185)), (0.0, (40, 40, 210))]


def draw_digits(picture: NDArray[Any], digits: Sequence[Digit]) -> NDArray[np.uint8]:
    """A copy of the picture, uint8 BGR (height, width, 3), with a box, the digit and its confidence for each digit.

    Args:
        picture: uint8, grey, BGR or BGRA: what was read.
        digits: what was found on it.
    """
    if picture.ndim == 2 or picture.shape[2] == 1:
        canvas = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    else:
        canvas = np.ascontiguousarray(picture[:, :, :3]).copy()
    line = max(1, round(max(canvas.shape[:2]) / 700))
    for digit in digits:
        _draw_box(canvas, digit, line)
    labels = place(digits, (canvas.shape[1], canvas.shape[0]), line)
    for digit, label in zip(digits, labels, strict=True):  # above every box, so that no box crosses a label
        _draw_label(canvas, label, color_of(digit.confidence))
    return np.asarray(canvas, np.uint8)


def color_of(confidence: float) -> tuple[int, int, int]:
    """The BGR colour that stands for a confidence."""
    return next(color for least, color in COLORS if confidence >= least)


def _draw_box(canvas: NDArray[Any], digit: Digit, line: int) -> None:
    x, y, width, height = digit.box
    corners = (x, y), (x + width, y + height)
    cv2.rectangle(canvas, *corners, (255, 255, 255), line + 2)  # a rim that dark backgrounds need
    cv2.rectangle(canvas, *corners, color_of(digit.confidence), line)


def _draw_label(canvas: NDArray[Any], label: Label, color: tuple[int, int, int]) -> None:
    x, y, width, height = label.box
    cv2.rectangle(canvas, (x, y), (x + width - 1, y + height - 1), color, cv2.FILLED)
    white = (255, 255, 255)
    cv2.putText(canvas, label.text, label.baseline, FONT, label.scale, white, label.thickness, cv2.LINE_AA)
