"""Characters of typefaces, drawn once for each size and then stamped with a hand's variations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from edgedigits_data.synthetic.views.canvas import Glyph, Mask, Points, outline_of
from edgedigits_data.synthetic.views.chance import Random, chance, normal, pick

MASTERS = (24, 48, 96, 192)  # heights of a digit, in pixels, that characters are kept at
DRAWN = (96, 192)  # those that FreeType draws; smaller ones are averaged
MISSING = "\uffff"  # no typeface has it: what is drawn instead shows what a missing character looks like
SCRIPTS = {"greek": (0x370, 0x400), "cyrillic": (0x400, 0x530), "hebrew": (0x590, 0x600), "arabic": (0x600, 0x700)}
SCRIPTS |= {"devanagari": (0x900, 0x980), "bengali": (0x980, 0xA00)}


@dataclass(frozen=True)
class Drawn:
    """A character at one size: mask, its hull's corners, where it starts from the pen, the way to the next one."""

    mask: Mask
    outline: Points
    left: float
    top: float
    advance: float


@dataclass(frozen=True)
class Face:
    """One weight of a family: `role` is hand, print, segments, numerals or letters; `files` by subset."""

    family: str
    role: str
    files: Mapping[str, Path]
    _drawn: dict[tuple[str, int], Drawn | None] = field(default_factory=dict, compare=False, repr=False)
    _fonts: dict[tuple[str, int], ImageFont.FreeTypeFont] = field(default_factory=dict, compare=False, repr=False)
    _missing: dict[str, Mask] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def digit_height(self) -> float:
        """Height of the ink of a digit (or of a capital) as a share of the type size."""
        font = self._font(next(iter(self.files)), 200)
        tall = [font.getbbox(c, anchor="ls") for c in ("0", "8", "H")]
        return max(float(tall[0][3] - tall[0][1]), 0.6 * float(tall[2][3] - tall[2][1]), 40.0) / 200

    def _font(self, subset: str, size: int) -> ImageFont.FreeTypeFont:
        if (subset, size) not in self._fonts:
            self._fonts[subset, size] = ImageFont.truetype(str(self.files[subset]), size)
        return self._fonts[subset, size]

    def subset(self, character: str) -> str | None:
        """The subset that may hold a character."""
        code = ord(character)
        for script, (first, beyond) in SCRIPTS.items():
            if first <= code < beyond:
                return script if script in self.files else None
        if "latin" not in self.files:
            return next(iter(self.files))
        return "latin-ext" if 0x100 <= code < 0x250 and "latin-ext" in self.files else "latin"

    def has(self, character: str) -> bool:
        """Whether the face draws this character."""
        return self.draw(character, MASTERS[1]) is not None

    def draw(self, character: str, master: int) -> Drawn | None:
        """The character with digits `master` pixels high (one of MASTERS), drawn once; None where the face has none."""
        key = (character, master)
        if key not in self._drawn:
            self._drawn[key] = self._draw(character, master) if master in DRAWN else self._smaller(character, master)
        return self._drawn[key]

    def _smaller(self, character: str, master: int) -> Drawn | None:
        drawn = self.draw(character, DRAWN[0])
        if drawn is None:
            return None
        scale, (height, width) = master / DRAWN[0], drawn.mask.shape
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        mask = np.asarray(cv2.resize(drawn.mask, size, interpolation=cv2.INTER_AREA), np.uint8)
        return Drawn(
            mask, drawn.outline * np.float32(scale), drawn.left * scale, drawn.top * scale, drawn.advance * scale
        )

    def _draw(self, character: str, master: int) -> Drawn | None:
        subset = self.subset(character)
        if subset is None:
            return None
        size = round(master / self.digit_height)
        font = self._font(subset, size)
        mask, left, top = render(font, character, master)
        if subset not in self._missing:
            self._missing[subset] = render(self._font(subset, round(DRAWN[0] / self.digit_height)), MISSING, DRAWN[0])[
                0
            ]
        if mask.size == 0 or (master == DRAWN[0] and np.array_equal(mask, self._missing[subset])):
            return None
        outline = outline_of(mask)
        return Drawn(mask, outline, left, top, float(font.getlength(character))) if len(outline) else None


def render(font: ImageFont.FreeTypeFont, character: str, master: int) -> tuple[Mask, float, float]:
    """A character's mask, cropped to its ink, and its corner as seen from the pen's place; (0, 0) without ink."""
    image = Image.new("L", (5 * master, 5 * master), 0)
    ImageDraw.Draw(image).text((1.5 * master, 3 * master), character, fill=255, font=font, anchor="ls")
    mask = np.asarray(image)
    x, y, width, height = cv2.boundingRect(mask)
    return np.ascontiguousarray(mask[y : y + height, x : x + width]), float(x - 1.5 * master), float(y - 3 * master)


@dataclass(frozen=True)
class TypeHand:
    """Writes with a typeface: print stands still, a hand wavers from one character to the next.

    Attributes:
        face: the typeface.
        weight: how many pixels bolder, at digits 96 pixels high; less than 0 is finer.
        waver: how much characters differ, 0 for print, about 0.05 for a steady hand.
        narrow: width as a share of the face's.
        slant: shear to the right.
    """

    face: Face
    weight: int = 0
    waver: float = 0.0
    narrow: float = 1.0
    slant: float = 0.0

    def glyph(self, random: Random, character: str, size: float) -> Glyph | None:
        """The character with digits `size` pixels high; None where the face lacks it."""
        master = next((m for m in MASTERS if m >= size), MASTERS[-1])
        drawn = self.face.draw(character, master)
        if drawn is None:
            return None
        scale = size / master
        across, down = scale * self.narrow, scale
        slant = self.slant
        if self.waver:
            across *= float(np.exp(normal(random, self.waver)))
            down *= float(np.exp(normal(random, self.waver)))
            slant += normal(random, self.waver)
        return placed(drawn, across, down, slant, round(self.weight * size / 96))


def placed(drawn: Drawn, across: float, down: float, slant: float, weight: int) -> Glyph:
    """A drawn character scaled, sheared to the right about its baseline, and `weight` pixels bolder."""
    height, width = drawn.mask.shape
    top, bottom = drawn.top * down, (drawn.top + height) * down
    reach = min(-slant * top, -slant * bottom)
    # x' = across * x - slant * (y' + top) - reach, y' = down * y, in the new mask's pixels
    if abs(slant) < 0.01:
        size = (max(round(width * across), 1), max(round(height * down), 1))
        mask = cv2.resize(drawn.mask, size, interpolation=cv2.INTER_AREA if across < 1 else cv2.INTER_CUBIC)
        slant, reach = 0.0, 0.0
    else:
        size = (max(int(width * across + abs(slant) * height * down) + 2, 2), max(round(height * down), 2))
        matrix = np.array([[across, -slant * down, -slant * top - reach], [0, down, 0]], np.float32)
        mask = cv2.warpAffine(drawn.mask, matrix, size, flags=cv2.INTER_LINEAR)
    rows = drawn.outline[:, 1] * np.float32(down)
    columns = (
        drawn.outline[:, 0] * np.float32(across) - np.float32(slant) * (rows + np.float32(top)) - np.float32(reach)
    )
    outline = np.column_stack([columns, rows])
    left = drawn.left * across + reach
    if weight:
        bold = abs(weight)
        mask = cv2.copyMakeBorder(mask, bold, bold, bold, bold, cv2.BORDER_CONSTANT)
        element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (bold + 1, bold + 1))
        mask = cv2.dilate(mask, element) if weight > 0 else cv2.erode(mask, element)
        outline, left, top = outline_of(mask) if weight > 0 else outline + np.float32(bold), left - bold, top - bold
        if not len(outline):
            outline = np.zeros((1, 2), np.float32)
    return Glyph(np.asarray(mask, np.uint8), left, top, drawn.advance * across, outline)


def any_type_hand(random: Random, face: Face) -> TypeHand:
    """A way of writing with a face."""
    if face.role == "hand":
        weight = pick(random, (0, 0, 0, 3, 6, 10))
        return TypeHand(
            face, weight, abs(normal(random, 0.05)), float(np.exp(normal(random, 0.1))), normal(random, 0.1)
        )
    slant = normal(random, 0.15) if chance(random, 0.1) else 0.0
    return TypeHand(face, pick(random, (0, 0, 0, 4)), 0.0, float(np.exp(normal(random, 0.06))), slant)
