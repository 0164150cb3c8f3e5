"""Digits as pen strokes: MNIST's digits thinned to their middle lines, to be drawn again at any size with any pen.

MNIST's strokes are a seventh of a digit's height thick, as a broad marker's, and blurred at 28 pixels. A reader that
has only seen those misses ballpoints and pencils. The distance from a digit's middle line, kept as a small field,
gives a crisp stroke of any width at any size by one threshold.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.mnist import Split

SIDE = 64  # a field's side, in its own pixels; the digit itself is DIGIT of them high or wide
DIGIT = 40
# Distances are kept in uint8, in sixteenths of a field pixel.
UNIT = 16


@dataclass(frozen=True)
class Glyphs:
    """Digits ready to be drawn.

    Attributes:
        fields: uint8 (N, SIDE, SIDE), each pixel's distance from the digit's middle line in sixteenths of a pixel.
        boxes: float32 (N, 4), the middle line's (x, y, width, height) in its field.
        labels: uint8 (N,).
    """

    fields: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    labels: NDArray[np.uint8]


def make_glyphs(split: Split, seed: int = 0, elastic: float = 1.0) -> Glyphs:
    """Thin every digit of a split to its middle line, after bending it a little.

    Args:
        split: MNIST's digits; what is drawn from test digits must not be trained on.
        seed: decides how each digit is bent and which ones and sevens get a flag or a bar.
        elastic: how strongly, 0 for not at all.
    """
    random = np.random.default_rng(seed)
    large = np.stack(
        [_bend(image, int(label), random, elastic) for image, label in zip(split.images, split.labels, strict=True)]
    )
    lines = skeletons(np.stack([_without_specks(image > 80) for image in large]))
    for i, label in enumerate(split.labels):
        if label == 1 and random.random() < 0.3 * elastic:
            lines[i] = _flagged_one(random)
        elif label == 7 and random.random() < 0.25 * elastic:
            _cross(lines[i], random)
    fields, boxes = zip(*map(field_of, lines), strict=True)
    return Glyphs(np.stack(fields), np.stack(boxes), split.labels)


def field_of(line: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A middle line, bool (SIDE, SIDE), as `Glyphs` keeps it: its field and its box."""
    distance = cv2.distanceTransform((~line).astype(np.uint8), cv2.DIST_L2, 5)
    # Thinned lines are stairs; a little blur makes them the curves they were.
    distance = cv2.GaussianBlur(distance, (0, 0), 1.2)
    field = np.clip(np.maximum(distance - 0.75, 0) * UNIT, 0, 255).astype(np.uint8)
    box = cv2.boundingRect(line.astype(np.uint8)) if line.any() else (SIDE // 2, SIDE // 2, 1, 1)
    return field, np.array(box, np.float32)


def draw(
    field: NDArray[np.uint8],
    box: NDArray[np.float32],
    height: float,
    pen: float,
    shape: NDArray[np.float64],
    swell: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Draw one glyph.

    Args:
        field: uint8 (SIDE, SIDE), from Glyphs.
        box: its middle line's box.
        height: the digit's height in pixels, before `shape`.
        pen: the stroke's width in pixels.
        shape: (2, 2), a linear map applied to the upright digit: slant, rotation, aspect.
        swell: float32 (h, w), how much broader than `pen` the stroke is across the digit; None for the same everywhere.

    Returns:
        coverage, float32 (h, w) in 0..1, and the middle of the digit in it, (x, y).
    """
    # A flat digit is as large as a tall one of the same longer side.
    scale = height / max(float(box[3]), 0.75 * float(box[2]), 1.0)
    middle = box[:2] + box[2:] / 2
    matrix = shape * scale
    reach = np.abs(matrix) @ (box[2:] / 2) + pen / 2 + 2
    width, tall = (2 * np.ceil(reach)).astype(int) + 1
    offset = np.array([width, tall]) / 2 - 0.5 - matrix @ middle
    placed = np.hstack([matrix, offset[:, None]])
    distance = cv2.warpAffine(
        field, placed, (int(width), int(tall)), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    ).astype(np.float32)
    distance *= np.sqrt(abs(np.linalg.det(matrix))) / UNIT
    pens = np.float32(pen) if swell is None else pen * cv2.resize(swell, distance.shape[::-1])
    coverage = np.clip(np.maximum(pens, 1) / 2 + 0.5 - distance, 0, 1) * np.minimum(pens, 1)
    return np.asarray(coverage, np.float32), (width / 2 - 0.5, tall / 2 - 0.5)


def skeletons(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin shapes to lines one pixel wide, all at once.

    The method is Zhang and Suen's, "A fast parallel algorithm for thinning digital patterns", CACM 27(3), 1984.

    Args:
        masks: bool (N, height, width); the outermost pixels must be False.
    """
    lines = masks.copy()
    active = np.arange(len(lines))
    while len(active):
        current = lines[active]
        before = current.sum(axis=(1, 2))
        for step in (0, 1):
            current &= ~_removable(current, step)
        lines[active] = current
        active = active[current.sum(axis=(1, 2)) < before]
    return lines


def _removable(lines: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    padded = np.pad(lines, ((0, 0), (1, 1), (1, 1)))
    height, width = lines.shape[1:]
    # Clockwise from the pixel above.
    around = [
        padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        for dy, dx in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    ]
    count = np.zeros(lines.shape, np.uint8)
    rises = np.zeros(lines.shape, np.uint8)
    for i in range(8):
        count += around[i]
        rises += ~around[i] & around[(i + 1) % 8]
    up, right, down, left = around[0], around[2], around[4], around[6]
    open_sides = (
        ~(up & right & down) & ~(right & down & left) if step == 0 else ~(up & right & left) & ~(up & down & left)
    )
    return np.asarray(lines & (count >= 2) & (count <= 6) & (rises == 1) & open_sides, bool)


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    mask[[0, -1]] = mask[:, [0, -1]] = False
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 3:
        return mask
    large = stats[:, cv2.CC_STAT_AREA] > 0.12 * mask.sum()
    large[0] = False
    return np.asarray(large[labels], bool)


def _bend(image: NDArray[np.uint8], label: int, random: np.random.Generator, elastic: float) -> NDArray[np.uint8]:
    """A digit at the field's size, bent smoothly and with a longer or shorter tail."""
    grid = np.linspace(0, 1, SIDE, dtype=np.float32)
    x, y = np.meshgrid(grid, grid)
    if elastic:
        bend = random.normal(0, 0.02 * elastic, (2, 4, 4)).astype(np.float32)
        x = x + cv2.resize(bend[0], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        y = y + cv2.resize(bend[1], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        if label in (2, 4, 7, 9) and random.random() < 0.4 * elastic:
            tail = random.uniform(0.65, 1.0)
            if label == 2:  # a long foot
                x = np.where((x > 0.5) & (y > 0.55), 0.5 + (x - 0.5) * tail, x)
            else:
                y = np.where(y > 0.5, 0.5 + (y - 0.5) * tail, y)
    # MNIST's 20 pixels of digit become DIGIT of the field's, with the rest as margin.
    reach = SIDE * 20 / DIGIT
    source_x, source_y = (14 - 0.5 + (v - 0.5) * reach for v in (x, y))
    return np.asarray(
        cv2.remap(image, source_x.astype(np.float32), source_y.astype(np.float32), cv2.INTER_CUBIC), np.uint8
    )


def _flagged_one(random: np.random.Generator) -> NDArray[np.bool_]:
    """A one as much of Europe writes it: an upstroke first, sometimes a foot."""
    top, foot = (SIDE - DIGIT) / 2, (SIDE + DIGIT) / 2
    stem = SIDE / 2 + random.uniform(0, 6)
    lean = random.uniform(-3, 3)
    flag = random.uniform(6, 20)
    # Steeper than a seven's top ever is.
    points = [(stem - flag, top + min(flag * random.uniform(0.8, 2.0), 0.8 * DIGIT)), (stem, top), (stem - lean, foot)]
    line = np.zeros((SIDE, SIDE), np.uint8)
    cv2.polylines(line, [np.array(points).round().astype(np.int32)], False, 1)
    if random.random() < 0.35:
        reach = random.uniform(5, 12)
        ends = [(round(stem - lean - reach), round(foot)), (round(stem - lean + reach), round(foot))]
        cv2.line(line, ends[0], ends[1], 1)
    return line > 0


def _cross(line: NDArray[np.bool_], random: np.random.Generator) -> None:
    """Put a bar through a seven's stem, in place."""
    y = round(SIDE / 2 + random.uniform(-3, 6))
    columns = np.flatnonzero(line[y])
    if len(columns):
        reach = random.uniform(5, 11)
        x = float(columns.mean())
        canvas = line.astype(np.uint8)
        tilt = random.uniform(-3, 3)
        cv2.line(canvas, (round(x - reach), round(y + tilt)), (round(x + reach), round(y - tilt)), 1)
        line |= canvas > 0
