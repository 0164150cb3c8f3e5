"""Digits in cells: puzzles, tables, forms, and single cells with rests of their lines."""

import numpy as np

from edgedigits_data.synthetic.views import texts
from edgedigits_data.synthetic.views.chance import between, chance, normal, pick, whole_between
from edgedigits_data.synthetic.views.words import LABELS
from edgedigits_data.synthetic.views.writing import Scene, Writer, any_writer, width_of, write


def _extent(scene: Scene, step: tuple[float, float]) -> tuple[float, float, int, int]:
    """Where a grid begins and how many columns and rows it has."""
    random, canvas = scene.random, scene.canvas
    if scene.whole:
        across = max(int((canvas.width - 2 * scene.margin) / step[0]), 1)
        down = max(int((canvas.height - 2 * scene.margin) / step[1]), 1)
        return scene.margin, scene.margin, across, down
    if chance(random, 0.35):  # a grid that ends within the view
        across, down = whole_between(random, 1, 6), whole_between(random, 1, 6)
        return between(random, 0, canvas.width * 0.6), between(random, 0, canvas.height * 0.6), across, down
    x, y = -between(random, 0, step[0]), -between(random, 0, step[1])
    return x, y, int(canvas.width / step[0]) + 2, int(canvas.height / step[1]) + 2


def _rule(scene: Scene, xs: list[float], ys: list[float], every: int, thickness: float, strength: float) -> None:
    """Lines at all xs and ys; each `every`-th is heavier. By hand they waver."""
    shake = 0.0 if chance(scene.random, 0.6) else between(scene.random, 0.3, 1.5)
    for k, x in enumerate(xs):
        heavy = thickness * (2 if every and k % every == 0 else 1)
        ends = (
            np.array([(x, ys[0]), (x, (ys[0] + ys[-1]) / 2), (x, ys[-1])]) + scene.random.normal(0, 1, (3, 2)) * shake
        )
        scene.canvas.line(ends, heavy, strength)
    for k, y in enumerate(ys):
        heavy = thickness * (2 if every and k % every == 0 else 1)
        ends = (
            np.array([(xs[0], y), ((xs[0] + xs[-1]) / 2, y), (xs[-1], y)]) + scene.random.normal(0, 1, (3, 2)) * shake
        )
        scene.canvas.line(ends, heavy, strength)


def _centred(
    scene: Scene, writer: Writer, text: str, middle: tuple[float, float], size: float, row: int, shake: float
) -> None:
    random = scene.random
    x = middle[0] - size * (0.34 if len(text) == 1 else 0.39 * len(text)) + normal(random, shake)
    write(scene, writer, text, (x, middle[1] + size / 2 + normal(random, shake)), size, row)


def puzzle(scene: Scene) -> None:
    """A grid of square cells with one digit each, printed and by hand, as in a sudoku; lines may touch them."""
    random, size = scene.random, scene.size
    cell = size * between(random, 1.08, 1.9)
    x0, y0, across, down = _extent(scene, (cell, cell))
    every = 3 if chance(random, 0.6) else 0
    if scene.whole:
        across, down = min(across, 9), min(down, 9)
    xs, ys = [x0 + k * cell for k in range(across + 1)], [y0 + k * cell for k in range(down + 1)]
    _rule(scene, xs, ys, every, pick(random, (0.6, 1, 1, 2, 3)) * max(size / 40, 0.7), between(random, 0.3, 1))
    if chance(random, 0.2):  # shaded cells
        for _ in range(whole_between(random, 1, 6)):
            u, v = whole_between(random, 0, across - 1), whole_between(random, 0, down - 1)
            left, top = max(round(xs[u]), 0), max(round(ys[v]), 0)
            region = scene.canvas.ink[top : max(round(ys[v + 1]), 0), left : max(round(xs[u + 1]), 0)]
            np.maximum(region, np.uint8(between(random, 20, 110)), out=region)
    printed, hand = any_writer(scene, 1.0), any_writer(scene, 0.0)
    share, filled = pick(random, (0.0, 0.4, 0.4, 1.0)), between(random, 0.3, 1)
    for v in range(down):
        row = scene.canvas.new_row()
        for u in range(across):
            if chance(random, filled):
                writer = printed if chance(random, share) else hand
                middle = (x0 + (u + 0.5) * cell, y0 + (v + 0.5) * cell)
                tall = size * between(random, 0.75, 1.0)
                _centred(scene, writer, texts.digits(random, 1), middle, tall, row, 0.05 * cell)


def table(scene: Scene) -> None:
    """A table with words at its head and side, and numbers; some lines or cells are left out."""
    random, size = scene.random, scene.size
    writer = any_writer(scene, 0.3)
    head = writer if chance(random, 0.6) else any_writer(scene, 0.8)
    step = size * between(random, 1.25, 2.4)
    long = whole_between(random, 1, 4)
    wide = size * (0.85 * long + between(random, 0.3, 1.5))
    first = wide if chance(random, 0.3) else size * between(random, 2.5, 6)
    x0, y0, across, down = _extent(scene, (wide, step))
    across = max(int((scene.right - x0 - first) / wide), 1)
    xs = [x0, *(x0 + first + k * wide for k in range(across + 1))]
    ys = [y0 + k * step for k in range(down + 1)]
    if chance(random, 0.85):
        thickness, strength = pick(random, (0.6, 1, 1, 1.5, 2)) * max(size / 40, 0.7), between(random, 0.25, 1)
        way = random.random()
        _rule(
            scene, xs if way < 0.8 else xs[:1] + xs[-1:], ys if way > 0.1 else ys[:2] + ys[-1:], 0, thickness, strength
        )
    headed, sided = chance(random, 0.6), chance(random, 0.7)
    centred = chance(random, 0.5)
    for v in range(down):
        row, base = scene.canvas.new_row(), ys[v] + step / 2 + size * 0.45 + normal(random, 0.08 * size)
        for u in range(across + 1):
            if chance(random, 0.1):
                continue
            left, room = xs[u] + 0.15 * size, (first if u == 0 else wide) - 0.2 * size
            if (headed and v == 0) or (sided and u == 0):
                text = pick(random, LABELS) if chance(random, 0.7) else texts.word(random, scene.sources)
                small = min(size, 1.2 * room / max(len(text), 1))
                if small > 0.4 * size:
                    write(scene, head, text, (left, base), small)
                continue
            text = (
                texts.number(random, 1, long)
                if chance(random, 0.85)
                else pick(random, ("-", "x", "+", "/", "ab", "ok", "✓"))
            )
            x = left + (max(room - width_of(text, size, writer), 0) / 2 if centred else 0)
            write(scene, writer, text, (x, base), size, row)


def comb(scene: Scene) -> None:
    """A form: a label in print, and boxes or ticks for one character each, filled by hand."""
    random, size = scene.random, scene.size
    hand, label = any_writer(scene, 0.0), any_writer(scene, 0.9)
    cell, tall = size * between(random, 0.95, 1.5), size * between(random, 1.1, 1.6)
    thickness, strength = pick(random, (0.6, 1, 1, 2)) * max(size / 40, 0.7), between(random, 0.2, 1)
    ticks = chance(random, 0.3)
    y = scene.margin + 2 * size if scene.whole else between(random, 0, 2) * size
    while y < scene.bottom - (0.6 * size if scene.whole else 0):
        x = scene.margin if scene.whole else between(random, -20, scene.canvas.width * 0.4)
        if chance(random, 0.7):
            x, _ = write(
                scene, label, pick(random, LABELS) + pick(random, ("", ":")), (x, y), size * between(random, 0.5, 1)
            )
            x += 0.4 * size
        count, row = whole_between(random, 1, 10), scene.canvas.new_row()
        for k in range(count):
            if x + cell > scene.right:
                break
            low, top = y + (tall - size) / 2, y - size - (tall - size) / 2
            if ticks:
                for edge in (x, x + cell):
                    scene.canvas.line(np.array([(edge, low), (edge, low - 0.3 * tall)]), thickness, strength)
                scene.canvas.line(np.array([(x, low), (x + cell, low)]), thickness, strength)
            else:
                scene.canvas.line(
                    np.array([(x, top), (x + cell, top), (x + cell, low), (x, low)]), thickness, strength, True
                )
            character = texts.digits(random, 1) if chance(random, 0.8) else pick(random, texts.CLEAR)
            if chance(random, 0.9):
                _centred(
                    scene,
                    hand,
                    character,
                    (x + cell / 2, y - size / 2),
                    size * between(random, 0.8, 1),
                    row,
                    0.05 * size,
                )
            x += cell + (0.5 * size if chance(random, 0.06) else 0)
            if k == count - 1 and chance(random, 0.3):
                write(
                    scene, label, texts.word(random, scene.sources), (x + 0.3 * size, y), size * between(random, 0.5, 1)
                )
        y += tall * between(random, 1.2, 2.2)


def cell(scene: Scene) -> None:
    """One cell cut out of a grid: a digit and rests of lines at one to four of its sides."""
    random, canvas = scene.random, scene.canvas
    size = min(scene.size, 0.8 * canvas.height)
    writer = any_writer(scene, 0.25)
    middle = (canvas.width / 2 + normal(random, 0.05 * size), canvas.height / 2 + normal(random, 0.05 * size))
    reach = size * between(random, 0.56, 0.8)
    thickness, strength = size * between(random, 0.02, 0.12), between(random, 0.3, 1)
    for side in range(4):
        if chance(random, 0.6):
            off, tilt = reach * between(random, 0.95, 1.2) * (1 if side % 2 else -1), normal(random, 0.02 * size)
            along = np.array([-1.5 * reach, 1.5 * reach])
            across = np.array([off - tilt, off + tilt])
            points = np.column_stack([across, along] if side < 2 else [along, across])
            canvas.line(points + middle, thickness, strength)
    _centred(scene, writer, texts.digits(random, 1), middle, size, canvas.new_row(), 0.02 * size)
