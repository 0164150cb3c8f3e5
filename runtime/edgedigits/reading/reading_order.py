"""Reading order: which boxes stand in one row, and in what order a person would read the rows.

Nothing is assumed about the page but that neighbours in a row are nearer to each other's line than to another row's:
rows may slope, bend, and differ in size. A row is grown from left to right, and each next digit is looked for on the
line through the row's last few. Blocks of rows that stand beside each other are read one after the other; where their
rows lie on common lines they are a table, which is read line by line.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

# All in heights of a typical digit of the page or of the digits compared.
REACH = 4.5  # how far the next digit of a row may be away, edge to edge
OFFLINE = 0.55  # how far above or below the row's line its centre may lie
GUTTER = 2.5  # a gap this many times as wide as is usual in a row ends it: the next column begins
BLOCKS = 1.5  # a free strip at least this wide stands between blocks of rows
MEMORY = 4  # how many of a row's last digits say where its line goes on


class _Row(NamedTuple):
    boxes: list[int]
    left: float
    right: float
    middle: float
    height: float

    def in_line_with(self, other: "_Row") -> bool:
        return abs(self.middle - other.middle) < OFFLINE * min(self.height, other.height)


def _row(boxes: list[int], across: Floats, down: Floats, widths: Floats, sizes: Floats) -> _Row:
    left, right = across[boxes] - widths[boxes] / 2, across[boxes] + widths[boxes] / 2
    middle, height = float(down[boxes].mean()), float(sizes[boxes].mean())
    return _Row([int(i) for i in boxes], float(left.min()), float(right.max()), middle, height)


def reading_order(boxes: Floats, slope: float | None = None) -> list[list[int]]:
    """Arrange boxes into rows.

    Args:
        boxes: (N, 4), each (x, y, width, height).
        slope: how far a row falls for each pixel to the right, where it is known.

    Returns:
        for each row, top to bottom, the indices of its boxes, left to right. Every index occurs once.
    """
    if not len(boxes):
        return []
    centers = boxes[:, :2] + boxes[:, 2:] / 2
    heights = np.maximum(boxes[:, 3], 1.0)
    typical = float(np.median(heights))
    # A one is narrow and a dash is flat: neither says much about the size of the writing.
    sizes = np.clip(heights, 0.6 * typical, 1.6 * typical)
    slope = page_slope(centers, sizes) if slope is None else slope
    across = centers[:, 0] + slope * centers[:, 1]
    down = centers[:, 1] - slope * centers[:, 0]
    rows = _grow(across, down, boxes[:, 2], sizes)
    rows = [part for row in rows for part in _split_at_gutters(row, across, boxes[:, 2], typical)]
    found = _in_order([_row(row, across, down, boxes[:, 2], sizes) for row in rows])
    if all(row.in_line_with(other) for row in found for other in found):
        # A page of one line has one row, however wide the gaps are that signs or spaces leave.
        return [[i for row in found for i in row.boxes]]
    return [row.boxes for row in found]


def page_slope(centers: Floats, sizes: Floats) -> float:
    """The slope that most pairs of near neighbours agree on, between -0.7 and 0.7; 0 for fewer than three boxes."""
    if len(centers) < 3:
        return 0.0
    step = centers[None] - centers[:, None]
    scale = np.minimum(sizes[None], sizes[:, None])
    near = (step[..., 0] > 0.3 * scale) & (np.hypot(step[..., 0], step[..., 1]) < REACH * scale)
    near &= np.abs(step[..., 1]) < 0.7 * step[..., 0]
    if not near.any():
        return 0.0
    slopes = step[..., 1][near] / step[..., 0][near]
    weights = 1 / np.hypot(step[..., 0][near] / scale[near], 1.0)
    candidates = np.linspace(-0.7, 0.7, 57)
    # A triangular vote, a little in favour of level rows: two digits of unlike height are no evidence of a slope.
    votes = (np.clip(1 - np.abs(slopes[None] - candidates[:, None]) / 0.12, 0, 1) * weights).sum(axis=1)
    votes *= 1 - 0.25 * np.abs(candidates)
    best = candidates[int(votes.argmax())]
    if votes.max() < 1.15 * votes[len(votes) // 2]:
        best = 0.0
    agreeing = np.abs(slopes - best) < 0.12
    return float(np.average(slopes[agreeing], weights=weights[agreeing])) if agreeing.any() else float(best)


def _grow(across: Floats, down: Floats, widths: Floats, sizes: Floats) -> list[list[int]]:
    """Grow rows from left to right: each box joins the row whose line it continues best, or starts one."""
    rows: list[list[int]] = []
    # Python's own numbers: of a few at a time numpy takes twenty times as long.
    xs, ys, wide, tall = (values.tolist() for values in (across, down, widths, sizes))
    for i in np.argsort(across, kind="stable").tolist():
        best, fit = None, 1.0
        for row in rows:
            last = row[-1]
            size = min(tall[i], tall[last] * 1.25)
            gap = xs[i] - xs[last] - (wide[i] + wide[last]) / 2
            if gap > REACH * size or gap < -0.6 * size:
                continue
            offset = abs(ys[i] - _expected(row, xs[i], xs, ys)) / (OFFLINE * size)
            score = offset + 0.1 * max(gap, 0.0) / size / REACH
            if score < fit:
                best, fit = row, score
        if best is None:
            rows.append([i])
        else:
            best.append(i)
    return rows


def _expected(row: list[int], x: float, across: list[float], down: list[float]) -> float:
    """Where the row's line is at `x`: through its last few digits, half-way between level and their trend."""
    xs, ys = [across[i] for i in row[-MEMORY:]], [down[i] for i in row[-MEMORY:]]
    level, middle = sum(ys) / len(ys), sum(xs) / len(xs)
    if len(xs) < 3:
        return level
    spread = sum((at - middle) ** 2 for at in xs)
    trend = sum((at - middle) * y for at, y in zip(xs, ys, strict=True)) / max(spread, 1.0)
    return level + 0.7 * trend * (x - middle)


def _split_at_gutters(row: list[int], across: Floats, widths: Floats, typical: float) -> list[list[int]]:
    """Cut a row where a gap is far wider than its other gaps."""
    if len(row) < 3:
        return [row]
    gaps = np.diff(across[row]) - (widths[row[1:]] + widths[row[:-1]]) / 2
    usual = max(float(np.median(gaps)), 0.5 * typical)
    cuts = np.flatnonzero(gaps > max(GUTTER * usual, 2.5 * typical)) + 1
    return [list(part) for part in np.split(np.array(row), cuts)] if len(cuts) else [row]


def _in_order(rows: list[_Row]) -> list[_Row]:
    """Blocks beside each other one after the other, all else line by line; after Nagy and Seth's XY-cut, 1984."""
    for cut in (_beside, _below):
        if len(rows) >= 4 and (parts := cut(rows)):
            return _in_order(parts[0]) + _in_order(parts[1])
    return _line_by_line(rows)


def _beside(rows: list[_Row]) -> tuple[list[_Row], list[_Row]] | None:
    """Two blocks with a free strip between them, whose lines are not each other's; None where there are none."""
    rows = sorted(rows, key=lambda row: row.left)
    reached = np.maximum.accumulate([row.right for row in rows])
    gaps = np.array([row.left for row in rows[1:]]) - reached[:-1]
    typical = float(np.median([row.height for row in rows]))
    for i in np.argsort(-gaps, kind="stable"):
        if gaps[i] < BLOCKS * typical:
            return None
        left, right = rows[: i + 1], rows[i + 1 :]
        if min(len(left), len(right)) >= 2 and not _of_one_table(left, right):
            return left, right
    return None


def _of_one_table(left: list[_Row], right: list[_Row]) -> bool:
    """Whether most rows of the shorter block go on in the other one, or the two are not beside each other at all."""
    fewer, more = sorted((left, right), key=len)
    top, bottom = min(row.middle for row in more), max(row.middle for row in more)
    among = [row for row in fewer if top - row.height <= row.middle <= bottom + row.height]
    going_on = sum(any(row.in_line_with(other) for other in more) for row in among)
    return len(among) < 2 or going_on > 0.6 * len(among)


def _below(rows: list[_Row]) -> tuple[list[_Row], list[_Row]] | None:
    """What stands above and below the widest free strip across the page; None where there is none."""
    rows = sorted(rows, key=lambda row: row.middle)
    reached = np.maximum.accumulate([row.middle + row.height / 2 for row in rows])
    gaps = np.array([row.middle - row.height / 2 for row in rows[1:]]) - reached[:-1]
    i = int(gaps.argmax())
    return (rows[: i + 1], rows[i + 1 :]) if gaps[i] > float(np.median([row.height for row in rows])) else None


def _line_by_line(rows: list[_Row]) -> list[_Row]:
    """Top to bottom; rows beside each other on one line, left to right."""
    lines: list[list[_Row]] = []
    for row in sorted(rows, key=lambda row: row.middle):
        if lines and row.in_line_with(lines[-1][0]):
            lines[-1].append(row)
        else:
            lines.append([row])
    return [row for line in lines for row in sorted(line, key=lambda row: row.left)]
