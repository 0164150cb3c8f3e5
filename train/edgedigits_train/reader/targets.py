"""What a view should make the page reader's network compute, and how a view becomes one that it can learn from."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.heatmap.page_network import (
    BOX_GAIN,
    BOX_UNIT,
    LARGEST,
    NEVER_ABOVE,
    NEVER_BELOW,
    SMALLEST,
    STRIDE,
    normalize,
)
from edgedigits_data.synthetic.views import CLASSES, View

# Heat maps in training: ten digits, digits that are too small, then letters and signs.
SMALL_MAP = 10
MAPS = len(CLASSES) + 1
OUTPUTS = MAPS + 4
# Objects of a view that are positives; of views with more the others count as neither.
MOST = 192
# A heat map's spread, as a share of the box, and at least so many cells.
SPREAD, LEAST_SPREAD = 0.13, 0.45
# Letters and signs outside of these pixels are not asked for.
SMALLEST_SIGN, LARGEST_SIGN = 3.0, 72.0


@dataclass(frozen=True)
class Targets:
    """What one view should make the network compute.

    Attributes:
        negative: uint8 (cells, cells, MAPS), 255 times the weight that heat has as a false alarm: (1 - Gaussian)^4,
            and 0 where nothing is asked.
        cell: int32 (MOST,), the cell of each object, counted row by row.
        map: int32 (MOST,), its heat map.
        box: float32 (MOST, 4), its box as the network gives it.
        weight: float32 (MOST,), 1 for an object, 0 for none.
    """

    negative: NDArray[np.uint8]
    cell: NDArray[np.int32]
    map: NDArray[np.int32]
    box: NDArray[np.float32]
    weight: NDArray[np.float32]


def make_targets(
    boxes: NDArray[np.float32], names: NDArray[np.int16], ignored: NDArray[np.bool_], side: int
) -> Targets:
    """Turn a view's truth into targets.

    Args:
        boxes: float32 (N, 4), x, y, width, height.
        names: int16 (N,), places in CLASSES.
        ignored: bool (N,), what is neither right nor wrong.
        side: the view's height and width.
    """
    cells = side // STRIDE
    heat = np.zeros((cells, cells, MAPS), np.float32)
    asked = np.ones((cells, cells, MAPS), bool)
    found: list[tuple[int, int, NDArray[np.float32]]] = []
    for (x, y, width, height), name, skip in zip(boxes.tolist(), names.tolist(), ignored.tolist(), strict=True):
        across, down = (x + width / 2) / STRIDE, (y + height / 2) / STRIDE
        column, row = int(across), int(down)
        larger = max(width, height)
        inside = across >= 0 and down >= 0 and column < cells and row < cells
        digit = name < 10
        if skip or not inside:
            asked[_region(x, y, width, height, 0.5 if inside else 1.0, cells)] = False
            continue
        spread = (max(SPREAD * width / STRIDE, LEAST_SPREAD), max(SPREAD * height / STRIDE, LEAST_SPREAD))
        if digit and larger < SMALLEST:
            if larger > NEVER_BELOW:
                asked[(*_region(x, y, width, height, 1.0, cells), slice(0, 10))] = False
            _bump(heat[..., SMALL_MAP], across, down, spread)
            found.append((row * cells + column, SMALL_MAP, np.zeros(4, np.float32)))
            continue
        if digit and larger > LARGEST:
            if larger < NEVER_ABOVE:
                asked[(*_region(x, y, width, height, 0.4, cells), slice(0, 10))] = False
            continue
        if not digit and not SMALLEST_SIGN <= larger <= LARGEST_SIGN:
            asked[(*_region(x, y, width, height, 0.5, cells), slice(SMALL_MAP + 1, None))] = False
            continue
        if digit and larger < 1.3 * SMALLEST:
            asked[(*_region(x, y, width, height, 1.0, cells), SMALL_MAP)] = False
        place = name if digit else name + 1
        _bump(heat[..., place], across, down, spread)
        size = np.log(np.maximum((width, height), 2.0) / BOX_UNIT)
        box = BOX_GAIN * np.array([across - column - 0.5, down - row - 0.5, *size], np.float32)
        found.append((row * cells + column, place, box))
    weight = np.square(np.square(1 - heat))
    negative = (weight * asked * 255).astype(np.uint8)
    return _packed(negative, found)


def _packed(negative: NDArray[np.uint8], found: list[tuple[int, int, NDArray[np.float32]]]) -> Targets:
    flat = negative.reshape(-1, MAPS)
    cell, place = np.zeros(MOST, np.int32), np.zeros(MOST, np.int32)
    box, weight = np.zeros((MOST, 4), np.float32), np.zeros(MOST, np.float32)
    found.sort(key=lambda one: one[1] >= SMALL_MAP)  # digits first, should there be too many
    for index, (where, name, values) in enumerate(found):
        flat[where, name] = 0
        if index < MOST:
            cell[index], place[index], box[index], weight[index] = where, name, values, 1
    return Targets(negative, cell, place, box, weight)


def _region(x: float, y: float, width: float, height: float, share: float, cells: int) -> tuple[slice, slice]:
    """The cells of the middle `share` of a box."""
    left, right = (x + width * (0.5 - share / 2)) / STRIDE, (x + width * (0.5 + share / 2)) / STRIDE
    top, bottom = (y + height * (0.5 - share / 2)) / STRIDE, (y + height * (0.5 + share / 2)) / STRIDE
    rows = slice(min(max(int(top), 0), cells), max(min(int(np.ceil(bottom)), cells), 0))
    return rows, slice(min(max(int(left), 0), cells), max(min(int(np.ceil(right)), cells), 0))


def _bump(heat: NDArray[np.float32], across: float, down: float, spread: tuple[float, float]) -> None:
    """Add a Gaussian whose top is at (across, down), in cells, to a heat map: the higher of the two stays."""
    cells = len(heat)
    reach = (3 * spread[0] + 1, 3 * spread[1] + 1)
    left, right = max(int(across - reach[0]), 0), min(int(across + reach[0]) + 1, cells)
    top, bottom = max(int(down - reach[1]), 0), min(int(down + reach[1]) + 1, cells)
    columns = (np.arange(left, right, dtype=np.float32) + 0.5 - across) / spread[0]
    rows = (np.arange(top, bottom, dtype=np.float32) + 0.5 - down) / spread[1]
    bump = np.exp(-0.5 * (rows[:, None] ** 2 + columns[None] ** 2))
    np.maximum(heat[top:bottom, left:right], bump, out=heat[top:bottom, left:right])


def fitted(view: View, random: np.random.Generator) -> View:
    """A view whose digits the network's range holds: one with larger digits is shrunk, as a pyramid would, and so is
    one in eight others, for digits that are too small.

    What is beyond the shrunk picture goes on as its outermost pixels, as beyond the border of a picture that is read.
    """
    heights = view.boxes[(view.names < 10) & ~view.ignored][:, 2:].max(1) if len(view.boxes) else np.zeros(0)
    typical = float(np.median(heights)) if len(heights) else 0.0
    if typical > LARGEST:
        factor = float(np.exp(random.uniform(np.log(SMALLEST), np.log(LARGEST)))) / typical
    elif random.random() < 0.125:
        factor = float(np.exp(random.uniform(np.log(0.35), np.log(0.75))))
    else:
        return view
    side = view.image.shape[0]
    small = max(int(side * factor), 16)
    factor = small / side
    picture = cv2.resize(view.image, (small, small), interpolation=cv2.INTER_AREA)
    left, top = (int(v) for v in random.integers(0, side - small + 1, 2))
    image = cv2.copyMakeBorder(picture, top, side - small - top, left, side - small - left, cv2.BORDER_REPLICATE)
    boxes = view.boxes * np.float32(factor) + np.array([left, top, 0, 0], np.float32)
    return View(np.asarray(image, np.uint8), boxes, view.names, view.ignored)


def relit(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A view in other light: its levels stretched or compressed, half of the time inverted or out of focus or noisy."""
    contrast, light = np.float32(random.uniform(0.5, 1.1)), np.float32(random.uniform(-25, 25))
    levels: NDArray[np.floating[Any]] = (image.astype(np.float32) - 128) * contrast + 128 + light
    luck = random.random()
    if luck < 0.15:
        levels = 255 - levels
    elif luck < 0.3:
        levels = np.asarray(cv2.GaussianBlur(levels, (0, 0), float(random.uniform(0.3, 0.8))), np.float32)
    elif luck < 0.5:
        levels += random.standard_normal(levels.shape, np.float32) * np.float32(random.uniform(0, 7))
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def training_example(view: View, random: np.random.Generator, again: bool = False) -> tuple[NDArray[np.uint8], Targets]:
    """The network's input, uint8 (side, side), and its targets.

    Args:
        view: the view.
        random: decides how it is shrunk and lit.
        again: whether it was used before, and must look different.
    """
    if again:
        view = View(relit(view.image, random), view.boxes, view.names, view.ignored)
    view = fitted(view, random)
    return normalize(view.image), make_targets(view.boxes, view.names, view.ignored, view.image.shape[0])
