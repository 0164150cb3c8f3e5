"""Printed digits as pen strokes: what typefaces have in common, and where they differ.

They are drawn from lines and arcs here instead of from a font: a font's digits look otherwise with the next version of
OpenCV, and a few typefaces are soon known by heart.
"""

from collections.abc import Sequence
from functools import cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.glyphs import DIGIT, SIDE, Glyphs, field_of

Points = NDArray[np.float64]
# A digit is as high as 1; most are so wide.
WIDTH = 0.6


@cache  # every maker of pages asks for them
def printed_faces() -> tuple[Glyphs, ...]:
    """Typefaces, each with the ten digits: every mixture of the ways in which print draws 1 to 4, 6, 7 and 9."""
    return tuple(_face(*ways) for ways in product((False, True), repeat=4))


def _face(*ways: bool) -> Glyphs:
    fields, boxes = zip(*(field_of(_line(_strokes(digit, *ways))) for digit in range(10)), strict=True)
    return Glyphs(np.stack(fields), np.stack(boxes), np.arange(10, dtype=np.uint8))


def _line(strokes: Sequence[Points]) -> NDArray[np.bool_]:
    """Strokes in the unit square, y downwards, as a field's middle line."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    corner = np.array([(SIDE - WIDTH * DIGIT) / 2, (SIDE - DIGIT) / 2])
    for stroke in strokes:
        cv2.polylines(canvas, [(stroke * DIGIT + corner).round().astype(np.int32)], False, 1)
    return canvas > 0


def _strokes(digit: int, footed: bool, straight: bool, flat: bool, open_four: bool) -> list[Points]:
    """The middle lines of one digit of one typeface.

    Args:
        digit: 0 to 9.
        footed: whether a one stands on a foot.
        straight: whether the stems of 6 and 9 and the neck of the 2 are straight.
        flat: whether a 3 has a flat top and a 7 a bent stem.
        open_four: whether a 4 is open above.
    """
    if digit == 0:
        return [_arc(0.3, 0.5, 0.3, 0.5, 0, 360)]
    if digit == 1:
        return [_path((0.08, 0.22), (0.34, 0), (0.34, 1))] + ([_path((0.06, 1), (0.6, 1))] if footed else [])
    if digit == 2:
        neck = (0.5, 0.48) if straight else (0.42, 0.58)
        return [_arc(0.3, 0.28, 0.29, 0.28, 190, 390), _path((0.55, 0.42), neck, (0.01, 1), (0.6, 1))]
    if digit == 3:
        top = _path((0.03, 0), (0.55, 0), (0.24, 0.42)) if flat else _arc(0.28, 0.24, 0.26, 0.24, 190, 450)
        return [top, _arc(0.28, 0.72, 0.31, 0.28, 240 if flat else 270, 520)]
    if digit == 4:
        return [
            _path((0.3 if open_four else 0.45, 0), (0, 0.7), (0.62, 0.7)),
            _path((0.45, 0.3 * open_four), (0.45, 1)),
        ]
    if digit == 5:
        return [_path((0.54, 0), (0.11, 0), (0.06, 0.47)), _arc(0.28, 0.67, 0.31, 0.33, 222, 515)]
    if digit == 6:
        stem = _path((0.42, 0), (0.04, 0.58)) if straight else _arc(0.36, 0.5, 0.36, 0.5, 180, 305)
        return [_arc(0.3, 0.68, 0.3, 0.32, 0, 360), stem]
    if digit == 7:
        return [_path((0, 0), (0.6, 0)), _arc(0.9, 1.0, 0.72, 1.05, 180, 245) if flat else _path((0.6, 0), (0.18, 1))]
    if digit == 8:
        return [_arc(0.3, 0.25, 0.25, 0.25, 0, 360), _arc(0.3, 0.74, 0.3, 0.26, 0, 360)]
    return [np.array([WIDTH, 1]) - stroke for stroke in _strokes(6, footed, straight, flat, open_four)]


def _path(*points: tuple[float, float]) -> Points:
    return np.array(points, np.float64)


def _arc(x: float, y: float, across: float, down: float, start: float, stop: float) -> Points:
    """Part of an ellipse around (x, y), from `start` to `stop` degrees: 0 is to the right, 90 below."""
    angle = np.radians(np.linspace(start, stop, 40))
    return np.column_stack([x + across * np.cos(angle), y + down * np.sin(angle)])
