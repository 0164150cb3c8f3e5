"""Twelve ways in which a digit on a real device differs from MNIST's, each at five strengths, after Hendrycks and
Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations" (ICLR 2019).

Every function takes images, uint8 (N, 28, 28), and a strength's parameter, and returns images of the same shape.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edgedigits.engines.base import Images

STRENGTHS = (1, 2, 3, 4, 5)
SIDE = 28


def blur(images: Images, sigma: float, _: Generator) -> Images:
    """Out of focus: a Gaussian of `sigma` pixels."""
    return _each(images, lambda image: cv2.GaussianBlur(image, (0, 0), sigma))


def noise(images: Images, deviation: float, random: Generator) -> Images:
    """A dark room: Gaussian noise of `deviation` grey levels."""
    return _clip(images + random.normal(0, deviation, images.shape).astype(np.float32))


def contrast(images: Images, factor: float, _: Generator) -> Images:
    """A faint pen: ink at `factor` of its strength."""
    return _clip(images * np.float32(factor))


def brightness(images: Images, level: float, _: Generator) -> Images:
    """Grey paper: `level` grey levels everywhere, the ink staying as dark as it was."""
    return _clip(level + images * np.float32(1 - level / 255))


def rotation(images: Images, degrees: float, random: Generator) -> Images:
    """A tilted camera: turned by `degrees`, to the left or to the right."""
    angles = np.radians(degrees) * _signs(random, len(images))
    return _warp(images, [np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in angles])


def scale(images: Images, factor: float, random: Generator) -> Images:
    """A wrong cut: larger or smaller by `factor`."""
    return _warp(images, [np.eye(2) * factor**sign for sign in _signs(random, len(images))])


def shift(images: Images, pixels: float, random: Generator) -> Images:
    """A wrong centre: moved by `pixels` into any direction."""
    directions = random.uniform(0, 2 * np.pi, len(images))
    moves = [(pixels * np.cos(angle), pixels * np.sin(angle)) for angle in directions]
    return _warp(images, [np.eye(2)] * len(images), moves)


def occlusion(images: Images, side: float, random: Generator) -> Images:
    """Something in front: a square of paper, `side` pixels wide, over the middle 20 pixels."""
    size, result = int(side), images.copy()
    for image, (x, y) in zip(result, random.integers(4, 25 - size, (len(images), 2)), strict=True):
        image[y : y + size, x : x + size] = 0
    return result


def ruled_lines(images: Images, level: float, random: Generator) -> Images:
    """Ruled paper: a line of `level` grey levels every nine pixels."""
    result = images.copy()
    for image, start in zip(result, random.integers(0, 9, len(images)), strict=True):
        image[start::9] = np.maximum(image[start::9], np.uint8(level))
    return result


def stroke_width(images: Images, pixels: float, random: Generator) -> Images:
    """Another pen: strokes `pixels` wider or narrower, drawn at four times the size so that fractions work."""
    size = round(4 * pixels)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size + 1, size + 1))

    def redraw(image: Images, wider: bool) -> Images:
        large = cv2.resize(image, (4 * SIDE, 4 * SIDE), interpolation=cv2.INTER_CUBIC)
        large = cv2.dilate(large, kernel) if wider else cv2.erode(large, kernel)
        return np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)

    wider = random.random(len(images)) < 0.5
    return np.stack([redraw(image, bool(flag)) for image, flag in zip(images, wider, strict=True)])


def jpeg(images: Images, quality: float, _: Generator) -> Images:
    """A thrifty camera: JPEG at `quality`."""

    def compress(image: Images) -> Images:
        _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)

    return _each(images, compress)


def pixelation(images: Images, side: float, _: Generator) -> Images:
    """Far away: only `side` pixels for the whole image."""

    def coarsen(image: Images) -> NDArray[np.uint8]:
        small = cv2.resize(image, (int(side), int(side)), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), np.uint8)

    return _each(images, coarsen)


# What does it, and its parameter at each strength, from hardly visible to barely readable.
CORRUPTIONS: dict[str, tuple[Callable[[Images, float, Generator], Images], tuple[float, ...]]] = {
    "blur": (blur, (0.6, 0.9, 1.3, 1.7, 2.2)),
    "noise": (noise, (15, 30, 50, 75, 100)),
    "contrast": (contrast, (0.7, 0.5, 0.35, 0.2, 0.1)),
    "brightness": (brightness, (25, 50, 80, 115, 150)),
    "rotation": (rotation, (8, 15, 22, 30, 40)),
    "scale": (scale, (1.1, 1.2, 1.3, 1.45, 1.6)),
    "shift": (shift, (1, 2, 3, 4, 5)),
    "occlusion": (occlusion, (4, 6, 8, 10, 12)),
    "ruled_lines": (ruled_lines, (60, 100, 140, 190, 250)),
    "stroke_width": (stroke_width, (0.5, 1.0, 1.5, 2.0, 2.5)),
    "jpeg": (jpeg, (30, 15, 8, 4, 1)),
    "pixelation": (pixelation, (14, 12, 10, 8, 7)),
}


def corrupt(images: Images, name: str, strength: int, seed: int = 0) -> Images:
    """Corrupt images; the same every time.

    Args:
        images: uint8 (N, 28, 28).
        name: one of CORRUPTIONS.
        strength: 1 to 5.
        seed: of whatever is random in it.

    Returns:
        uint8 (N, 28, 28).
    """
    apply, parameters = CORRUPTIONS[name]
    random = np.random.default_rng([seed, list(CORRUPTIONS).index(name), strength])
    return apply(images, parameters[strength - 1], random)


def _each(images: Images, change: Callable[[Images], NDArray[Any]]) -> Images:
    return np.stack([np.asarray(change(image), np.uint8) for image in images])


def _clip(values: NDArray[Any]) -> Images:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _signs(random: Generator, count: int) -> NDArray[np.int64]:
    return np.asarray(random.choice(np.array([-1, 1]), count), np.int64)


def _warp(images: Images, turns: list[NDArray[np.float64]], moves: list[tuple[float, float]] | None = None) -> Images:
    """Each image under a linear map about its middle, then moved."""
    middle = np.full(2, (SIDE - 1) / 2)
    result = np.empty_like(images)
    for i, turn in enumerate(turns):
        offset = middle - turn @ middle + (moves[i] if moves else 0.0)
        result[i] = cv2.warpAffine(images[i], np.column_stack([turn, offset]), (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return result
