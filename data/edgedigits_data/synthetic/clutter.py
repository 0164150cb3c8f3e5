"""What stands on a page and is no digit: operators, words, frames, underlines, doodles, specks."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.layout import Area, Slot
from edgedigits_data.synthetic.words import PRECISION, line, write

Mask = NDArray[np.uint8]  # (height, width), ink drawn into it in place
Random = np.random.Generator


def operator(random: Random, mask: Mask, slot: Slot, pen: float) -> None:
    """One of + - x : / = ( ) where a digit might have stood."""
    h = slot.height * random.uniform(0.35, 0.7)
    lean = random.normal(0, 0.1, 2) * h
    kind = random.choice(list("+++--xxx::÷÷÷/=()·*"))
    level, upright = [(-h / 2, lean[0]), (h / 2, -lean[0])], [(lean[1], -h / 2), (-lean[1], h / 2)]
    strokes: list[list[tuple[float, float]]] = []
    if kind in "+-÷*":
        strokes.append(level)
    if kind in "+*":
        strokes.append(upright)
    if kind in "x*":
        strokes += [[(-h / 2, -h / 2), (h / 2, h / 2 + lean[0])], [(h / 2, -h / 2), (-h / 2, h / 2 + lean[1])]]
    if kind == "/":
        strokes.append([(h / 3, -0.8 * h), (-h / 3, 0.8 * h)])
    if kind == "=":
        strokes += [[(-h / 2, -h / 5), (h / 2, -h / 5 + lean[0])], [(-h / 2, h / 5), (h / 2, h / 5 + lean[0])]]
    if kind in "()":
        side = -1 if kind == "(" else 1
        strokes.append([(side * h * 0.35 * (1 - t * t) - side * h * 0.2, t * 0.9 * h) for t in np.linspace(-1, 1, 9)])
    for stroke in strokes:
        line(mask, [(slot.x + x, slot.y + y) for x, y in stroke], pen)
    if kind in ":·÷":
        for y in (0.0,) if kind == "·" else (-h * 0.45, h * 0.45):
            dot(mask, (slot.x, slot.y + y), pen * random.uniform(0.6, 1.2))


def dot(mask: Mask, place: tuple[float, float], radius: float) -> None:
    """Draw a filled dot."""
    center = (round(place[0] * 16), round(place[1] * 16))
    cv2.circle(mask, center, max(8, round(radius * 16)), 255, -1, cv2.LINE_AA, PRECISION)


def _words(random: Random, mask: Mask, area: Area, unit: float, _pen: float) -> None:
    size = unit * random.uniform(0.3, 1.1)
    for i in range(int(random.integers(1, 4))):
        place = (_somewhere(random, area)[0] - unit, _somewhere(random, area)[1] + i * size)
        write(random, mask, place, size, int(random.integers(2, 12)))


def _text_block(random: Random, mask: Mask, area: Area, unit: float, _pen: float) -> None:
    size = max(5.0, unit * random.uniform(0.2, 0.7))
    x, y = _somewhere(random, area)
    for i in range(int(random.integers(2, 9))):
        write(random, mask, (x - area[2] * 0.2, y + i * size * 1.6), size, int(random.integers(8, 40)))


def _frame(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    x, y = _somewhere(random, area)
    w, h = unit * random.uniform(0.8, 6), unit * random.uniform(0.8, 3)
    shake = random.normal(0, 0.05, (5, 2)) * unit
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h), (0, 0)]) + shake + (x - w / 2, y - h / 2)
    line(mask, [tuple(p) for p in corners], pen)


def _straight(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    """An underline or a dash; or a rule down the page, longer than any 1."""
    x, y = _somewhere(random, area)
    upright = random.random() < 0.25
    angle = random.normal(0, 0.1) + (np.pi / 2 if upright else 0)
    reach = unit * random.uniform(2 if upright else 0.8, 6)
    line(mask, [(x, y), (x + reach * np.cos(angle), y + reach * np.sin(angle))], pen)


def _doodle(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    """A curve with loops that nobody would call a digit: it goes on for too long."""
    start = np.array(_somewhere(random, area))
    turns = np.cumsum(random.normal(0.25, 0.5, 40))
    steps = np.column_stack([np.cos(turns), np.sin(turns)]) * unit * random.uniform(0.08, 0.25)
    line(mask, [tuple(p) for p in start + np.cumsum(steps, axis=0)], pen)


def _ring(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    """A ring far larger than a digit, as one drawn around something."""
    _ellipse(random, mask, _somewhere(random, area), unit * random.uniform(1.0, 2.2), pen)


def _face(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    x, y = _somewhere(random, area)
    radius = unit * random.uniform(1.0, 2.2)
    _ellipse(random, mask, (x, y), radius, pen)
    for side in (-1, 1):
        dot(mask, (x + side * radius * 0.35, y - radius * 0.3), pen)
    mouth = [(x + radius * 0.5 * t, y + radius * (0.5 - 0.25 * t * t)) for t in np.linspace(-1, 1, 9)]
    line(mask, mouth, pen)


def _ellipse(random: Random, mask: Mask, middle: tuple[float, float], radius: float, pen: float) -> None:
    angles = np.linspace(0, 2 * np.pi * random.uniform(0.9, 1.1), 30)
    wide = radius * random.uniform(0.8, 1.6)
    line(mask, [(middle[0] + wide * np.cos(a), middle[1] + radius * np.sin(a)) for a in angles], pen)


def _arrow(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    start = np.array(_somewhere(random, area))
    angle = random.uniform(0, 2 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)]) * unit * random.uniform(1, 3)
    side = np.array([-way[1], way[0]]) * 0.2
    tip = start + way
    line(mask, [tuple(start), tuple(tip)], pen)
    line(mask, [tuple(tip - 0.25 * way + side), tuple(tip), tuple(tip - 0.25 * way - side)], pen)


def _tick(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    x, y = _somewhere(random, area)
    size = unit * random.uniform(0.3, 0.9)
    line(mask, [(x - size * 0.4, y), (x, y + size * 0.5), (x + size * 0.8, y - size * 0.6)], pen)


def _specks(random: Random, mask: Mask, area: Area, unit: float, pen: float) -> None:
    for _ in range(int(random.integers(1, 12))):
        dot(mask, _somewhere(random, area), random.uniform(0.3, 1.2) * max(pen, unit * 0.03))


CLUTTER: tuple[Callable[[Random, Mask, Area, float, float], None], ...] = (
    _words,
    _text_block,
    _frame,
    _straight,
    _doodle,
    _ring,
    _face,
    _arrow,
    _tick,
    _specks,
)


# Where there are no digits to compare with, a ring is a 0 to whoever looks, and an upright line a 1.
ALONE = tuple(kind for kind in CLUTTER if kind not in (_ring, _straight))


def clutter(random: Random, mask: Mask, area: Area, unit: float, pen: float, alone: bool) -> None:
    """Draw one thing that is no digit into a mask, somewhere in `area`; `alone` where there are no digits at all."""
    kinds = ALONE if alone else CLUTTER
    kinds[random.integers(len(kinds))](random, mask, area, unit, pen)


def _somewhere(random: Random, area: Area) -> tuple[float, float]:
    return area[0] + random.uniform(0, area[2]), area[1] + random.uniform(0, area[3])
