"""Pictures that are no digits, drawn by the dozen: what a network must have seen to know what it does not know.

Outlier exposure (Hendrycks, Mazeika and Dietterich 2019) needs examples of "something else", many and various rather
than true to life: letters and operators from OpenCV's Hershey fonts, invented letters, scribbles, ruled lines, smudges,
paper, textures, words, and real pen strokes in the wrong order (digits turned, mirrored, halved, doubled). What could
pass for a digit (O, I, l, S, Z, B, q, ...) is left out.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.mnist import Split
from edgedigits_data.synthetic.words import rounded, strokes_of

Ink = NDArray[np.uint8]
Points = NDArray[np.float64]
Kind = Callable[[np.random.Generator, Split], Ink]

SIDE = 28
DIGIT_SIDE = 20
MIDDLE = SIDE // 2  # the pixel that MNIST's centres of mass are on
# Everything is drawn at twice the size it will have, then shrunk: strokes get the grey edges that a camera gives them.
CANVAS = 56
LETTERS = "ACEFHKMNPRUVWXYadefhkmnprtuvwx"
OPERATORS = '+*=#%@<>~^"'
# Letters as a pen writes them: strokes apart by spaces, each a chain of corners x, y on a 5 by 5 grid.
SKELETONS = {
    "A": "042044 0333",
    "C": "4110010334",
    "E": "40000444 0232",
    "F": "400004 0232",
    "H": "0004 4044 0242",
    "K": "0004 400244",
    "M": "0400224044",
    "N": "04004440",
    "P": "04003041320232",
    "R": "0400304132023244",
    "T": "0040 2024",
    "U": "000314344340",
    "V": "002440",
    "W": "0014223440",
    "X": "0044 4004",
    "Y": "0022 402224",
    "a": "412101030434 40444344",
    "d": "310101030434 4044",
    "e": "0242411000031434",
    "f": "3110202424 0242",
    "h": "0004 021232424344",
    "k": "0004 310244",
    "m": "0401 021222 2224 22324244",
    "n": "0401 0211314244",
    "r": "0104 02113141",
    "t": "202334 0141",
    "u": "01031434434144",
    "w": "0114223441",
    "x": "0144 4104",
    "alpha": "411101030434234144",
    "lambda": "0044 2204",
    "pi": "0141 1114 3134",
    "phi": "2024 11314233130311",
    "psi": "0002134240 2024",
    "hash": "1014 3034 0141 0343",
    "arrow": "0242 314233",
    "root": "021424204042",
    "infinity": "01023241424132030201",
    "star": "2024 0143 0341",
    "ge": "04004041",
    "zhe": "2024 002204 402244",
    "sha": "00044440 2024",
    "ya": "440210304044",
}
FONTS = [
    getattr(cv2, f"FONT_HERSHEY_{name}")
    for name in (
        "SIMPLEX",
        "PLAIN",
        "DUPLEX",
        "COMPLEX",
        "TRIPLEX",
        "COMPLEX_SMALL",
        "SCRIPT_SIMPLEX",
        "SCRIPT_COMPLEX",
    )
]


def nondigits(count: int, digits: Split, seed: int = 0) -> Ink:
    """Draw `count` images without a digit, prepared as digits are: fitted to 20x20 pixels, mass in the middle.

    Args:
        count: how many.
        digits: digits whose strokes are reused in the wrong order.
        seed: the same seed draws the same images.

    Returns:
        uint8 (count, 28, 28), 0 = paper, 255 = ink.
    """
    random = np.random.default_rng(seed)
    kinds = list(KINDS)
    shares = np.array(list(KINDS.values()), float)
    images = np.empty((count, SIDE, SIDE), np.uint8)
    for i, kind in enumerate(random.choice(len(kinds), count, p=shares / shares.sum())):
        images[i] = _fitted(kinds[kind](random, digits), random)
    return images


def _fitted(ink: Ink, random: np.random.Generator) -> Ink:
    """Ink (height, width) of any size as an image: its box to 20x20, now and then less well; its mass in the middle."""
    rows, columns = np.flatnonzero(ink.max(axis=1) > 64), np.flatnonzero(ink.max(axis=0) > 64)
    if not len(rows):
        return cv2.resize(ink, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    x, y = columns[0], rows[0]
    width, height = columns[-1] + 1 - x, rows[-1] + 1 - y
    scale = DIGIT_SIDE / max(width, height) * random.choice([1.0, 1.0, random.uniform(0.7, 1.15)])
    if scale < 1:  # what is sampled at a lower rate must be smoothed first
        ink = cv2.blur(ink, (max(1, round(1 / scale)),) * 2).astype(np.uint8)
    moments = cv2.moments(ink[y : y + height, x : x + width])
    mass = moments["m00"] or 1.0
    centre_x, centre_y = x + moments["m10"] / mass, y + moments["m01"] / mass
    # The whole box stays inside the field, as it does for digits.
    left, top = MIDDLE - (centre_x - x) * scale, MIDDLE - (centre_y - y) * scale
    left = np.clip(left, 0, max(0.0, SIDE - width * scale))
    top = np.clip(top, 0, max(0.0, SIDE - height * scale))
    matrix = np.array([[scale, 0, left - x * scale], [0, scale, top - y * scale]])
    image = cv2.warpAffine(ink, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR).astype(np.float32)
    return np.asarray(np.clip(image * (255 / max(float(image.max()), 128)), 0, 255), np.uint8)


def _canvas() -> Ink:
    return np.zeros((CANVAS, CANVAS), np.uint8)


def _glyph(random: np.random.Generator, characters: str) -> Ink:
    """One character in a random font and breadth, slanted, turned and bent."""
    ink = _canvas()
    text = characters[random.integers(len(characters))]
    font = FONTS[random.integers(len(FONTS))] | (cv2.FONT_ITALIC if random.random() < 0.3 else 0)
    breadth = int(random.integers(1, 5))
    (width, height), base = cv2.getTextSize(text, font, 1.0, breadth)
    size = 40 / max(width, height + base)
    origin = (round((CANVAS - width * size) / 2), round((CANVAS + (height - base) * size) / 2))
    cv2.putText(ink, text, origin, font, size, 255, breadth + 1, cv2.LINE_AA)
    return _bent(ink, random)


def _bent(ink: Ink, random: np.random.Generator) -> Ink:
    """An affine map and a slow wave through the picture: no two characters of a font come out alike."""
    height, width = ink.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x - width / 2, y - height / 2
    a, b, c, d = np.eye(2).ravel() + random.normal(0, 0.13, 4)
    waves = random.uniform(0.05, 0.18, 2)
    phases, depths = random.uniform(0, 6.3, 2), random.uniform(0, 2.5, 2)
    map_x = a * x + b * y + depths[0] * np.sin(waves[0] * y + phases[0]) + width / 2
    map_y = c * x + d * y + depths[1] * np.sin(waves[1] * x + phases[1]) + height / 2
    return np.asarray(cv2.remap(ink, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR), np.uint8)


def letter(random: np.random.Generator, _: Split) -> Ink:
    return _glyph(random, LETTERS)


def written_letter(random: np.random.Generator, _: Split) -> Ink:
    """A letter as a pen writes it: every corner a little off, strokes that curve, thin or broad."""
    ink, breadth = _canvas(), int(random.choice([2, 3, 3, 4, 5, 6]))
    strokes = strokes_of(list(SKELETONS.values())[random.integers(len(SKELETONS))])
    size = random.uniform(7, 9, 2)
    for stroke in strokes:
        points = (stroke - (2, 2)) * size
        points = rounded(points + random.normal(0, 1.6, points.shape), int(random.integers(0, 3))) + CANVAS / 2
        cv2.polylines(ink, [np.round(points * 8).astype(np.int32)], False, 255, breadth, cv2.LINE_AA, 3)
    return _bent(ink, random)


def operator(random: np.random.Generator, _: Split) -> Ink:
    return _glyph(random, OPERATORS)


def drawn_operator(random: np.random.Generator, _: Split) -> Ink:
    """Minus, plus, times, equals, divided by, as a pen draws them."""
    ink, breadth = _canvas(), int(random.integers(2, 7))
    gap = int(random.integers(5, 12))
    lines = (
        [(10, 28, 46, 28)],
        [(10, 28, 46, 28), (28, 10, 28, 46)],
        [(10, 10, 46, 46), (10, 46, 46, 10)],
        [(10, 28 - gap, 46, 28 - gap), (10, 28 + gap, 46, 28 + gap)],
        [(10, 28, 46, 28)],
    )
    which = int(random.integers(len(lines)))
    for line in lines[which]:
        x1, y1, x2, y2 = (end + int(random.integers(-3, 4)) for end in line)
        cv2.line(ink, (x1, y1), (x2, y2), 255, breadth, cv2.LINE_AA)
    if which == 4:
        for y in (14, 42):
            cv2.circle(ink, (28 + int(random.integers(-3, 4)), y), breadth, 255, -1, cv2.LINE_AA)
    return ink


def invented_letter(random: np.random.Generator, _: Split) -> Ink:
    """Three to five strokes, straight or curved, as in a script nobody knows."""
    ink, breadth = _canvas(), int(random.integers(2, 6))
    corners = random.permutation(np.mgrid[8:49:20, 8:49:20].reshape(2, -1).T)[:6] + random.normal(0, 3.5, (6, 2))
    for _stroke in range(random.integers(3, 6)):
        start, end = corners[random.choice(6, 2, replace=False)]
        control = (start + end) / 2 + random.normal(0, random.choice([1, 9]), 2)
        _curve(ink, start, control, end, breadth)
    return ink


def _curve(
    ink: Ink, start: NDArray[np.float64], control: NDArray[np.float64], end: NDArray[np.float64], breadth: int
) -> None:
    t = np.linspace(0, 1, 12)[:, None]
    points = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    cv2.polylines(ink, [np.round(points * 8).astype(np.int32)], False, 255, breadth, cv2.LINE_AA, 3)


def scribble(random: np.random.Generator, _: Split) -> Ink:
    """A pen that wanders, strikes to and fro, or goes round and round."""
    ink = _canvas()
    count = int(random.integers(25, 90))
    which = random.integers(3)
    if which == 0:
        steps = np.cumsum(random.normal(0, 1, (count, 2)), axis=0)
    elif which == 1:  # fewer than seven strokes may pass for a 3 or a 2
        ends = np.tile([0.0, 1.0], int(random.integers(4, 12)))
        steps = np.stack([ends, np.linspace(0, 1, len(ends))], axis=1) + random.normal(0, 0.08, (len(ends), 2))
        angle = random.uniform(0, np.pi)
        steps = steps @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    else:
        t = np.linspace(0, random.uniform(20, 60), count)
        turn = np.stack([np.cos(t), np.sin(t * random.uniform(0.6, 1.8) + random.uniform(0, 3))], axis=1)
        steps = turn * random.uniform(0.4, 1, (count, 1)) + t[:, None] * random.normal(0, 0.08, (1, 2))
    steps = (steps - steps.min(axis=0)) / np.maximum(np.ptp(steps, axis=0), 1e-6)
    points = (8 + steps * 40 * random.uniform(0.35, 1, 2)) * 8
    cv2.polylines(ink, [np.round(points).astype(np.int32)], False, 255, int(random.integers(1, 5)), cv2.LINE_AA, 3)
    return ink


def ruled(random: np.random.Generator, _: Split) -> Ink:
    """Lines, combs, grids, corners and boxes; never a single upright line, which is a 1."""
    ink, breadth = _canvas(), int(random.integers(1, 6))
    which = random.integers(4)
    if which == 0:
        for y in np.arange(random.integers(4, 16), CANVAS, random.integers(8, 24)):
            cv2.line(ink, (4, int(y)), (52, int(y + random.integers(-3, 4))), 255, breadth, cv2.LINE_AA)
    elif which == 1:
        gap = int(random.integers(10, 26))
        for place in range(int(random.integers(3, gap)), CANVAS, gap):
            cv2.line(ink, (place, 4), (place, 52), 255, breadth, cv2.LINE_AA)
            cv2.line(ink, (4, place), (52, place), 255, breadth, cv2.LINE_AA)
    elif which == 2:
        corner, turn = random.uniform(12, 44, 2), random.choice([0, 2, 3])  # the corner left out is a 7
        ends = np.array([[52, 28], [28, 52], [4, 28], [28, 4]])[[turn, (turn + 1) % 4]] + random.uniform(-8, 8, (2, 2))
        points = np.stack([ends[0], corner, ends[1]])
        cv2.polylines(ink, [points.astype(np.int32)], False, 255, breadth, cv2.LINE_AA)
    else:
        first, last = random.integers(4, 18, 2), random.integers(38, 53, 2)
        cv2.rectangle(ink, first.tolist(), last.tolist(), 255, breadth)
        if random.random() < 0.5:
            middle = int(random.integers(20, 36))
            cv2.line(ink, (int(first[0]), middle), (int(last[0]), middle), 255, breadth, cv2.LINE_AA)
    return _bent(ink, random)


def smudge(random: np.random.Generator, _: Split) -> Ink:
    """Blots, fingerprints' worth of grey, filled shapes and hard shadows."""
    which = random.integers(3)
    if which == 0:
        blot = (_grain(random, random.uniform(3, 9)) - random.uniform(0.2, 1.5)) * random.uniform(100, 800)
        return np.asarray(np.clip(blot, 0, 255), np.uint8)
    ink = _canvas()
    if which == 1:
        axes = random.integers(9, 22, 2)
        cv2.ellipse(ink, (28, 28), axes.tolist(), float(random.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
    else:
        cv2.fillPoly(ink, [random.integers(2, 54, (int(random.integers(3, 7)), 2)).astype(np.int32)], 255, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), random.uniform(0.5, 4)), np.uint8)


def texture(random: np.random.Generator, _: Split) -> Ink:
    """Clouds, grain and gradients filling the field: what paper, cloth, faces and landscapes become."""
    field = np.zeros((CANVAS, CANVAS), np.float32)
    roughness = random.uniform(0.3, 1.6)
    for points in (2, 4, 8, 16, 32):
        grain = random.standard_normal((points, points)).astype(np.float32) * points**-roughness
        field += cv2.resize(grain, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    if random.random() < 0.4:
        shape = cv2.fillPoly(_canvas(), [random.integers(0, 56, (5, 2)).astype(np.int32)], 1)
        field += shape * random.normal(0, 2 * float(field.std()))
    low, high = np.percentile(field, [random.uniform(0, 60), random.uniform(90, 100)])
    return np.asarray(np.clip((field - low) / max(high - low, 1e-6) * 255, 0, 255), np.uint8)


def paper(random: np.random.Generator, _: Split) -> Ink:
    """Nothing but grain and specks, as strong as a normalization that looks for ink would make them."""
    grain = (_grain(random, random.uniform(0.5, 2.5)) - random.uniform(0, 2.5)) * random.uniform(30, 100)
    return np.asarray(np.clip(grain, 0, 255), np.uint8)


def _grain(random: np.random.Generator, coarseness: float) -> NDArray[np.float32]:
    """Smooth noise over the canvas, variance 1, its grains about `coarseness` pixels wide."""
    noise = cv2.GaussianBlur(random.standard_normal((CANVAS, CANVAS)), (0, 0), coarseness)
    return np.asarray(noise / noise.std(), np.float32)


def word(random: np.random.Generator, digits: Split) -> Ink:
    """Two to four letters, or two digits, side by side or in rows: too much for one image."""
    if random.random() < 0.35:
        left, right = digits.images[random.integers(0, len(digits), 2)]
        lap = int(random.integers(4, 9))
        return np.hstack([left[:, : SIDE - lap], right[:, lap:]])
    across, down = ((3, 1), (2, 1), (4, 1), (3, 2), (4, 3))[random.integers(5)]
    alphabet = LETTERS + "bgijloqszBDGIJLOQSTZ"
    rows = [np.hstack([_glyph(random, alphabet)[:, 8:48] for _ in range(across)]) for _ in range(down)]
    return np.vstack(rows)


def wrong_strokes(random: np.random.Generator, digits: Split) -> Ink:
    """Real pen strokes that make no digit: lying on their side, or one digit across another."""
    # A 0 on its side is a 0, an 8 nearly an 8, and a 1 may be the bar of a 7.
    some = random.integers(0, len(digits), 16)
    usable = [i for i in some if digits.labels[i] not in (0, 1, 8)] or [some[0]]
    lying = np.ascontiguousarray(np.rot90(digits.images[usable[0]], random.choice([1, 3])))
    if random.random() < 0.6:
        return lying
    moved = np.roll(lying, random.integers(-5, 6, 2), axis=(0, 1))
    return np.asarray(np.maximum(digits.images[some[-1]], moved), np.uint8)


# How often each kind is drawn.
KINDS: dict[Kind, float] = {
    letter: 2.5,
    written_letter: 5,
    operator: 1,
    drawn_operator: 1.5,
    invented_letter: 4,
    scribble: 4,
    ruled: 2,
    smudge: 1.5,
    texture: 3,
    paper: 1.5,
    word: 2,
    wrong_strokes: 3,
}
