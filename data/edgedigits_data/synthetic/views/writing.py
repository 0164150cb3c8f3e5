"""Lines of text on a canvas, in a hand or in print."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgedigits_data.synthetic.views.canvas import Canvas, Glyph, Mark
from edgedigits_data.synthetic.views.chance import Random, between, chance, log_between, normal, pick
from edgedigits_data.synthetic.views.imagehand import any_image_hand
from edgedigits_data.synthetic.views.names import name_of
from edgedigits_data.synthetic.views.sources import Sources
from edgedigits_data.synthetic.views.strokes import any_stroke_hand
from edgedigits_data.synthetic.views.typefaces import any_type_hand


class Hand(Protocol):
    """Whatever draws characters: a typeface, a writer's strokes, images of digits."""

    def glyph(self, random: Random, character: str, size: float) -> Glyph | None:
        """A character with digits `size` pixels high; None where this hand cannot write it."""


@dataclass(frozen=True)
class Writer:
    """How lines are written: the first of `hands` that knows a character draws it.

    Attributes:
        hands: the hands.
        gap: room between characters, as a share of the size.
        space: room between words, as a share of the size.
        shake: how far characters leave the baseline, as a share of the size.
        strength: how dark the ink is, 0..1.
        printed: whether it is print.
    """

    hands: tuple[Hand, ...]
    gap: float
    space: float
    shake: float
    strength: float
    printed: bool

    def glyph(self, random: Random, character: str, size: float) -> Glyph | None:
        """The character by the first hand that knows it."""
        for hand in self.hands:
            glyph = hand.glyph(random, character, size)
            if glyph is not None:
                return glyph
        return None


@dataclass(frozen=True)
class Scene:
    """What a kind of page is drawn with.

    Attributes:
        random: every draw.
        sources: typefaces, hands, words.
        canvas: what is drawn on.
        size: height of a digit in pixels, more or less.
        whole: whether everything must lie on the canvas, `margin` pixels from its border; else it is a part of a page.
        margin: see `whole`.
    """

    random: Random
    sources: Sources
    canvas: Canvas
    size: float
    whole: bool
    margin: float

    @property
    def right(self) -> float:
        """Where lines end."""
        return self.canvas.width - self.margin if self.whole else self.canvas.width + 20.0

    @property
    def bottom(self) -> float:
        """Where the last line ends."""
        return self.canvas.height - self.margin if self.whole else self.canvas.height + self.size


def any_writer(scene: Scene, printed: float = 0.25) -> Writer:
    """A writer: print in a share of `printed`, else a hand by typeface, MNIST's images or pen strokes."""
    random, sources = scene.random, scene.sources
    strength = 1.0 if chance(random, 0.6) else between(random, 0.6, 1)
    if sources.faces["print"] and chance(random, printed):
        hand: Hand = any_type_hand(random, pick(random, sources.faces["print"]))
        gap = 0.0 if chance(random, 0.7) else between(random, 0, 0.3)
        return Writer((hand, stroke_signs(scene)), gap, between(random, 0.35, 0.7), 0.0, strength, True)
    gap = between(random, 0.02, 0.3) if chance(random, 0.7) else between(random, 0.3, 1.0)
    space = gap + between(random, 0.4, 1.0)
    shake = abs(normal(random, 0.04))
    k = random.random()
    written = any_type_hand(random, pick(random, sources.faces["hand"])) if sources.faces["hand"] else None
    strokes = any_stroke_hand(random, sources.writers)
    others: tuple[Hand, ...] = (written, strokes) if written and chance(random, 0.75) else (strokes,)
    if k < 0.36:
        return Writer((any_image_hand(random, sources.images), *others), gap, space, shake, strength, False)
    if k < 0.68:
        # its own pen for signs; letters by a typeface, or by skeletons, too
        hands: tuple[Hand, ...] = (
            (strokes,) if chance(random, 0.5) or written is None else (OnlySigns(strokes), written)
        )
        return Writer(hands, gap, space, shake, strength, False)
    hands = (written, strokes) if written else (strokes,)
    if written and chance(random, 0.6):  # as the face joins its letters
        gap = 0.0
    return Writer(hands, gap, space, shake, strength, False)


@dataclass(frozen=True)
class OnlySigns:
    """A hand that leaves letters to others."""

    hand: Hand

    def glyph(self, random: Random, character: str, size: float) -> Glyph | None:
        """Digits and signs by the hand; None for letters."""
        return None if character.isalpha() else self.hand.glyph(random, character, size)


def stroke_signs(scene: Scene) -> Hand:
    """Skeletons for signs that a typeface lacks."""
    return any_stroke_hand(scene.random, scene.sources.writers)


def write(
    scene: Scene,
    writer: Writer,
    text: str,
    place: tuple[float, float],
    size: float,
    row: int = -1,
    slope: float = 0.0,
) -> tuple[float, list[Mark]]:
    """Write `text` from the baseline's start `place`; returns where it ends and the marks of its digits.

    Digits go into `row` of the page, other characters into none. "^" raises the next character.
    """
    random, canvas = scene.random, scene.canvas
    x, y = place
    written: list[Mark] = []
    raised = False
    if y - 1.4 * size > canvas.height or y + 0.6 * size < 0:  # nothing of it would be seen
        return x, written
    for character in text:
        if x > canvas.width:
            break
        if character == " ":
            x += size * writer.space * between(random, 0.7, 1.4)
            continue
        if character == "^":
            raised = True
            continue
        glyph = writer.glyph(random, character, size * (0.55 if raised else 1))
        if glyph is None:
            x += size * 0.3
            continue
        drop = normal(random, size * writer.shake) + slope * (x - place[0]) - raised * 0.55 * size
        raised = False
        is_digit = character.isascii() and character.isdigit()
        mark = canvas.stamp(glyph, x, y + drop, name_of(character), row if is_digit else -1, writer.strength)
        if mark is not None and is_digit:
            written.append(mark)
        gap = min(writer.gap, 0.15) if character.isalpha() else writer.gap
        x += glyph.advance + size * gap * (1 if writer.printed else between(random, 0.4, 1.6))
    return x, written


def width_of(text: str, size: float, writer: Writer) -> float:
    """About how wide a text will be."""
    return size * (0.78 + writer.gap) * len(text)


def lines(scene: Scene, text_of: Callable[[], str], printed: float = 0.25) -> None:
    """Fill the canvas with lines of `text_of()`, in one hand or, now and then, two."""
    random, size = scene.random, scene.size
    writers = [any_writer(scene, printed)]
    if chance(random, 0.25):
        writers.append(any_writer(scene, 0.5))
    gap = size * (between(random, 1.25, 2.6) if chance(random, 0.75) else between(random, 2.6, 6))
    if scene.whole:
        y = scene.margin + size * between(random, 1, 1.5)
    else:
        y = between(random, -0.3, 1.2) * gap if chance(random, 0.8) else between(random, 0.2, 0.7) * scene.canvas.height
    slope = normal(random, 0.015)
    varied = chance(random, 0.25)  # sizes that vary threefold on one page
    indent = between(random, -60, 40) if chance(random, 0.4) else None
    while y < scene.bottom - (0.3 * size if scene.whole else 0):
        this = size * log_between(random, 0.6, 1.7) if varied else size
        writer = pick(random, writers)
        if scene.whole:
            x = scene.margin + between(random, 0, 1) * size
        elif indent is not None:
            x = indent + normal(random, 4)
        else:
            x = between(random, -20, scene.canvas.width * 0.5)
        if not chance(random, 0.08):
            text = text_of()
            while scene.whole and " " in text and x + width_of(text, this, writer) > scene.right:
                text = text.rsplit(" ", 1)[0]
            if not scene.whole or x + width_of(text, this, writer) <= scene.right:
                write(scene, writer, text, (x, y), this, scene.canvas.new_row(), slope)
        y += gap * float(np.exp(normal(random, 0.08))) * (max(this / size, 1) if varied else 1)
