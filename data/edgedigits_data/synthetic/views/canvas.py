"""A sheet that glyphs and lines are drawn on, and the record of what stands where."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[Any]  # uint8 (height, width), 0 = nothing, 255 = ink; OpenCV's types know no more
Points = NDArray[np.float32]  # (K, 2), x, y
INKED = 90  # a level from which a pixel counts as ink


@dataclass(frozen=True)
class Glyph:
    """A character as it is stamped.

    Attributes:
        mask: uint8 (height, width), ink.
        left, top: from the pen's place on the baseline to the mask's corner, in pixels.
        advance: how far the pen goes on.
        outline: float32 (K, 2), corners of the ink's convex hull in the mask's pixels.
    """

    mask: Mask
    left: float
    top: float
    advance: float
    outline: Points


@dataclass
class Mark:
    """A character on a canvas.

    Attributes:
        name: its place in CLASSES.
        outline: float32 (K, 2), corners of its ink's hull on the canvas.
        row: the row of the page it belongs to, -1 for none.
        ignored: whether nobody is punished for it.
    """

    name: int
    outline: Points
    row: int = -1
    ignored: bool = False

    def box(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the ink."""
        x, y = self.outline.min(axis=0)
        right, bottom = self.outline.max(axis=0)
        return float(x), float(y), float(right - x), float(bottom - y)


@dataclass
class Canvas:
    """Ink uint8 (height, width), and the marks on it. `rows` counts the rows begun."""

    ink: Mask
    marks: list[Mark] = field(default_factory=list)
    rows: int = 0

    @property
    def width(self) -> int:
        return int(self.ink.shape[1])

    @property
    def height(self) -> int:
        return int(self.ink.shape[0])

    def new_row(self) -> int:
        """The number of a row that begins."""
        self.rows += 1
        return self.rows - 1

    def stamp(self, glyph: Glyph, x: float, y: float, name: int, row: int = -1, strength: float = 1.0) -> Mark | None:
        """Draw a glyph with the pen at (x, y) on the baseline; None where it lies beyond the canvas."""
        left, top = round(x + glyph.left), round(y + glyph.top)
        height, width = glyph.mask.shape
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, self.width), min(top + height, self.height)
        if x0 >= x1 or y0 >= y1:
            return None
        part = glyph.mask[y0 - top : y1 - top, x0 - left : x1 - left]
        if strength < 1:
            part = cv2.convertScaleAbs(part, alpha=strength)
        region = self.ink[y0:y1, x0:x1]
        np.maximum(region, part, out=region)
        mark = Mark(name, glyph.outline + np.array((left, top), np.float32), row)
        self.marks.append(mark)
        return mark

    def line(self, points: NDArray[np.float64], thickness: float, strength: float = 1.0, closed: bool = False) -> None:
        """Draw a line through `points` (K, 2); one finer than a pixel is fainter."""
        level = 255 * strength * min(1.0, max(thickness, 0.3))
        draw_line(self.ink, points, max(1, round(thickness)), level, closed)


def draw_line(mask: Mask, points: NDArray[np.float64], thickness: int, level: float, closed: bool = False) -> None:
    """Draw an anti-aliased line at sixteenths of a pixel, never weaker than what it crosses."""
    xs, ys = points[:, 0], points[:, 1]
    reach = thickness + 2
    x0, y0 = max(int(xs.min()) - reach, 0), max(int(ys.min()) - reach, 0)
    x1, y1 = min(int(xs.max()) + reach, mask.shape[1]), min(int(ys.max()) + reach, mask.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    track = np.round((points - (x0, y0)) * 16).astype(np.int32)
    region = mask[y0:y1, x0:x1]
    drawn = np.zeros(region.shape, np.uint8)
    cv2.polylines(drawn, [track], closed, int(level), thickness, cv2.LINE_AA, 4)
    np.maximum(region, drawn, out=region)


def outline_of(mask: Mask) -> Points:
    """Corners of the convex hull of the ink, in the middles of its outer pixels; (0, 2) without ink."""
    inked = (mask >= INKED).view(np.uint8)
    if not inked.any():
        return np.zeros((0, 2), np.float32)
    corners = cv2.convexHull(cv2.findNonZero(inked))
    return corners[:, 0].astype(np.float32) + np.float32(0.5)
