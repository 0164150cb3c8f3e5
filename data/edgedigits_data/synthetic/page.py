"""Synthetic pages: photos of digits on paper whose truth is known exactly, any number of them from a seed.

A page is composed as a real one comes about: a sheet, something printed on it, digits and other things written with
pens, a desk below, light from somewhere, and a camera. Digits come from MNIST, thinned to pen strokes
(`pages_glyphs`); pages of test digits are for scoring, pages of training digits for training.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.camera import close_up, expose, light_map, on_desk
from edgedigits_data.synthetic.clutter import clutter, operator
from edgedigits_data.synthetic.faces import printed_faces
from edgedigits_data.synthetic.glyphs import Glyphs, draw
from edgedigits_data.synthetic.layout import LAYOUTS, Area, Layout, Slot
from edgedigits_data.synthetic.paper import PAPERS, Canvas, blend, make_desk, make_sheet, noise

Random = np.random.Generator
Mask = NDArray[np.uint8]

# BGR of what a pen leaves on white paper.
INKS = {
    "black": (38, 34, 34),
    "blue": (140, 70, 40),
    "dark blue": (80, 40, 30),
    "red": (50, 45, 190),
    "green": (60, 120, 40),
    "pencil": (105, 102, 100),
}
LAYOUT_ODDS = {
    "rows": 0.26, "tight": 0.10, "column": 0.07, "grid": 0.10, "scattered": 0.15, "single": 0.11, "expression": 0.11,
    "none": 0.10,
}  # fmt: skip
PAPER_ODDS = {"white": 0.36, "warm": 0.2, "yellow": 0.08, "grey": 0.13, "news": 0.09, "board": 0.09, "black": 0.05}


@dataclass(frozen=True)
class PageDigit:
    """One digit of a page: what it is, its (x, y, width, height) in the picture's pixels, and its row."""

    digit: int
    box: tuple[float, float, float, float]
    row: int


@dataclass(frozen=True)
class SyntheticPage:
    """A page and its truth.

    Attributes:
        picture: uint8 (height, width, 3), BGR.
        digits: all digits that are wholly in the picture, row by row in reading order.
        layout: what the digits were arranged as: a name of LAYOUT_ODDS.
        partial: boxes of digits that the picture's edge cuts: nobody is asked to find them, nor punished for it.
        turn: degrees by which the picture must be turned clockwise for its digits to stand upright.
    """

    picture: NDArray[np.uint8]
    digits: tuple[PageDigit, ...]
    layout: str
    partial: tuple[tuple[float, float, float, float], ...] = ()
    turn: int = 0

    @property
    def rows(self) -> list[str]:
        """The digits of each row."""
        return ["".join(str(digit.digit) for digit in row) for _, row in groupby(self.digits, lambda digit: digit.row)]


class Writer(NamedTuple):
    """How a hand, or a typeface, writes its digits on one page.

    Attributes:
        glyphs: the digits to choose from.
        pen: the stroke's width in pixels; of print, as a share of the digit's height.
        lean: how far a digit leans to the right, as a share of its height.
        narrow: its width as a share of what its glyph has.
        swing: how much the stroke's width changes along a digit: the standard deviation of its logarithm.
    """

    glyphs: Glyphs
    pen: float
    lean: float
    narrow: float
    swing: float


class PageMaker:
    """Makes pages out of some glyphs. Two makers of the same glyphs make the same page from the same seed."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self.faces = printed_faces()

    def page(self, seed: int, size: tuple[int, int], layout: str | None = None, turn: int = 0) -> SyntheticPage:
        """Make one page.

        Args:
            seed: decides everything else.
            size: the picture's (width, height) in pixels.
            layout: one of LAYOUT_ODDS; drawn from them where it is None.
            turn: 0, 90, 180 or 270: how far the picture must be turned clockwise to stand upright.
        """
        random = np.random.default_rng([seed, *size])
        flat = size if turn in (0, 180) else (size[1], size[0])
        page = self._upright(random, flat, layout or str(_draw_from(random, LAYOUT_ODDS)))
        return _turned(page, turn) if turn else page

    def pages(self, seed: int, count: int, size: tuple[int, int]) -> Iterator[SyntheticPage]:
        """`count` pages of one size, of any layout."""
        for i in range(count):
            yield self.page(seed * 1_000_003 + i, size)

    def _upright(self, random: Random, size: tuple[int, int], name: str) -> SyntheticPage:
        width, height = size
        desk = random.random() < 0.3
        if desk:
            aspect = random.choice([0.71, 1.0, 1.41]) * random.uniform(0.9, 1.1)
            side = np.sqrt(width * height) * random.uniform(0.85, 1.0)
            sheet_size = (round(side * np.sqrt(aspect)), round(side / np.sqrt(aspect)))
            area = (0.06 * sheet_size[0], 0.06 * sheet_size[1], 0.88 * sheet_size[0], 0.88 * sheet_size[1])
        else:
            sheet_size = (round(width * 1.4), round(height * 1.4))
            area = (0.2 * width + 0.05 * width, 0.2 * height + 0.05 * height, 0.9 * width, 0.9 * height)
        smallest = max(9.0, min(size) * 0.022)
        plan = LAYOUTS[name](random, area, smallest) if name != "none" else Layout("none", ())
        heights = [slot.height for slot in plan.slots]
        unit = float(np.median(heights)) if heights else min(size) * random.uniform(0.04, 0.25)
        kind = str(_draw_from(random, PAPER_ODDS))
        sheet = make_sheet(random, (sheet_size[1], sheet_size[0]), kind, unit)
        written = self._write(random, sheet, plan, area, unit, kind)
        turn = random.normal(0, 0.03)
        if desk and random.random() < 0.4:
            turn = random.uniform(-0.8, 0.8)
        view = (on_desk if desk else close_up)(random, sheet_size, size, turn)
        scene = _photograph(random, sheet, view, size, desk)
        blur = abs(random.normal(0, 0.022)) * unit if random.random() < 0.6 else 0.0
        picture = expose(random, scene, light_map(random, size, random.uniform(0.2, 1.0)), min(blur, 3.0) + 0.3)
        return _truth(picture, written, view, name)

    def _write(
        self, random: Random, sheet: Canvas, plan: Layout, area: Area, unit: float, paper: str
    ) -> list[tuple[int, int, NDArray[np.float32]]]:
        """Write everything of a plan onto a sheet; for each digit what it is, its row, and its outline (N, 2)."""
        shape = sheet.shape[:2]
        pen = _pen(random, unit, paper)
        hand, print_ = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        narrow = random.uniform(0.72, 1.08)
        swing = random.uniform(0.1, 0.5) if random.random() < 0.4 else 0.0
        writer = Writer(self.glyphs, pen, random.normal(0, 0.12), narrow, swing)
        face = self.faces[int(random.integers(len(self.faces)))]
        printer = Writer(face, random.uniform(0.06, 0.18), 0.0, narrow, 0.0)
        written = []
        for slot in plan.slots:
            digit, outline = _write_digit(random, *((print_, printer) if slot.printed else (hand, writer)), slot)
            if outline is not None:
                written.append((digit, slot.row, outline))
        if plan.grid:
            _draw_grid(random, print_, plan.grid, unit)
        for slot in plan.marks:
            operator(random, hand, slot, pen)
        _add_clutter(random, hand, print_, area, unit, pen, alone=plan.name == "none")
        _ink(random, sheet, hand, paper)
        if print_.any():
            level = 225 if paper == "black" else 30
            blend(sheet, print_.astype(np.float32) * (random.uniform(0.7, 0.95) / 255), np.full(3, level, np.float32))
        return written


def _draw_from(random: Random, odds: dict[str, float]) -> str:
    share = np.array(list(odds.values()))
    return str(random.choice(list(odds), p=share / share.sum()))


def _pen(random: Random, unit: float, paper: str) -> float:
    """A pen's width in pixels: from a hairline to a broad marker, chalk and board markers being broad."""
    low = 0.07 if paper in ("board", "black") else 0.028
    return float(unit * np.exp(random.uniform(np.log(low), np.log(0.17))))


def _write_digit(random: Random, mask: Mask, writer: Writer, slot: Slot) -> tuple[int, NDArray[np.float32] | None]:
    glyphs = writer.glyphs
    i = int(random.integers(len(glyphs.labels)))
    if slot.printed:
        angle, slant, aspect, pen = 0.0, 0.0, writer.narrow, slot.height * writer.pen
    else:
        angle, slant = slot.angle + random.normal(0, 0.06), writer.lean + random.normal(0, 0.08)
        aspect, pen = writer.narrow * random.uniform(0.88, 1.12), writer.pen * random.uniform(0.85, 1.15)
    swell = np.exp(random.normal(0, writer.swing, (3, 3))).astype(np.float32) if writer.swing else None
    cosine, sine = np.cos(angle), np.sin(angle)
    shape = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[aspect, -slant], [0, 1]])
    cover, middle = draw(glyphs.fields[i], glyphs.boxes[i], max(slot.height - pen, 3.0), pen, shape, swell)
    left, top = round(slot.x - middle[0]), round(slot.y - middle[1])
    height, width = cover.shape
    x, y = max(left, 0), max(top, 0)
    if top + height <= y or left + width <= x or y >= mask.shape[0] or x >= mask.shape[1]:
        return -1, None
    part = mask[y : top + height, x : left + width]
    ink = (cover * 255).astype(np.uint8)
    np.maximum(part, ink[y - top : y - top + part.shape[0], x - left : x - left + part.shape[1]], out=part)
    points = cv2.findNonZero((ink > 0.4 * ink.max()).astype(np.uint8))
    hull = cv2.convexHull(points).reshape(-1, 2).astype(np.float32) + np.array([left + 0.5, top + 0.5], np.float32)
    return int(glyphs.labels[i]), np.asarray(hull, np.float32)


def _draw_grid(random: Random, mask: Mask, grid: tuple[float, float, float, int], unit: float) -> None:
    left, top, cell, cells = grid
    thin = max(1, round(unit * random.uniform(0.02, 0.06)))
    thick = max(1, round(thin * random.uniform(1, 3)))
    for i in range(cells + 1):
        width = thick if i % 3 == 0 else thin
        for start, stop in (((0, i), (cells, i)), ((i, 0), (i, cells))):
            a = (round(left + start[0] * cell), round(top + start[1] * cell))
            b = (round(left + stop[0] * cell), round(top + stop[1] * cell))
            cv2.line(mask, a, b, 255, width, cv2.LINE_AA)


def _add_clutter(random: Random, hand: Mask, print_: Mask, area: Area, unit: float, pen: float, alone: bool) -> None:
    """Things that are no digits, mostly where they touch none; three at least where they are `alone`."""
    count = max(3 * alone, int(random.choice([0, 0, 0, 1, 1, 2, 3, 5])))
    kernel = np.ones((3, 3), np.uint8)
    taken = cv2.dilate(np.maximum(hand, print_), kernel, iterations=max(1, round(unit * 0.12)))
    for _ in range(count):
        extra = np.zeros_like(hand)
        clutter(random, extra, area, unit, pen * random.uniform(0.6, 1.2), alone)
        touching = cv2.countNonZero(cv2.bitwise_and(extra, taken))
        if touching == 0 or (touching < unit * max(pen, 1.5) * 2 and random.random() < 0.3):
            target = hand if random.random() < 0.7 else print_
            np.maximum(target, extra, out=target)


def _ink(random: Random, sheet: Canvas, mask: Mask, paper: str) -> None:
    """Lay the written mask onto the sheet with one pen's colour and texture."""
    cover = mask.astype(np.float32) / 255
    name = str(random.choice(list(INKS), p=[0.38, 0.22, 0.12, 0.07, 0.05, 0.16]))
    color = np.array(INKS[name], np.float32) * random.uniform(0.7, 1.3)
    density = random.uniform(0.72, 1.0)
    if paper == "black":  # chalk
        color = np.array([225, 228, 230], np.float32)
        cover *= np.clip(1 - 0.25 * noise(random, mask.shape, 1.5), 0, 1)
    elif name == "pencil" or random.random() < 0.15:
        density = random.uniform(0.35, 0.9)
        cover *= np.clip(1 - random.uniform(0.05, 0.4) * np.abs(noise(random, mask.shape, 1.3)), 0, 1)
    blend(sheet, cover * density, color)


def _photograph(random: Random, sheet: Canvas, view: NDArray[np.float64], size: tuple[int, int], desk: bool) -> Canvas:
    if not desk:
        border = cv2.BORDER_REPLICATE
        return np.asarray(cv2.warpPerspective(sheet, view, size, flags=cv2.INTER_LINEAR, borderMode=border), np.float32)
    below = make_desk(random, (size[1], size[0]))
    cover = cv2.warpPerspective(np.ones(sheet.shape[:2], np.float32), view, size, flags=cv2.INTER_LINEAR)
    if random.random() < 0.6:  # the sheet's own shadow
        depth = max(1.0, 0.008 * max(size))
        shade = cv2.GaussianBlur(cv2.resize(cover, (size[0] // 2, size[1] // 2)), (0, 0), depth)
        below *= 1 - random.uniform(0.1, 0.5) * cv2.resize(shade, size)[..., None]
    below += cover[..., None] * (cv2.warpPerspective(sheet, view, size, flags=cv2.INTER_LINEAR) - below)
    return below


def _truth(
    picture: NDArray[np.uint8],
    written: list[tuple[int, int, NDArray[np.float32]]],
    view: NDArray[np.float64],
    layout: str,
) -> SyntheticPage:
    height, width = picture.shape[:2]
    digits, partial = [], []
    for digit, row, outline in written:
        points = cv2.perspectiveTransform(outline[None], view)[0]
        (x, y), (right, bottom) = points.min(axis=0), points.max(axis=0)
        box = (float(x), float(y), float(right - x), float(bottom - y))
        if x >= 0 and y >= 0 and right <= width and bottom <= height:
            digits.append(PageDigit(digit, box, row))
        elif right > 0 and bottom > 0 and x < width and y < height:
            partial.append(box)
    rows = {row: i for i, row in enumerate(sorted({digit.row for digit in digits}))}
    digits = [PageDigit(d.digit, d.box, rows[d.row]) for d in digits]
    return SyntheticPage(picture, tuple(digits), layout, tuple(partial))


def _turned(page: SyntheticPage, turn: int) -> SyntheticPage:
    """The page as a camera held wrongly sees it: turning it clockwise by `turn` degrees puts it upright."""
    height, width = page.picture.shape[:2]

    def place(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        x, y, w, h = box
        if turn == 90:
            return (y, width - x - w, h, w)
        if turn == 180:
            return (width - x - w, height - y - h, w, h)
        return (height - y - h, x, h, w)

    picture = np.ascontiguousarray(np.rot90(page.picture, turn // 90))
    digits = tuple(PageDigit(d.digit, place(d.box), d.row) for d in page.digits)
    return SyntheticPage(picture, digits, page.layout, tuple(place(b) for b in page.partial), turn)


__all__ = ["INKS", "LAYOUT_ODDS", "PAPERS", "PageDigit", "PageMaker", "SyntheticPage"]
