"""Pages of lines: numbers, signs, sums, words, forms' labels, codes; digits alone, scattered and in columns."""

import math
from collections.abc import Callable

import numpy as np

from edgedigits_data.synthetic.views import marks, texts
from edgedigits_data.synthetic.views.canvas import Canvas, Mark
from edgedigits_data.synthetic.views.chance import Random, between, chance, log_between, normal, pick, whole_between
from edgedigits_data.synthetic.views.names import OTHER
from edgedigits_data.synthetic.views.typefaces import TypeHand
from edgedigits_data.synthetic.views.words import ARABIC_INDIC, BENGALI, DEVANAGARI
from edgedigits_data.synthetic.views.writing import Scene, Writer, any_writer, lines, write

Ornament = Callable[[Random, Canvas, tuple[float, float, float, float], float, float], None]
ORNAMENTS: tuple[Ornament, ...] = (marks.ring, marks.frame, marks.underline)


def numbers(scene: Scene) -> None:
    """Rows of numbers and nothing else."""
    random = scene.random
    spaced = chance(random, 0.3)  # digit by digit

    def text() -> str:
        if spaced:
            return " ".join(texts.digits(random, whole_between(random, 1, 10)))
        return " ".join(texts.number(random) for _ in range(whole_between(random, 1, 4)))

    lines(scene, text, 0.15)


def signs(scene: Scene) -> None:
    """Numbers with the signs that people write beside them."""
    random = scene.random
    lines(scene, lambda: "  ".join(texts.signed(random) for _ in range(whole_between(random, 1, 3))), 0.2)


def equations(scene: Scene) -> None:
    """Sums, one a line."""
    lines(scene, lambda: texts.equation(scene.random), 0.15)


def words(scene: Scene) -> None:
    """Text without a digit."""
    random = scene.random
    script = pick(random, ("latin",) * 8 + ("greek", "cyrillic"))
    if script == "latin":
        lines(scene, lambda: texts.sentence(random, scene.sources, whole_between(random, 1, 7)), 0.4)
        return
    able = [face for role in ("hand", "print") for face in scene.sources.faces[role] if script in face.files]
    if able:
        writer = Writer((TypeHand(pick(random, able), waver=0.02),), 0.03, 0.5, 0.02, 1.0, True)
        filled(scene, writer, lambda: texts.foreign(random, scene.sources, script, whole_between(random, 1, 5)))


def mixed(scene: Scene) -> None:
    """Words and numbers in one line."""
    random = scene.random
    lines(scene, lambda: texts.mixed(random, scene.sources, whole_between(random, 1, 6)), 0.35)


def labels(scene: Scene) -> None:
    """Labels with values, or codes."""
    random = scene.random
    if chance(random, 0.25):
        lines(scene, lambda: texts.code(random), 0.4)
    else:
        lines(scene, lambda: texts.labelled(random, scene.sources), 0.3)


def filled(scene: Scene, writer: Writer, text_of: Callable[[], str]) -> None:
    """Lines of one writer at one size."""
    random, size = scene.random, scene.size
    y = scene.margin + size * 1.2 if scene.whole else between(random, 0, 1.5) * size
    while y < scene.bottom:
        x = scene.margin if scene.whole else between(random, -30, scene.canvas.width * 0.4)
        write(scene, writer, text_of(), (x, y), size, scene.canvas.new_row())
        y += size * between(random, 1.5, 2.2)


def ringed(scene: Scene) -> None:
    """Numbers in rings and boxes, underlined or struck out, beside others that are not."""
    random, size = scene.random, scene.size
    writer = any_writer(scene, 0.15)
    thickness, strength = max(size * between(random, 0.03, 0.1), 0.7), between(random, 0.5, 1)
    way = pick(random, (marks.ring, *ORNAMENTS, None, None))
    gap = size * between(random, 2.0, 3.2)
    y = scene.margin + 1.6 * size if scene.whole else between(random, 0.3, 1.5) * size
    while y < scene.bottom - (0.6 * size if scene.whole else 0):
        x = scene.margin + 0.6 * size if scene.whole else between(random, -30, scene.canvas.width * 0.4)
        row, single = scene.canvas.new_row(), chance(random, 0.5)
        while x < scene.right - (3 * size if scene.whole else 0):
            text = texts.digits(random, 1) if single else texts.number(random, 1, 4)
            x, written = write(scene, writer, text, (x, y), size, row)
            k = random.random()
            if written and k < 0.75:
                _decorate(scene, way, written, thickness, strength)
            elif k > 0.9:
                x, _ = write(scene, writer, texts.word(random, scene.sources), (x + size, y), size)
            x += size * between(random, 0.9, 1.8)
            if chance(random, 0.1):
                break
        y += gap


def _decorate(scene: Scene, way: Ornament | None, written: list[Mark], thickness: float, strength: float) -> None:
    random, canvas = scene.random, scene.canvas
    chosen = way or pick(random, (*ORNAMENTS, None))
    if chosen:
        chosen(random, canvas, marks.bounds(written), thickness, strength)
    elif chance(random, 0.5):
        marks.strike(random, canvas, written, thickness, strength)


def alone(scene: Scene) -> None:
    """One digit, or two or three, that fill the frame."""
    random, canvas = scene.random, scene.canvas
    writer = any_writer(scene, 0.1)
    count = pick(random, (1, 1, 1, 2, 3))
    text = texts.digits(random, count)
    size = min(scene.size, canvas.width / (0.9 * count + 0.3)) if scene.whole else scene.size
    x = canvas.width / 2 - size * 0.42 * count + normal(random, 0.08 * size)
    write(scene, writer, text, (x, canvas.height / 2 + size * (0.5 + normal(random, 0.05))), size, canvas.new_row())


def scattered(scene: Scene) -> None:
    """Digits anywhere, sizes up to threefold apart, none on another."""
    random, canvas = scene.random, scene.canvas
    writer = any_writer(scene, 0.1)
    taken: list[tuple[float, float, float]] = []
    for _ in range(whole_between(random, 3, 30)):
        size = scene.size * log_between(random, 0.55, 1.7)
        inside = scene.margin + size if scene.whole else 0
        x, y = between(random, inside, canvas.width - inside), between(random, inside, canvas.height - inside)
        if any(math.hypot(x - a, y - b) < 0.75 * (size + s) for a, b, s in taken):
            continue
        taken.append((x, y, size))
        digit = texts.digits(random, 1) if chance(random, 0.9) else pick(random, "+-×=()xabcn?")
        write(scene, writer, digit, (x - 0.3 * size, y + size / 2), size, canvas.new_row())


def columns(scene: Scene) -> None:
    """Numbers one above another, to the left, to the right, or on their points; a sum below a line now and then."""
    random, size, canvas = scene.random, scene.size, scene.canvas
    writer = any_writer(scene, 0.2)
    long = whole_between(random, 1, 6)
    step = size * between(random, 1.2, 2.0)
    x = scene.margin + size if scene.whole else between(random, -0.5, 2) * size
    width = long * size * (0.75 + writer.gap)
    while x < scene.right - (width if scene.whole else 0):
        y = scene.margin + size * 1.2 if scene.whole else between(random, 0, 2) * size
        for k in range(whole_between(random, 2, 12)):
            if y > scene.bottom - (0.4 * size if scene.whole else 0):
                break
            text = texts.number(random, 1, long)
            left = x + width - len(text) * size * (0.75 + writer.gap)
            row = canvas.new_row()
            if k and chance(random, 0.15):
                write(scene, writer, pick(random, "+-×÷"), (left - size, y), size)
            write(scene, writer, text, (left, y), size, row)
            if k and chance(random, 0.12):
                line = np.array([(x - 0.3 * size, y + 0.25 * size), (x + width, y + 0.25 * size + normal(random, 1))])
                canvas.line(line, max(1.0, 0.06 * size), writer.strength)
            y += step
        x += width + size * between(random, 1.5, 4)


def numerals(scene: Scene) -> None:
    """Numerals of other scripts, which are not digits to be read."""
    random = scene.random
    faces = scene.sources.faces["numerals"]
    if not faces:
        words(scene)
        return
    face = pick(random, faces)
    listed = {"arabic": ARABIC_INDIC, "devanagari": DEVANAGARI, "bengali": BENGALI}
    script = next((script for script in listed if script in face.files), "")
    letters = {"arabic": "ابتدرسشعفقكلمنوي", "devanagari": "अआकगचतदनपमयरलवसह", "bengali": "অআকগচতদনপমযরলসহ"}
    writer = Writer((TypeHand(face, waver=0.02),), 0.02, 0.5, 0.02, 1.0, True)

    def text() -> str:
        drawn = letters if chance(random, 0.3) else listed
        return " ".join(
            "".join(pick(random, drawn[script]) for _ in range(whole_between(random, 1, 7)))
            for _ in range(whole_between(random, 1, 4))
        )

    filled(scene, writer, text)


def turned(scene: Scene) -> None:
    """Writing of a page that lies on its side or head: none of it is to be read, symmetrical digits are ignored."""
    random, canvas = scene.random, scene.canvas
    pick(random, (numbers, mixed, words))(scene)
    turns = whole_between(random, 1, 3) if canvas.width == canvas.height else 2
    canvas.ink[:] = np.rot90(canvas.ink, turns)
    for mark in canvas.marks:
        across, down = mark.outline[:, 0], mark.outline[:, 1]
        for turn in range(turns):
            across, down = down, (canvas.height if turn % 2 else canvas.width) - across
        mark.outline = np.column_stack([across, down]).astype(np.float32)
        alike = mark.name in (0, 1, 8) if turns == 2 else mark.name in (0,)
        swapped = turns == 2 and mark.name in (6, 9)
        mark.ignored = alike or swapped
        mark.row = -1
        if mark.name < 10 and not mark.ignored:
            mark.name = OTHER
