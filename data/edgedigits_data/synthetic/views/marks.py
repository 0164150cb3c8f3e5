"""Lines round, under, through and beside digits: rings, boxes, rules, arrows, scribbles."""

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.views.canvas import Canvas, Mark, draw_line
from edgedigits_data.synthetic.views.chance import Random, between, chance, normal, pick, whole_between
from edgedigits_data.synthetic.views.names import STRUCK


def bounds(marks: list[Mark]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the ink of several marks."""
    points = np.concatenate([mark.outline for mark in marks])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def ring(
    random: Random, canvas: Canvas, box: tuple[float, float, float, float], thickness: float, strength: float
) -> None:
    """A ring by hand round left, top, right, bottom: its ends may miss each other or overlap."""
    left, top, right, bottom = box
    room = between(random, 0.12, 0.7) * (bottom - top)
    radii = np.array([(right - left) / 2 + room, (bottom - top) / 2 + room * between(random, 0.5, 1)])
    if chance(random, 0.5):
        radii[:] = radii.max()
    start, turn = between(random, 0, 6.3), 6.28 + normal(random, 0.25) if chance(random, 0.6) else 6.283
    angles = start + np.linspace(0, turn, 40)
    wobble = 1 + (normal(random, 0.06) * np.sin(2 * angles + start) + normal(random, 0.05) * np.linspace(-1, 1, 40))
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    points = middle + radii * wobble[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    canvas.line(points, thickness, strength)


def frame(
    random: Random, canvas: Canvas, box: tuple[float, float, float, float], thickness: float, strength: float
) -> None:
    """A box round left, top, right, bottom, ruled or by hand."""
    left, top, right, bottom = box
    room = between(random, 0.05, 0.5) * (bottom - top)
    corners = np.array(
        [
            (left - room, top - room),
            (right + room, top - room),
            (right + room, bottom + room),
            (left - room, bottom + room),
        ]
    )
    shake = 0.0 if chance(random, 0.5) else 0.03 * (bottom - top)
    corners += random.normal(0, 1, (4, 2)) * shake
    canvas.line(corners, thickness, strength, closed=True)


def underline(
    random: Random, canvas: Canvas, box: tuple[float, float, float, float], thickness: float, strength: float
) -> None:
    """One line or two below, straight or wavy."""
    left, _top, right, bottom = box
    for k in range(1 + chance(random, 0.25)):
        y = bottom + thickness * (1.5 + 3 * k) + between(random, 0, 4)
        xs = np.linspace(left - between(random, 0, 8), right + between(random, 0, 8), 12)
        ys = y + normal(random, 0.02) * (xs - left)
        if chance(random, 0.2):
            ys = ys + 1.5 * np.sin(xs / 3)
        canvas.line(np.column_stack([xs, ys]), thickness, strength)


def strike(random: Random, canvas: Canvas, marks: list[Mark], thickness: float, strength: float) -> None:
    """Strike digits out: by a line, two lines, a cross, or a scribble. They are digits no more."""
    left, top, right, bottom = bounds(marks)
    height, way = bottom - top, random.random()
    reach = between(random, 0.05, 0.4) * height
    middle = (top + bottom) / 2 + normal(random, 0.06 * height)
    if way < 0.45:
        for k in range(1 + chance(random, 0.4)):
            y = middle + k * between(random, 0.12, 0.3) * height
            tilt = normal(random, 0.08 * height)
            canvas.line(np.array([(left - reach, y + tilt), (right + reach, y - tilt)]), thickness, strength)
    elif way < 0.7:
        for ends in (((left - reach, bottom), (right + reach, top)), ((left - reach, top), (right + reach, bottom)))[
            : 1 + chance(random, 0.6)
        ]:
            canvas.line(np.array(ends), thickness, strength)
    else:
        count = int((right - left + 2 * reach) / max(height * between(random, 0.12, 0.3), 2)) + 3
        xs = np.linspace(left - reach, right + reach, count)
        ys = np.where(np.arange(count) % 2, top, bottom) + random.normal(0, 0.08 * height, count)
        canvas.line(np.column_stack([xs, ys]), thickness * between(random, 1, 1.6), strength)
    for mark in marks:
        mark.name, mark.row = STRUCK, -1


def arrow(
    random: Random,
    canvas: Canvas,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    thickness: float,
    strength: float,
) -> None:
    """A line with a head at its end, open or filled."""
    canvas.line(np.stack([start, end]), thickness, strength)
    way = (end - start) / max(float(np.hypot(*(end - start))), 1)
    across, length = np.array([-way[1], way[0]]), between(random, 4, 12) + 2 * thickness
    head = np.stack([end - way * length + across * length * 0.5, end, end - way * length - across * length * 0.5])
    canvas.line(head, thickness, strength, closed=chance(random, 0.4))


def ruled(random: Random, canvas: Canvas, step: float) -> None:
    """Ruled, squared or dotted paper, fainter than ink."""
    level = 255 * between(random, 0.08, 0.5)
    thickness, way = pick(random, (1, 1, 1, 2)), random.random()
    height, width = canvas.ink.shape
    rows = np.arange(between(random, 0, step), height, step)
    if way < 0.12:
        columns = np.arange(between(random, 0, step), width, step)
        ys, xs = np.meshgrid(rows.astype(int), columns.astype(int))
        canvas.ink[ys, xs] = np.maximum(canvas.ink[ys, xs], int(level))
        return
    for y in rows:
        draw_line(canvas.ink, np.array([(0, y), (width, y)]), thickness, level)
    if way < 0.6:
        for x in np.arange(between(random, 0, step), width, step):
            draw_line(canvas.ink, np.array([(x, 0), (x, height)]), thickness, level)
    elif way < 0.8:
        x = between(random, 0, width)
        draw_line(canvas.ink, np.array([(x, 0), (x, height)]), thickness, level)


def stray(random: Random, canvas: Canvas, size: float) -> None:
    """A line that has nothing to do with what is written, along the page's directions more often than not.

    It is at least two and a half digits long: a shorter one is a 1 to whoever looks.
    """
    angle = pick(random, (0.0, 0.0, 1.571, between(random, 0, 3.142))) + normal(random, 0.03)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (1.25 * size + between(random, 0, 0.6) * canvas.width)
    middle = random.random(2) * (canvas.width, canvas.height)
    ends = np.stack([middle - reach, middle + reach])
    canvas.line(ends, pick(random, (0.5, 0.7, 1, 1, 1.5, 2, 3)), between(random, 0.3, 1))


def scribble(random: Random, canvas: Canvas, size: float) -> None:
    """A curve by a bored hand."""
    count, reach = whole_between(random, 9, 22), between(random, 0.4, 1.2) * size
    start = random.random(2) * (canvas.width, canvas.height)
    points = start + np.cumsum(random.normal(0, reach, (count, 2)), axis=0)
    for _ in range(2):
        before, after = points[:-1], points[1:]
        points = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1).reshape(-1, 2)
    canvas.line(points, pick(random, (1, 1, 2, 3)), between(random, 0.5, 1))


def panels(random: Random, canvas: Canvas, size: float) -> None:
    """Large frames with a strip of small boxes, bars and blocks, as forms and newspapers print them."""
    thickness, strength = pick(random, (0.7, 1, 1.5, 2, 3)), between(random, 0.4, 1)
    way = random.random()
    if way < 0.6:
        left, top = between(random, -0.2, 0.3) * canvas.width, between(random, -0.2, 0.5) * canvas.height
        right, bottom = left + between(random, 0.5, 1.2) * canvas.width, top + between(random, 0.4, 1.2) * canvas.height
        canvas.line(
            np.array([(left, top), (right, top), (right, bottom), (left, bottom)]), thickness, strength, closed=True
        )
        if chance(random, 0.5):
            strip = top + size * between(random, 0.3, 0.8)
            canvas.line(np.array([(left, strip), (right, strip)]), thickness, strength)
            for x in np.arange(left, right, size * between(random, 1, 5)):
                canvas.line(np.array([(x, top), (x, strip)]), thickness, strength)
    for _ in range(whole_between(random, 0, 3)):
        x, y = random.random(2) * (canvas.width, canvas.height)
        wide, tall = (
            (between(random, 0.3, 1.2) * size, between(random, 0.2, 0.6) * size)
            if way < 0.8
            else (canvas.width, size * between(random, 0.1, 0.4))
        )
        box = np.array([(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)])
        if chance(random, 0.5):
            canvas.line(box, thickness, strength, closed=True)
        else:
            region = canvas.ink[int(y) : int(y + tall), int(x) : int(x + wide)]
            np.maximum(region, np.uint8(255 * strength), out=region)
