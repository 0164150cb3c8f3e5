"""Pen strokes: the digits of 30 writers, and the skeletons of digits and signs, drawn with any pen."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.synthetic.views.canvas import Glyph, Mask, outline_of
from edgedigits_data.synthetic.views.chance import Random, between, chance, normal, pick, whole_between
from edgedigits_data.synthetic.views.skeletons import SKELETONS

Stroke = NDArray[np.float64]  # (K, 2), x to the right and y downwards
Strokes = Sequence[Stroke]

FILE = Path(__file__).parents[2] / "files" / "pendigits_30_writers.unipen.gz"


@dataclass(frozen=True)
class Pen:
    """What draws: width as a share of a digit's height, how it varies along a stroke (0..1), a round or a flat tip."""

    width: float
    pressure: float = 0.0
    flat: bool = False


def any_pen(random: Random) -> Pen:
    """From a sharp ballpoint to a broad brush."""
    width = 0.03 + 0.03 * abs(float(random.standard_normal())) if chance(random, 0.65) else between(random, 0.06, 0.2)
    return Pen(width, between(random, 0, 0.5) if chance(random, 0.4) else 0.0, width > 0.08 and chance(random, 0.15))


def load_writers(path: Path = FILE) -> dict[int, list[list[list[Stroke]]]]:
    """Read the pen strokes: for each writer ten lists, one a digit, of samples, each a list of strokes.

    A sample is 1 high, its foot on y = 0 and its middle at x = 0; strokes of one point are left out.

    Raises:
        DataError: if the file is missing or damaged.
    """
    try:
        lines = gzip.decompress(path.read_bytes()).decode("ascii").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is missing or damaged ({error}); restore it with git or install again") from error
    writers: dict[int, list[list[list[Stroke]]]] = {}
    strokes: list[list[tuple[int, int]]] = []
    sample: list[Stroke] = []
    for line in [*lines, ".SEGMENT"]:
        if (
            line.startswith(".COMMENT")
            and len(fields := line.split()) >= 3
            and fields[1].isdigit()
            and len(fields[1]) == 1
        ):
            digit, writer = int(fields[1]), int(fields[2])
            sample = []
            writers.setdefault(writer, [[] for _ in range(10)])[digit].append(sample)
        elif line.startswith(".PEN_DOWN"):
            strokes.append([])
        elif line.startswith(".PEN_UP") and strokes:
            if len(strokes[-1]) > 1:
                sample.append(np.array(strokes[-1], float) * (1, -1))
        elif strokes and line.strip() and not line.startswith("."):
            x, y = line.split()
            strokes[-1].append((int(x), int(y)))
    return {writer: [[unit(s) for s in samples if s] for samples in digits] for writer, digits in writers.items()}


def unit(strokes: Strokes) -> list[Stroke]:
    """Strokes scaled to a height of 1 (a wide one to a width of 1.5), feet on y = 0, the middle at x = 0."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 1 / max(high[1] - low[1], (high[0] - low[0]) / 1.5, 1)
    return [(stroke - ((low[0] + high[0]) / 2, high[1])) * scale for stroke in strokes]


def bent(random: Random, strokes: Strokes, amount: float) -> list[Stroke]:
    """Strokes wavering smoothly: each point moves with two slow waves across the character."""
    phase, rate = random.random(4) * 6.28, random.random(4) * 3 + 1.5
    return [
        stroke
        + amount
        * np.column_stack(
            [
                np.sin(stroke[:, 1] * rate[0] + phase[0]) + 0.5 * np.sin(stroke[:, 0] * rate[1] + phase[1]),
                np.sin(stroke[:, 0] * rate[2] + phase[2]) + 0.5 * np.sin(stroke[:, 1] * rate[3] + phase[3]),
            ]
        )
        for stroke in strokes
    ]


def smooth(stroke: Stroke) -> Stroke:
    """Cut the corners of an open line once (Chaikin 1974)."""
    if len(stroke) < 3:
        return stroke
    before, after = stroke[:-1], stroke[1:]
    cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1).reshape(-1, 2)
    return np.concatenate([stroke[:1], cut, stroke[-1:]])


def inked(random: Random, strokes: Strokes, size: float, pen: Pen) -> Glyph | None:
    """Draw strokes in units of a digit's height, at `size` pixels for it, with a pen."""
    width = max(pen.width * size, 1.0)
    over = 1 if width > 6 else 2 if width > 3 else 4  # drawn larger, so that the width is right
    reach = int(width * (1 + pen.pressure)) + 2
    points = np.concatenate(list(strokes)) * size
    low = np.floor(points.min(axis=0)) - reach
    across, down = (np.ceil(points.max(axis=0)) + reach - low).astype(int)
    if across > 900 or down > 900:
        return None
    mask = np.zeros((down * over, across * over), np.uint8)
    for stroke in strokes:
        track = np.round(((smooth(stroke) if size > 40 else stroke) * size - low) * over * 16).astype(np.int32)
        _draw(random, mask, track, width * over, pen, cv2.LINE_AA if over == 1 else cv2.LINE_8)
    if over > 1:
        mask = cv2.resize(mask, (across, down), interpolation=cv2.INTER_AREA)
    right = float(points[:, 0].max())
    mask = np.asarray(mask, np.uint8)
    if pen.pressure or pen.flat:
        outline = outline_of(mask)
    else:
        # OpenCV's lines run through the middles of pixels and are whole pixels wide
        corners = cv2.convexHull((points - low + 0.5 / over).astype(np.float32))[:, 0]
        outline = np.concatenate(
            [corners + step for step in _AROUND * np.float32(max(1, round(width * over)) / over / 2)]
        )
    return Glyph(mask, float(low[0]), float(low[1]), right + width / 2, outline) if len(outline) else None


_AROUND = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.float32)


def _draw(random: Random, mask: Mask, track: NDArray[np.int32], width: float, pen: Pen, kind: int) -> None:
    if pen.flat:
        for shift in (-0.35, -0.12, 0.12, 0.35):
            moved = track + np.array([int(shift * width * 16), int(-shift * width * 8)], np.int32)
            cv2.polylines(mask, [moved], False, 255, max(1, round(width * 0.4)), kind, 4)
    elif pen.pressure and len(track) > 4:
        steps = min(8, len(track) - 1)
        ends = np.linspace(0, len(track) - 1, steps + 1).astype(int)
        level = normal(random, 1)
        for first, last in pairwise(ends):
            level = 0.7 * level + 0.7 * normal(random, 1)
            thick = width * (1 + pen.pressure * float(np.tanh(level)))
            cv2.polylines(mask, [track[first : last + 1]], False, 255, max(1, round(thick)), kind, 4)
    else:
        cv2.polylines(mask, [track], False, 255, max(1, round(width)), kind, 4)


def with_variant(random: Random, digit: int, strokes: Strokes) -> list[Stroke]:
    """Some sevens get a bar across, some straight ones an upstroke or a foot, as many people write them."""
    strokes = list(strokes)
    if digit == 7 and len(strokes) == 1 and chance(random, 0.35):
        middle = between(random, -0.6, -0.4)
        near = strokes[0][np.argmin(np.abs(strokes[0][len(strokes[0]) // 3 :, 1] - middle)) + len(strokes[0]) // 3]
        half, tilt = between(random, 0.12, 0.28), normal(random, 0.05)
        strokes.append(np.array([(near[0] - half, near[1] + tilt), (near[0] + half, near[1] - tilt)]))
    if digit == 1 and len(strokes) == 1 and np.ptp(strokes[0][:, 0]) < 0.3:
        top, foot = strokes[0][np.argmin(strokes[0][:, 1])], strokes[0][np.argmax(strokes[0][:, 1])]
        if chance(random, 0.4):
            across, down = between(random, 0.1, 0.4), between(random, 0.1, 0.5)
            strokes.append(np.array([(top[0] - across, top[1] + down), top]))
        if chance(random, 0.2):
            half = between(random, 0.12, 0.3)
            strokes.append(np.array([(foot[0] - half, foot[1]), (foot[0] + half, foot[1] + normal(random, 0.03))]))
    return strokes


@dataclass(frozen=True)
class StrokeHand:
    """Writes digits as one writer did, and everything else by skeletons, with one pen.

    Attributes:
        digits: for each digit the writer's samples; None writes skeletons.
        pen: the pen.
        bend: how far characters waver, as a share of their height.
        slant: shear to the right.
        narrow: width as a share of the samples'.
        heights: float64 (10,), each digit's height as a share of the hand's size.
    """

    digits: Sequence[Sequence[Strokes]] | None
    pen: Pen
    bend: float
    slant: float
    narrow: float
    heights: NDArray[np.float64]

    def glyph(self, random: Random, character: str, size: float) -> Glyph | None:
        """The character with digits about `size` pixels high; None where there is no skeleton."""
        tall = 1.0
        if character.isascii() and character.isdigit():
            digit = int(character)
            tall = float(self.heights[digit]) * float(np.exp(normal(random, 0.05)))
            samples = self.digits[digit] if self.digits is not None else ()
            strokes = with_variant(random, digit, pick(random, samples)) if samples else skeleton(random, character)
        else:
            strokes = skeleton(random, character)
        if not strokes:
            return None
        matrix = np.array([[self.narrow, 0], [-self.slant, 1]]) * tall
        strokes = [stroke @ matrix for stroke in bent(random, strokes, self.bend)]
        lowest = min(stroke[:, 0].min() for stroke in strokes)
        return inked(random, [stroke - (lowest, 0) for stroke in strokes], size, self.pen)


def any_stroke_hand(random: Random, writers: Sequence[Sequence[Sequence[Strokes]]]) -> StrokeHand:
    """A writer, or now and then nobody in particular, with any pen."""
    digits = pick(random, writers) if chance(random, 0.8) else None
    heights = np.exp(random.normal(0, 0.15, 10)) if chance(random, 0.5) else np.ones(10)
    if chance(random, 0.2):
        heights[0] *= between(random, 0.5, 0.9)
    return StrokeHand(
        digits,
        any_pen(random),
        abs(normal(random, 0.02)),
        normal(random, 0.12),
        float(np.exp(normal(random, 0.15))),
        heights,
    )


def skeleton(random: Random, character: str) -> list[Stroke]:
    """One way of writing a character, corners moved a little; empty where none is known."""
    ways = SKELETONS.get(character)
    if not ways:
        return []
    strokes = []
    for stroke in pick(random, ways):
        moved = stroke + random.normal(0, 0.02, stroke.shape)
        for _ in range(whole_between(random, 0, 2) if len(stroke) < 4 else 2):
            moved = smooth(moved)
        strokes.append(moved)
    return strokes
