"""What is written on: paper, boards, screens, photographs; and the desk beside it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.views.chance import Random, between, chance, log_between, pick
from edgedigits_data.synthetic.views.sources import Sources

Levels = NDArray[Any]  # float32 (height, width), grey levels 0..255


def crop(random: Random, picture: NDArray[Any], shape: tuple[int, int]) -> Levels:
    """A part of a picture, of any scale, turned or mirrored, at the wanted shape."""
    height, width = shape
    least = min(picture.shape) / max(1.0, height / width, width / height)
    side = log_between(random, min(100.0, least), least)
    down, across = int(side * min(1.0, height / width)), int(side * min(1.0, width / height))
    down, across = max(min(down, picture.shape[0]), 8), max(min(across, picture.shape[1]), 8)
    y = int(random.random() * (picture.shape[0] - down + 1))
    x = int(random.random() * (picture.shape[1] - across + 1))
    part = picture[y : y + down, x : x + across]
    part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if down > height else cv2.INTER_LINEAR)
    if chance(random, 0.5):
        part = part[:, ::-1]
    if chance(random, 0.3):
        part = part[::-1]
    return part.astype(np.float32)


def texture(random: Random, sources: Sources, shape: tuple[int, int], photo: float = 0.5) -> Levels:
    """Light and dark of a real surface around a mean of 1, or noise where no pictures are there."""
    pictures = sources.photos if chance(random, photo) else sources.papers
    pictures = pictures or sources.papers or sources.photos
    if pictures:
        part = crop(random, pick(random, pictures), shape)
        return np.asarray(np.clip(part / max(float(part.mean()), 8.0), 0, 3))
    return grain(random, sources, shape)


def grain(random: Random, sources: Sources, shape: tuple[int, int]) -> Levels:
    """Tiling noise of mean 1."""
    tile = sources.grains[int(len(sources.grains) * random.random())]
    y, x = int(random.random() * 256), int(random.random() * 256)
    if max(shape) <= 256:
        return np.asarray(tile[y : y + shape[0], x : x + shape[1]])
    rows, columns = (y + np.arange(shape[0])) % 256, (x + np.arange(shape[1])) % 256
    return np.asarray(tile[rows[:, None], columns[None, :]])


def slopes(random: Random, shape: tuple[int, int]) -> tuple[Levels, float]:
    """A plane rising by 1 across the picture in any direction, its middle at 0, and the direction."""
    angle = between(random, 0, 6.283)
    rows = np.linspace(-0.5, 0.5, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None, :]
    return columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle)), angle


def sheet(random: Random, sources: Sources, shape: tuple[int, int]) -> Levels:
    """Paper: white or grey, smooth more often than rough, crumpled now and then."""
    level = between(random, 130, 252) if chance(random, 0.85) else between(random, 55, 140)
    paper = np.full(shape, level, np.float32)
    k = random.random()
    if k < 0.25:
        amount = between(random, 0.02, 0.12) if chance(random, 0.6) else between(random, 0.12, 0.45)
        paper *= 1 + np.float32(amount) * (texture(random, sources, shape, 0.25) - 1)
    elif k < 0.5:
        amount = between(random, 0.02, 0.1) if chance(random, 0.7) else between(random, 0.1, 0.25)
        paper *= 1 + np.float32(amount) * (grain(random, sources, shape) - 1)
    if chance(random, 0.06):  # folds
        for _ in range(2):
            plane, _ = slopes(random, shape)
            at = between(random, -0.4, 0.4)
            paper *= 1 + between(random, -0.12, 0.12) * np.exp(-np.abs(plane - at) * between(random, 8, 60)) * np.sign(
                plane - at
            )
    return paper


def desk(random: Random, sources: Sources, shape: tuple[int, int]) -> Levels:
    """What lies beside or behind the paper: wood, cloth, a room."""
    level = between(random, 25, 220)
    if chance(random, 0.25):
        return np.full(shape, level, np.float32) * (1 + 0.3 * (grain(random, sources, shape) - 1))
    surface = 1 + np.float32(between(random, 0.3, 1.0)) * (texture(random, sources, shape, 0.8) - 1)
    return np.asarray(np.clip(level * surface, 0, 255))


def beyond(random: Random, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Where the desk is seen: beyond one edge of the paper, or two."""
    plane, _ = slopes(random, shape)
    far = plane > between(random, -0.1, 0.45)
    if chance(random, 0.3):
        other, _ = slopes(random, shape)
        far |= other > between(random, 0.15, 0.5)
    return far
