"""Pages of drawings: flow charts, displays, clocks, bar codes, keyboards, and pictures without any digit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.views import marks, texts
from edgedigits_data.synthetic.views.chance import between, chance, normal, pick, whole_between
from edgedigits_data.synthetic.views.typefaces import TypeHand
from edgedigits_data.synthetic.views.writing import Scene, Writer, any_writer, width_of, write


def flow(scene: Scene) -> None:
    """A flow chart: words, letters and short assignments in boxes, ovals and diamonds, arrows between them."""
    random, size, canvas = scene.random, scene.size, scene.canvas
    writer = any_writer(scene, 0.2)
    thickness, strength = max(size * between(random, 0.04, 0.1), 0.8), between(random, 0.6, 1)
    left = scene.margin + 3 * size if scene.whole else between(random, 0, 1) * canvas.width
    y = scene.margin + 2 * size if scene.whole else between(random, -1, 2) * size
    last = None
    while y < scene.bottom - (1.5 * size if scene.whole else 0):
        text = _step(scene)
        wide = width_of(text, size, writer) / 2 + 0.5 * size
        x = max(left + normal(random, 0.5 * size), (scene.margin if scene.whole else -wide) + wide)
        x, _written = write(scene, writer, text, (x - wide + 0.4 * size, y), size, canvas.new_row())
        middle = np.array([x - wide, y - size / 2])
        _shape(scene, middle, wide, thickness, strength)
        if last is not None and chance(random, 0.9):
            marks.arrow(
                random, canvas, np.array([middle[0], last]), np.array([middle[0], y - 1.7 * size]), thickness, strength
            )
        if chance(random, 0.25):
            write(
                scene,
                writer,
                pick(random, ("No", "Si", "Yes", "ja", "nein", "1", "0", "True")),
                (middle[0] + 0.4 * size, y + 1.8 * size),
                size,
            )
        last = y + 0.8 * size
        y += size * between(random, 3.2, 5)


def _step(scene: Scene) -> str:
    random = scene.random
    letter = pick(random, ("n", "i", "x", "a", "res", "cont", "sum", "j"))
    number = texts.number(random, 1, 3)
    ways: tuple[Callable[[], str], ...] = (
        lambda: pick(random, ("Start", "Begin", "End", "Stop", "Inicio", "Fin", "Read", "Print", '"Hello"')),
        lambda: f"{letter}={number}",
        lambda: f"{letter} {pick(random, '<>=')} {number}",
        lambda: f"{letter}={letter}{pick(random, '+-/*×')}{number}",
        lambda: f"{letter}={number}, {pick(random, 'abk')}={texts.number(random, 1, 2)}",
        lambda: letter,
        lambda: texts.word(random, scene.sources),
    )
    return pick(random, ways)()


def _shape(scene: Scene, middle: NDArray[np.float64], wide: float, thickness: float, strength: float) -> None:
    random, tall, way = scene.random, scene.size * between(scene.random, 0.8, 1.2), scene.random.random()
    if way < 0.4:
        lean = 0.0 if chance(random, 0.7) else 0.5 * tall
        corners = np.array([(-wide + lean, -tall), (wide + lean, -tall), (wide - lean, tall), (-wide - lean, tall)])
    elif way < 0.7:
        angles = np.linspace(0, 6.283, 32)
        corners = np.column_stack([1.15 * wide * np.cos(angles), 1.2 * tall * np.sin(angles)])
    else:
        corners = np.array([(-1.4 * wide, 0), (0, -1.9 * tall), (1.4 * wide, 0), (0, 1.9 * tall)])
    corners = corners + random.normal(0, 0.04, corners.shape) * (tall if len(corners) == 4 else 0)
    scene.canvas.line(middle + corners, thickness, strength, closed=True)


def display(scene: Scene) -> None:
    """Numbers of seven segments, as on a meter: they are digits to be read, all of them."""
    random, faces = scene.random, scene.sources.faces["segments"]
    if not faces:
        writer = any_writer(scene, 1.0)
    else:
        hand = TypeHand(
            pick(random, faces),
            pick(random, (0, 0, -2, 4)),
            0,
            float(np.exp(normal(random, 0.1))),
            pick(random, (0.0, 0.0, 0.12)),
        )
        writer = Writer((hand,), between(random, -0.02, 0.2), 0.6, 0, between(random, 0.7, 1), True)
    size, canvas = scene.size, scene.canvas
    y = scene.margin + 1.5 * size if scene.whole else between(random, 0.5, 3) * size
    label = any_writer(scene, 1.0)
    while y < scene.bottom - (0.5 * size if scene.whole else 0):
        x = scene.margin + size if scene.whole else between(random, -20, canvas.width * 0.5)
        text = texts.number(random, 2, 7)
        if chance(random, 0.3):
            text = f"{texts.digits(random, 2)}:{texts.digits(random, 2)}"
        elif chance(random, 0.4) and len(text) > 2:
            text = text[:-1] + "." + text[-1]
        x, written = write(scene, writer, text, (x, y), size, canvas.new_row())
        if chance(random, 0.4):
            write(
                scene,
                label,
                pick(random, ("kWh", "V", "A", "kg", "°C", "%", "m")),
                (x + 0.3 * size, y),
                size * between(random, 0.3, 0.8),
            )
        if written and chance(random, 0.4):
            marks.frame(random, canvas, marks.bounds(written), max(0.08 * size, 1), between(random, 0.4, 1))
        y += size * between(random, 1.6, 4)


def clock(scene: Scene) -> None:
    """A clock's face with hands; its numerals, where it has any, are ignored: they stand in no row."""
    random, canvas, size = scene.random, scene.canvas, scene.size
    radius = size * between(random, 2.6, 5)
    middle = np.array([canvas.width, canvas.height]) * (0.3 + 0.4 * random.random(2))
    thickness = max(1.0, 0.04 * radius)
    angles = np.linspace(0, 6.283, 48)
    canvas.line(middle + radius * np.column_stack([np.cos(angles), np.sin(angles)]), thickness, 0.9)
    writer, way = any_writer(scene, 0.8), random.random()
    for hour in range(1, 13):
        way_out = np.array([np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)])
        canvas.line(middle + np.outer([0.9, 0.98], way_out * radius), thickness, 0.9)
        text = str(hour) if way < 0.5 else ROMAN[hour - 1] if way < 0.75 else ""
        place = middle + way_out * radius * 0.74
        small = 0.24 * radius
        _x, written = write(scene, writer, text, (place[0] - 0.35 * small * len(text), place[1] + small / 2), small)
        for mark in written:
            mark.ignored = True
    for length, wide in ((0.5, 2.0), (0.75, 1.2)):
        angle = between(random, 0, 6.283)
        canvas.line(
            np.stack([middle, middle + radius * length * np.array([np.cos(angle), np.sin(angle)])]),
            thickness * wide,
            1.0,
        )


ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def empty(scene: Scene) -> None:
    """No digit: nothing at all, strokes and scribbles, wheels, bars, keys with letters."""
    random, canvas = scene.random, scene.canvas
    way = random.random()
    if way < 0.35:
        return
    if way < 0.6:
        for _ in range(whole_between(random, 1, 8)):
            pick(random, (marks.scribble, marks.stray, marks.stray))(random, canvas, scene.size)
    elif way < 0.75:
        _bars(scene)
    elif way < 0.88:
        _keys(scene)
    else:
        for _ in range(whole_between(random, 1, 4)):  # wheels: circles with spokes, much larger than what is written
            middle, radius = random.random(2) * (canvas.width, canvas.height), between(random, 25, 90)
            angles = np.linspace(0, 6.283, 40)
            rim = np.column_stack([np.cos(angles), np.sin(angles)]) * radius
            canvas.line(middle + rim, between(random, 1, 4), 0.9)
            for spoke in rim[:: pick(random, (4, 5, 8, 10))]:
                canvas.line(np.stack([middle, middle + spoke]), 1, 0.8)


def _bars(scene: Scene) -> None:
    """A bar code without the number below."""
    random, canvas = scene.random, scene.canvas
    x, y = between(random, 0, 0.4) * canvas.width, between(random, 0, 0.6) * canvas.height
    height, module = between(random, 0.15, 0.5) * canvas.height, between(random, 1, 3.5)
    for _ in range(whole_between(random, 20, 60)):
        wide = module * whole_between(random, 1, 4)
        left, right = round(x), max(round(x + wide), round(x) + 1)
        canvas.ink[round(y) : round(y + height), left:right] = 255
        x += wide + module * whole_between(random, 1, 4)
        if x > canvas.width:
            break


def _keys(scene: Scene) -> None:
    """Keys with one letter or sign each."""
    random, size, canvas = scene.random, scene.size, scene.canvas
    writer, cell = any_writer(scene, 1.0), size * between(random, 1.6, 2.6)
    for v in range(int(canvas.height / cell) + 1):
        for u in range(int(canvas.width / cell) + 1):
            x, y = (u + 0.5 * (v % 2)) * cell, v * cell
            corners = np.array([(x, y), (x + 0.88 * cell, y), (x + 0.88 * cell, y + 0.88 * cell), (x, y + 0.88 * cell)])
            canvas.line(corners, 1.0, 0.7, closed=True)
            write(
                scene,
                writer,
                pick(random, "QWERTZUIOPASDFGHJKLYXCVBNM+-/*=.,"),
                (x + 0.2 * cell, y + 0.7 * cell),
                size * 0.8,
            )
