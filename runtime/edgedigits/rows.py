"""Reading order: which boxes stand in one row, and in what order a person would read the rows.

Nothing is assumed about the page but that neighbours in a row are nearer to each other's line than to another row's:
rows may slope, bend, and differ in size. A row is grown from left to right, and each next digit is looked for on the
line through the row's last few.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

# All in heights of a typical digit of the page or of the digits compared.
REACH = 4.5  # how far the next digit of a row may be away, edge to edge
OFFLINE = 0.55  # how far above or below the row's line its centre may lie
GUTTER = 2.5  # a gap this many times as wide as is usual in a row ends it: the next column begins
MEMORY = 4  # how many of a row's last digits say where its line goes on


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
    return _sort_rows(rows, across, down, sizes)


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
    for i in np.argsort(across, kind="stable"):
        best, fit = None, 1.0
        for row in rows:
            last = row[-1]
            size = min(float(sizes[i]), float(sizes[last]) * 1.25)
            gap = float(across[i] - across[last] - (widths[i] + widths[last]) / 2)
            if gap > REACH * size or gap < -0.6 * size:
                continue
            offset = abs(float(down[i]) - _expected(row, float(across[i]), across, down)) / (OFFLINE * size)
            score = offset + 0.1 * max(gap, 0.0) / size / REACH
            if score < fit:
                best, fit = row, score
        if best is None:
            rows.append([int(i)])
        else:
            best.append(int(i))
    return rows


def _expected(row: list[int], x: float, across: Floats, down: Floats) -> float:
    """Where the row's line is at `x`: through its last few digits, half-way between level and their trend."""
    recent = row[-MEMORY:]
    xs, ys = across[recent], down[recent]
    level = float(np.mean(ys)) if len(recent) > 1 else float(ys[-1])
    if len(recent) < 3:
        return level
    centered = xs - xs.mean()
    trend = float((centered * ys).sum() / max(float((centered**2).sum()), 1.0))
    return level + 0.7 * trend * (x - float(xs.mean()))


def _split_at_gutters(row: list[int], across: Floats, widths: Floats, typical: float) -> list[list[int]]:
    """Cut a row where a gap is far wider than its other gaps."""
    if len(row) < 3:
        return [row]
    gaps = np.diff(across[row]) - (widths[row[1:]] + widths[row[:-1]]) / 2
    usual = max(float(np.median(gaps)), 0.5 * typical)
    cuts = np.flatnonzero(gaps > max(GUTTER * usual, 2.5 * typical)) + 1
    return [list(part) for part in np.split(np.array(row), cuts)] if len(cuts) else [row]


def _sort_rows(rows: list[list[int]], across: Floats, down: Floats, sizes: Floats) -> list[list[int]]:
    """Top to bottom; rows beside each other on one line, left to right."""
    middles = np.array([float(np.mean(down[row])) for row in rows])
    lefts = np.array([float(across[row].min()) for row in rows])
    heights = np.array([float(np.mean(sizes[row])) for row in rows])
    order = list(np.argsort(middles, kind="stable"))
    lines: list[list[int]] = []
    for i in order:
        if lines and abs(middles[i] - middles[lines[-1][0]]) < OFFLINE * min(heights[i], heights[lines[-1][0]]):
            lines[-1].append(int(i))
        else:
            lines.append([int(i)])
    return [[int(k) for k in rows[i]] for line in lines for i in sorted(line, key=lambda i: lefts[i])]
