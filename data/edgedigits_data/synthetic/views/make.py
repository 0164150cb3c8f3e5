"""Views for training and whole pages, put together: what is written, on what, and how it is photographed."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.views import drawings, grids, layouts, marks
from edgedigits_data.synthetic.views.camera import Matrix, blurred, centred, lit, moved, needed, pose, recorded
from edgedigits_data.synthetic.views.canvas import Canvas, Mark, Mask
from edgedigits_data.synthetic.views.chance import Random, between, chance, generator, log_between, pick, whole_between
from edgedigits_data.synthetic.views.paper import Levels, beyond, desk, grain, sheet
from edgedigits_data.synthetic.views.sources import Sources
from edgedigits_data.synthetic.views.view import Page, View
from edgedigits_data.synthetic.views.writing import Scene

# What is drawn, how often, and how high digits are: from, to, as shares of a view's side.
Kind = Callable[[Scene], None]
KINDS: dict[str, tuple[Kind, float, float, float]] = {
    "numbers": (layouts.numbers, 10, 0.05, 0.5),
    "signs": (layouts.signs, 12, 0.05, 0.4),
    "equations": (layouts.equations, 8, 0.05, 0.4),
    "words": (layouts.words, 12, 0.055, 0.45),
    "mixed": (layouts.mixed, 12, 0.05, 0.3),
    "labels": (layouts.labels, 7, 0.05, 0.3),
    "puzzle": (grids.puzzle, 7, 0.05, 0.4),
    "table": (grids.table, 8, 0.05, 0.25),
    "comb": (grids.comb, 4, 0.05, 0.25),
    "cell": (grids.cell, 2, 0.25, 0.7),
    "ringed": (layouts.ringed, 6, 0.06, 0.3),
    "alone": (layouts.alone, 4, 0.3, 0.85),
    "scattered": (layouts.scattered, 6, 0.06, 0.3),
    "columns": (layouts.columns, 4, 0.05, 0.3),
    "flow": (drawings.flow, 4, 0.06, 0.2),
    "display": (drawings.display, 2, 0.08, 0.4),
    "clock": (drawings.clock, 1, 0.06, 0.15),
    "numerals": (layouts.numerals, 1.5, 0.06, 0.3),
    "turned": (layouts.turned, 2, 0.06, 0.3),
    "empty": (drawings.empty, 6, 0.06, 0.3),
}
_NAMES = tuple(KINDS)
_SHARES = np.cumsum([weight for _draw, weight, _low, _high in KINDS.values()])
_SHARES /= _SHARES[-1]
FILLS = ("alone", "cell")  # kinds whose digits fill the frame
LEAST_HEIGHT = 7.0  # pixels below which a digit is illegible
LEAST_INSIDE = 0.88  # the share of a character's box that must be in the picture
LEAST_RANGE = 11  # levels from the darkest to the lightest pixel of a digit that can be read


def make_view(sources: Sources, seed: int, index: int, side: int = 192, kind: str | None = None) -> View:
    """Draw the view `index` of the series `seed`: the same one each time.

    Args:
        sources: what it is drawn with.
        seed: the series.
        index: its place in the series, from 0.
        side: height and width in pixels.
        kind: one of KINDS; None draws one by its weight.
    """
    random = generator(seed, index)
    chosen = _NAMES[int(np.searchsorted(_SHARES, random.random(), side="right"))]
    chosen = kind or chosen
    draw, _weight, low, high = KINDS[chosen]
    size = side * log_between(random, low, high)
    fills = chosen in FILLS
    turned = pose(random, fills)
    length = needed(turned, side)
    canvas = Canvas(np.zeros((length, length), np.uint8))
    if chance(random, 0.22):
        marks.ruled(random, canvas, size * between(random, 0.5, 3))
    draw(Scene(random, sources, canvas, size, False, 0.0))
    if not fills:
        _stray(random, canvas, size)
        if chance(random, 0.08):
            marks.panels(random, canvas, size)
    matrix = centred(turned, (length, length), (side, side))
    levels, far = _exposed(random, sources, canvas, matrix, (side, side), chosen == "empty", size)
    image = recorded(random, blurred(random, lit(random, levels), size))
    return View(image, *_truth(canvas.marks, matrix, image, far))


def make_page(sources: Sources, seed: int, index: int, kind: str, size: tuple[int, int]) -> Page:
    """Draw a whole page of one kind, everything on it, with its rows as truth.

    Args:
        sources: what it is drawn with.
        seed: the series.
        index: its place in the series, from 0.
        kind: one of KINDS.
        size: width and height in pixels.
    """
    random = generator(seed, index)
    width, height = size
    draw, _weight, low, high = KINDS[kind]
    least = min(size)
    tall = least * log_between(random, max(0.4 * low, 12 / least), 0.35 * high if kind not in FILLS else high)
    canvas = Canvas(np.zeros((height, width), np.uint8))
    if chance(random, 0.22):
        marks.ruled(random, canvas, tall * between(random, 0.8, 3))
    draw(Scene(random, sources, canvas, tall, True, 0.06 * least))
    matrix = centred(pose(random, True), size, size)
    levels, _far = _exposed(random, sources, canvas, matrix, size, kind == "empty", tall, edges=False)
    image = recorded(random, blurred(random, lit(random, levels), tall))
    boxes, names, ignored, kept = _truth_of(canvas.marks, matrix, image, None)
    rows, row_of = _rows(kept, boxes, ignored)
    return Page(image, boxes, names, ignored, rows, row_of, kind)


def _stray(random: Random, canvas: Canvas, size: float) -> None:
    for _ in range(pick(random, (0, 0, 0, 0, 0, 0, 1, 1, 2, 4))):
        marks.stray(random, canvas, size)
    if chance(random, 0.06):
        marks.scribble(random, canvas, size)


def _exposed(
    random: Random,
    sources: Sources,
    canvas: Canvas,
    matrix: Matrix,
    size: tuple[int, int],
    bare: bool,
    tall: float,
    edges: bool = True,
) -> tuple[Levels, NDArray[np.bool_] | None]:
    """Ink on paper as levels, and where the desk hides it (None: nowhere)."""
    shape = (size[1], size[0])
    ink = cv2.warpPerspective(_textured(random, sources, canvas.ink, tall), matrix, size, flags=cv2.INTER_LINEAR)
    paper = desk(random, sources, shape) if chance(random, 0.65 if bare else 0.05) else sheet(random, sources, shape)
    if chance(random, 0.06):  # what is on the other side shines through
        behind = cv2.GaussianBlur(ink[:, ::-1], (0, 0), between(random, 0.8, 2.5))
        paper *= 1 - np.float32(between(random, 0.05, 0.2) / 255) * np.roll(
            behind, whole_between(random, 5, 40), axis=0
        )
    least = min(0.9, 20 / max(float(paper.mean()), 20.0))
    depth = between(random, max(0.2, least), 0.95) if chance(random, 0.6) else between(random, 0.6, 0.95)
    levels = paper * (1 - np.float32(depth / 255) * ink)
    if chance(random, 0.05):  # a band of light writing on dark, as tables have at their heads
        top = whole_between(random, 0, shape[0])
        band = levels[top : top + whole_between(random, int(1.2 * tall), int(4 * tall) + 1)]
        band[:] = (paper[:1].mean() * 1.1 - band).clip(10, 255)
    if not (edges and chance(random, 0.13)):
        return levels, None
    far = beyond(random, shape)
    cover = cv2.GaussianBlur(far.astype(np.float32), (0, 0), between(random, 0.4, 1.5))
    levels = levels + cover * (desk(random, sources, shape) - levels)
    return levels, far


def _textured(random: Random, sources: Sources, ink: Mask, tall: float) -> Mask:
    """Ink as a pencil, chalk or a dry pen leaves it; unchanged more often than not."""
    if not chance(random, 0.22) or tall < 14:
        return ink
    rough = grain(random, sources, (ink.shape[0], ink.shape[1]))
    amount, base = between(random, 0.5, 3.0), between(random, 0.6, 1.0)
    return np.asarray(cv2.convertScaleAbs(ink * np.clip(base + np.float32(amount) * (rough - 1), 0.15, 1)))


def _truth(
    drawn: list[Mark], matrix: Matrix, image: NDArray[np.uint8], far: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float32], NDArray[np.int16], NDArray[np.bool_]]:
    boxes, names, ignored, _kept = _truth_of(drawn, matrix, image, far)
    return boxes, names, ignored


def _truth_of(
    drawn: list[Mark], matrix: Matrix, image: NDArray[np.uint8], far: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float32], NDArray[np.int16], NDArray[np.bool_], list[Mark]]:
    """Boxes, names and ignored of the characters in the picture, and their marks."""
    height, width = image.shape
    boxes, names, ignored, kept = [], [], [], []
    for mark, (left, top, right, bottom) in zip(drawn, _extents(drawn, matrix), strict=True):
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if x0 >= x1 or y0 >= y1:
            continue
        inside = (x1 - x0) * (y1 - y0) / ((right - left) * (bottom - top))
        region = (slice(int(y0), int(np.ceil(y1))), slice(int(x0), int(np.ceil(x1))))
        hidden = 0.0 if far is None else float(far[region].mean())
        if hidden > 0.85:
            continue
        lost = mark.ignored or inside < LEAST_INSIDE or hidden > 0.02
        if mark.name < 10 and not lost:
            seen = image[region]
            lost = bottom - top < LEAST_HEIGHT or int(seen.max()) - int(seen.min()) < LEAST_RANGE
        boxes.append((left, top, right - left, bottom - top))
        names.append(mark.name)
        ignored.append(lost)
        kept.append(mark)
    return (
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(names, np.int16),
        np.array(ignored, bool),
        kept,
    )


def _extents(drawn: list[Mark], matrix: Matrix) -> list[list[float]]:
    """Left, top, right, bottom of each mark's ink in the picture."""
    if not drawn:
        return []
    starts = np.cumsum([0, *(len(mark.outline) for mark in drawn)])[:-1]
    points = moved(np.concatenate([mark.outline for mark in drawn]), matrix)
    low, high = np.minimum.reduceat(points, starts) - 0.5, np.maximum.reduceat(points, starts) + 0.5
    extents: list[list[float]] = np.hstack([low, high]).tolist()
    return extents


def _rows(
    kept: list[Mark], boxes: NDArray[np.float32], ignored: NDArray[np.bool_]
) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """The digits to be read by row, each from left to right, and the row of each character."""
    members: dict[int, list[int]] = {}
    for place, mark in enumerate(kept):
        if mark.name < 10 and mark.row >= 0 and not ignored[place]:
            members.setdefault(mark.row, []).append(place)
    row_of = np.full(len(kept), -1, np.int16)
    rows = []
    for number, row in enumerate(sorted(members)):
        row_of[members[row]] = number
        rows.append("".join(str(kept[place].name) for place in sorted(members[row], key=lambda p: float(boxes[p, 0]))))
    return tuple(rows), row_of
