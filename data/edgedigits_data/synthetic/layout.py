"""Where digits stand on a sheet: rows, columns, grids, scattered numbers, one alone."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Area = tuple[float, float, float, float]  # x, y, width, height
Random = np.random.Generator


@dataclass(frozen=True)
class Slot:
    """A place for one digit.

    Attributes:
        x, y: the digit's middle, in the sheet's pixels.
        height: its height in pixels.
        row: which of the page's rows it belongs to, in reading order.
        angle: its rotation in radians, clockwise.
        printed: whether it is print rather than handwriting.
    """

    x: float
    y: float
    height: float
    row: int
    angle: float = 0.0
    printed: bool = False


@dataclass(frozen=True)
class Layout:
    """All places on a sheet. `marks` are places for operators; `grid`, if any, is (x, y, cell size, cells)."""

    name: str
    slots: tuple[Slot, ...]
    marks: tuple[Slot, ...] = ()
    grid: tuple[float, float, float, int] | None = None


def rows_layout(random: Random, area: Area, smallest: float) -> Layout:
    """A few rows of digits, evenly or wildly spaced, level or sloping, now and then bent."""
    x, y, width, height = area
    count = int(random.choice([1, 1, 2, 2, 3, 4, 5, 6, 8, 10]))
    longest = int(random.integers(2, 13))
    pitch = random.uniform(0.75, 1.2) if random.random() < 0.6 else random.uniform(1.2, 3.0)
    leading = random.uniform(1.35, 2.4)
    size = min(width / (pitch * longest), height / (leading * count)) * random.uniform(0.45, 1.0)
    size = min(max(size, smallest), 0.8 * height)
    slope = random.normal(0, 0.05) if random.random() < 0.7 else random.normal(0, 0.15)
    bend = random.normal(0, 0.02) if random.random() < 0.3 else 0.0
    left = x + size / 2 + random.uniform(0, 1) * max(width - size * pitch * longest, 0)
    top = y + size / 2 + random.uniform(0, 1) * max(height - size * leading * count, 0)
    slots = []
    for row in range(count):
        length = longest if random.random() < 0.6 else int(random.integers(1, longest + 1))
        at = left + random.normal(0, 0.2) * size
        for i in range(length):
            along = i * pitch * size
            down = top + row * leading * size + slope * along + bend * along * along / size / longest
            own = size * random.uniform(0.85, 1.12)
            slots.append(Slot(at, down + random.normal(0, 0.05) * size, own, row, slope * 0.5))
            at += size * pitch * random.uniform(0.85, 1.15)
            if at > x + width:
                break
    return Layout("rows", tuple(slots))


def tight_layout(random: Random, area: Area, smallest: float) -> Layout:
    """Numbers written so tightly that digits touch."""
    x, y, width, height = area
    count, length = int(random.integers(1, 5)), int(random.integers(2, 7))
    size = max(smallest, min(width / (0.7 * length), height / (1.7 * count)) * random.uniform(0.4, 1.0))
    slots = []
    for row in range(count):
        at = x + size / 2 + random.uniform(0, 1) * max(width - 0.7 * size * length, 0)
        down = y + size / 2 + row * 1.7 * size + random.normal(0, 0.05) * size
        for _ in range(length):
            slots.append(Slot(at, down + random.normal(0, 0.04) * size, size * random.uniform(0.9, 1.1), row))
            at += size * random.uniform(0.5, 0.78)
    return Layout("rows", tuple(slots))


def column_layout(random: Random, area: Area, smallest: float) -> Layout:
    """One number below the other."""
    x, y, width, height = area
    count, length = int(random.integers(3, 11)), int(random.choice([1, 1, 1, 2, 3]))
    size = max(smallest, min(height / (1.3 * count), width / (0.8 * length)) * random.uniform(0.5, 1.0))
    left = x + size / 2 + random.uniform(0, 1) * max(width - 0.8 * size * length, 0)
    leading = min(height / count, size * random.uniform(1.25, 2.2))
    slots = [
        Slot(
            left + (i * random.uniform(0.72, 0.85) + random.normal(0, 0.06)) * size,
            y + size / 2 + row * leading + random.normal(0, 0.03) * size,
            size * random.uniform(0.85, 1.1),
            row,
        )
        for row in range(count)
        for i in range(length)
    ]
    return Layout("column", tuple(slots))


def grid_layout(random: Random, area: Area, smallest: float) -> Layout:
    """A sudoku or a form: a digit in each box or in some, printed and handwritten ones together."""
    x, y, width, height = area
    cells = int(random.choice([9, 9, 9, 4, 6, 3]))
    cell = max(min(width, height) / cells * random.uniform(0.75, 1.0), smallest * 1.3)
    left, top = x + (width - cell * cells) * random.uniform(0, 1), y + (height - cell * cells) * random.uniform(0, 1)
    print_share, filled = random.choice([0.0, 0.35, 1.0], p=[0.3, 0.5, 0.2]), random.uniform(0.4, 1.0)
    slots = []
    for row in range(cells):
        for column in range(cells):
            if random.random() < filled:
                printed = random.random() < print_share
                size = cell * (0.62 if printed else random.uniform(0.5, 0.85))
                at = left + (column + 0.5 + (0 if printed else random.normal(0, 0.06))) * cell
                down = top + (row + 0.5 + (0 if printed else random.normal(0, 0.06))) * cell
                slots.append(Slot(at, down, size, row, printed=printed))
    return Layout("grid", _renumbered(slots), grid=(left, top, cell, cells))


def scattered_layout(random: Random, area: Area, smallest: float) -> Layout:
    """Numbers of one to three digits anywhere, of different sizes; each is a row."""
    x, y, width, height = area
    wanted, row = int(random.integers(2, 22)), 0
    slots: list[Slot] = []
    taken: list[tuple[float, float, float, float]] = []
    base = max(smallest, min(width, height) * random.uniform(0.05, 0.22))
    for _ in range(wanted * 3):
        size = max(smallest, base * random.choice([0.35, 0.6, 1.0, 1.0, 1.3]))
        length = int(random.choice([1, 1, 1, 2, 3]))
        reach = size * 0.8 * length
        if reach > width or size > height:
            continue
        at = x + random.uniform(0, width - reach) + size * 0.4
        down = y + size / 2 + random.uniform(0, height - size)
        box = (at - size, down - size * 0.9, at + reach + size * 0.3, down + size * 0.9)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        angle = random.normal(0, 0.12)
        for i in range(length):
            slots.append(Slot(at + i * size * 0.8, down, size * random.uniform(0.9, 1.1), row, angle))
        row += 1
        if row == wanted:
            break
    return Layout("scattered", tuple(slots))


def single_layout(random: Random, area: Area, smallest: float) -> Layout:
    """One digit, up to as large as the sheet."""
    x, y, width, height = area
    size = max(smallest, min(width * 1.2, height) * random.uniform(0.3, 0.95))
    at = x + width / 2 + random.uniform(-0.5, 0.5) * max(width - 0.7 * size, 0)
    down = y + height / 2 + random.uniform(-0.5, 0.5) * max(height - size, 0)
    return Layout("single", (Slot(at, down, size, 0),))


def expression_layout(random: Random, area: Area, smallest: float) -> Layout:
    """Sums and products: operators between the digits."""
    x, y, width, height = area
    count, length = int(random.integers(1, 5)), int(random.integers(3, 10))
    pitch = random.uniform(0.9, 1.7)
    size = min(width / (pitch * length), height / (1.8 * count)) * random.uniform(0.5, 1.0)
    size = max(smallest, size)
    left = x + size / 2 + random.uniform(0, 1) * max(width - size * pitch * length, 0)
    slots: list[Slot] = []
    marks: list[Slot] = []
    for row in range(count):
        down, digit_next = y + size + row * 1.8 * size, True
        for i in range(length):
            slot = Slot(
                left + i * pitch * size, down + random.normal(0, 0.05) * size, size * random.uniform(0.85, 1.1), row
            )
            (slots if digit_next else marks).append(slot)
            digit_next = random.random() < 0.3 if digit_next else True
    return Layout("rows", tuple(slots), tuple(marks))


LAYOUTS: dict[str, Callable[[Random, Area, float], Layout]] = {
    "rows": rows_layout,
    "tight": tight_layout,
    "column": column_layout,
    "grid": grid_layout,
    "scattered": scattered_layout,
    "single": single_layout,
    "expression": expression_layout,
}


def _renumbered(slots: list[Slot]) -> tuple[Slot, ...]:
    """Number the rows without gaps: a grid's row may have stayed empty."""
    present = {row: i for i, row in enumerate(sorted({slot.row for slot in slots}))}
    return tuple(Slot(s.x, s.y, s.height, present[s.row], s.angle, s.printed) for s in slots)
