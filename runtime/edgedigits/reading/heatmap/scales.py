"""The scales a picture is read at, one octave apart, so that each digit has a size that the network is made for.

The picture is read at a base scale, at every octave below it down to where a digit that fills the picture is of a size
that can be read, and above it only where the network finds digits too small for the scale below.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.imaging.normalization import shrunk
from edgedigits.reading.heatmap.decoding import Detections, decode, join, small_digits
from edgedigits.reading.heatmap.options import ReaderOptions
from edgedigits.reading.heatmap.page_network import GRID, LARGEST

TILE, MARGIN = 448, 32  # pixels of a tile of an enlarged picture, and what is read around it besides
LEAST_SIDE = 96  # pixels that a picture is continued to at the coarsest scales
CANDIDATE = -2.5  # the lowest logit of a detection
BEST_SIZE, SIZE_PENALTY = 20.0, 0.6  # pixels; logits that a detection loses for each octave of size from there


class Network(Protocol):
    """What computes the output of the page reader's network."""

    def run(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """From uint8 (height, width) to float32 (h, w, CHANNELS)."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One output of the network.

    Attributes:
        output: float32 (h, w, CHANNELS).
        scale: pixels of its input for a pixel of the picture.
        origin: where the input's top left corner is, (x, y) in pixels of the scaled picture.
        valid: (left, top, right, bottom) in pixels of the scaled picture: what is outside belongs to other layers.
    """

    output: NDArray[np.float32]
    scale: float
    origin: tuple[int, int]
    valid: tuple[float, float, float, float]

    def detections(self) -> Detections:
        """Its detections in pixels of the picture."""
        found = decode(self.output, CANDIDATE)
        boxes = found.boxes + np.array([*self.origin, 0, 0], np.float32)
        middles = boxes[:, :2] + boxes[:, 2:] / 2
        left, top, right, bottom = self.valid
        # Of two scales that show a digit, the one at which it has the size that the network is best at decides.
        sizes = np.maximum(boxes[:, 2:].max(axis=1, initial=1), 1)
        logits = found.logits - np.float32(SIZE_PENALTY) * np.abs(np.log2(sizes / BEST_SIZE))[:, None]
        inside = (middles[:, 0] >= left) & (middles[:, 0] < right) & (middles[:, 1] >= top) & (middles[:, 1] < bottom)
        return Detections(boxes[inside] / np.float32(self.scale), logits[inside].astype(np.float32))

    def small(self, least: float) -> NDArray[np.float32]:
        """Where digits too small to read stand, float32 (N, 2), in pixels of the picture."""
        return np.asarray((small_digits(self.output, least) + np.array(self.origin, np.float32)) / self.scale)


def read_scales(network: Network, grey: NDArray[np.uint8], options: ReaderOptions) -> list[Layer]:
    """Run the network at all scales that a picture, uint8 (height, width), asks for."""
    base = base_scale(grey.shape, options)
    layers = [_whole(network, grey, base)]
    scale = base / 2
    while max(grey.shape) * scale * 2 > LARGEST / 2:
        layers.append(_whole(network, grey, scale))
        scale /= 2
    least = float(np.log(options.small_confidence / (1 - options.small_confidence)))
    budget, finest = options.most_pixels, [layers[0]]
    scale = base * 2
    while scale <= options.largest_scale + 1e-6 and budget > 0:
        places = np.concatenate([layer.small(least) for layer in finest])
        if not len(places):
            break
        finest = _tiles(network, grey, scale, places, budget)
        budget -= len(finest) * (TILE + 2 * MARGIN) ** 2
        layers += finest
        scale *= 2
    return layers


def base_scale(shape: tuple[int, ...], options: ReaderOptions) -> float:
    """The scale at which a picture has at most `base_pixels` pixels; never an enlargement, never below an eighth."""
    fitting = float(np.sqrt(options.base_pixels / (shape[0] * shape[1])))
    # At less than an eighth the digits of a picture of a hundred megapixels would be lost at once.
    return min(max(fitting, 0.125), 1.0, options.largest_scale)


def _whole(network: Network, grey: NDArray[np.uint8], scale: float) -> Layer:
    picture = shrunk(grey, scale)
    height, width = picture.shape
    across, down = max(LEAST_SIDE - width, 2 * GRID), max(LEAST_SIDE - height, 2 * GRID)
    left, top = across // 2, down // 2
    padded = cv2.copyMakeBorder(picture, top, down - top, left, across - left, cv2.BORDER_REPLICATE)
    return Layer(network.run(np.asarray(padded, np.uint8)), scale, (-left, -top), (-1e9, -1e9, 1e9, 1e9))


def _tiles(
    network: Network, grey: NDArray[np.uint8], scale: float, places: NDArray[np.float32], budget: int
) -> list[Layer]:
    """The network's output at `scale` for the tiles that `places` stand in or near, as many as the budget allows."""
    wanted: dict[tuple[int, int], int] = {}
    for place in np.floor(places * scale / TILE).astype(int).tolist():
        wanted[place[0], place[1]] = wanted.get((place[0], place[1]), 0) + 1
    layers = []
    for column, row in sorted(wanted, key=lambda tile: -wanted[tile])[: ceil(budget / (TILE + 2 * MARGIN) ** 2)]:
        left, top = column * TILE - MARGIN, row * TILE - MARGIN
        side = TILE + 2 * MARGIN
        picture = _part(grey, scale, left, top, side)
        valid = (left + MARGIN / 2, top + MARGIN / 2, left + side - MARGIN / 2, top + side - MARGIN / 2)
        layers.append(Layer(network.run(picture), scale, (left, top), valid))
    return layers


def _part(grey: NDArray[np.uint8], scale: float, left: int, top: int, side: int) -> NDArray[np.uint8]:
    """A square of the scaled picture; beyond the border it goes on as its outermost pixels."""
    height, width = grey.shape
    span = int(side / scale)
    x, y = int(left / scale), int(top / scale)
    part = grey[max(y, 0) : min(y + span, height), max(x, 0) : min(x + span, width)]
    before, above = max(-x, 0), max(-y, 0)
    part = np.asarray(
        cv2.copyMakeBorder(
            part,
            above,
            span - above - part.shape[0],
            before,
            span - before - part.shape[1],
            cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
    if scale > 1:
        return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
    return shrunk(part, scale)


def detections_of(layers: list[Layer]) -> Detections:
    """All layers' detections in pixels of the picture; a digit that several scales show is there several times."""
    return join([layer.detections() for layer in layers])
