"""Words as strokes: printed in any number of typefaces, and written by hand.

Letters come from one skeleton each, as digits of print do: a font's letters look otherwise with the next version of
OpenCV, and a reader that has seen one typeface takes the letters of the others for digits.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]  # (height, width), ink drawn into it in place
Points = NDArray[np.float64]
Random = np.random.Generator

PRECISION = 4  # OpenCV draws at sixteenths of a pixel
# A capital stands from 0 to BASE; small letters begin at MIDDLE, and their tails end at 8.
MIDDLE, BASE = 2, 6
# Strokes apart by spaces, each a chain of corners x, y. Corners within a stroke may be rounded.
SKELETONS = {
    "a": "4332120305163645 4246",
    "b": "0006 0312324345361605",
    "c": "4332120305163645",
    "d": "4046 4332120305163645",
    "e": "04444332120305163645",
    "f": "41302126 1232",
    "g": "4332120305163645 4247381807",
    "h": "0006 0312324346",
    "i": "2226 2020",
    "j": "32372818 3030",
    "k": "0006 4204 1446",
    "l": "2026",
    "m": "0206 03122326 23324346",
    "n": "0206 0312324346",
    "o": "120305163645433212",
    "p": "0208 0312324345361605",
    "q": "4248 4332120305163645",
    "r": "0206 04133242",
    "s": "43321203143445361605",
    "t": "20253646 0242",
    "u": "0205163645 4246",
    "v": "0226 4226",
    "w": "0216 2316 2336 4236",
    "x": "0246 4206",
    "y": "0226 4218",
    "z": "0242 4206 0646",
    "A": "2006 2046 1434",
    "B": "0006 003041423303 3344453606",
    "C": "4130100105163645",
    "D": "0006 002042442606",
    "E": "0006 0040 0333 0646",
    "F": "0006 0040 0333",
    "G": "4130100105163645 4543 4323",
    "H": "0006 4046 0343",
    "I": "2026",
    "J": "3035261605",
    "K": "0006 4004 1346",
    "L": "0006 0646",
    "M": "0006 4046 0023 4023",
    "N": "0006 4046 0046",
    "O": "100105163645413010",
    "P": "0006 003041423303",
    "Q": "100105163645413010 3446",
    "R": "0006 003041423303 2346",
    "S": "413010010213334445361605",
    "T": "0040 2026",
    "U": "000516364540",
    "V": "0026 4026",
    "W": "0016 2116 2136 4036",
    "X": "0046 4006",
    "Y": "0023 4023 2326",
    "Z": "0040 4006 0646",
    ".": "2626",
    "-": "1434",
    ":": "2626 2323",
}


def strokes_of(skeleton: str) -> list[Points]:
    """The strokes that a skeleton writes down, each float64 (N, 2): digits by twos are corners x, y."""
    return [
        np.array([(int(x), int(y)) for x, y in zip(chain[::2], chain[1::2], strict=True)], float)
        for chain in skeleton.split()
    ]


STROKES = {letter: strokes_of(skeleton) for letter, skeleton in SKELETONS.items()}
# As often as European languages use them, and marks now and then.
LETTERS = np.array(list("eeeeeeaaaaiiiinnnntttrrrrssssoooollldddcuummpphhbfggvkwzyjqx.-:"))


@dataclass(frozen=True)
class Face:
    """How a typeface, or a hand, draws its letters; lengths in units of the skeleton's grid.

    Attributes:
        wide: a letter's width as a share of its skeleton's.
        tall: how far capitals and long letters rise above small ones, as a share of the skeleton's.
        lean: how far a letter leans to the right, as a share of its height.
        weight: the stroke's width.
        rounded: how often the corners within a stroke are cut.
        serif: how far feet reach to both sides of an upright stroke's ends; 0 for none.
        shake: how far every corner is off, one standard deviation.
        joined: whether each letter of a word is joined to the next.
        gap: the room between letters.
    """

    wide: float
    tall: float
    lean: float
    weight: float
    rounded: int
    serif: float
    shake: float
    joined: bool
    gap: float


def any_face(random: Random) -> Face:
    """A typeface or, as often, a hand."""
    hand = random.random() < 0.5
    return Face(
        wide=random.uniform(0.6, 1.15),
        tall=random.uniform(0.6, 1.4),
        lean=random.normal(0.1, 0.15) if hand else random.choice([0.0, 0.0, 0.0, 0.22]),
        weight=random.uniform(0.25, 0.9) if hand else random.uniform(0.3, 1.5),
        rounded=int(random.integers(1, 4)),
        serif=0.0 if hand or random.random() < 0.6 else random.uniform(0.5, 0.9),
        shake=random.uniform(0.1, 0.35) if hand else 0.0,
        joined=bool(hand and random.random() < 0.4),
        gap=random.uniform(0.9, 1.8) + (0 if hand else random.uniform(0, 0.6)),
    )


def line(mask: Mask, points: list[tuple[float, float]], pen: float) -> None:
    """Draw a stroke through `points`, `pen` pixels wide; a pen finer than a pixel leaves less ink."""
    _draw(mask, [np.array(points)], pen)


def write(random: Random, mask: Mask, place: tuple[float, float], height: float, letters: int) -> None:
    """Write random words of one face into a mask, from `place` (x, y of the baseline) to the right.

    Args:
        random: decides the face and the words.
        mask: uint8 (height, width), written into in place.
        place: where the first letter's foot stands, in pixels.
        height: that of a capital, in pixels.
        letters: about how many, spaces included.
    """
    face, unit = any_face(random), height / BASE
    strokes, x = [], 0.0
    for word in _words(random, letters):
        right = None
        for letter in word:
            drawn = _letter(random, letter, face)
            left, width = min(s[:, 0].min() for s in drawn), max(s[:, 0].max() for s in drawn)
            drawn = [stroke + np.array([x - left, 0]) for stroke in drawn]
            if face.joined and right is not None:
                drawn.append(np.array([(right, -0.4), (right + 0.5 * face.gap, 0.1), (x, -0.8)]))
            strokes += drawn
            right = x + width - left
            x = right + face.gap
        x += 2 * face.gap + 1
    shear = np.array([[1, 0], [-face.lean, 1]])
    _draw(mask, [stroke @ shear * unit + place for stroke in strokes], face.weight * unit)


def _words(random: Random, letters: int) -> list[str]:
    """Words of about `letters` letters in all: small ones, in capitals, or with a capital first.

    None is of one letter, since an O, l or S that stands alone is a digit to whoever reads it.
    """
    case = (str, str, str.upper, str.title)[random.integers(4)]
    words = []
    while letters > 0:
        words.append(case("".join(random.choice(LETTERS, random.integers(2, 10)))))
        letters -= len(words[-1]) + 1
    return words


def _letter(random: Random, letter: str, face: Face) -> list[Points]:
    """A letter's strokes, y upwards from the baseline being negative, in units."""
    strokes = []
    for skeleton in STROKES[letter]:
        points = skeleton + random.normal(0, face.shake, skeleton.shape)
        above = points[:, 1] < MIDDLE
        points[above, 1] = MIDDLE - (MIDDLE - points[above, 1]) * face.tall
        points = rounded(points * (face.wide, 1) - (0, BASE), face.rounded)
        strokes.append(points)
        if face.serif and len(skeleton) == 2 and skeleton[0, 0] == skeleton[1, 0] and skeleton[0, 1] != skeleton[1, 1]:
            foot = np.array([face.serif, 0])
            strokes += [np.stack([end - foot, end + foot]) for end in points[[0, -1]]]
    return strokes


def rounded(points: Points, times: int) -> Points:
    """Cut the corners of an open line (Chaikin 1974), `times` times over."""
    for _cut in range(times):
        before, after = points[:-1], points[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def _draw(mask: Mask, strokes: list[Points], pen: float) -> None:
    tracks = [np.round(stroke * 2**PRECISION).astype(np.int32) for stroke in strokes]
    level = 255 if pen >= 1 else round(255 * max(pen, 0.2))
    cv2.polylines(mask, tracks, False, level, max(1, round(pen)), cv2.LINE_AA, PRECISION)
