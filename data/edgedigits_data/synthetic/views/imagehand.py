"""Digits of MNIST's training images, grouped into hands of like thickness and slant."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.synthetic.views.canvas import Glyph, Mask, outline_of
from edgedigits_data.synthetic.views.chance import Random, between, chance, normal

ALIKE = 200  # images of a digit that are about as thick, of which the most alike in slant are taken


@dataclass(frozen=True)
class HandImages:
    """MNIST's images, ordered so that hands can be found.

    Attributes:
        images: uint8 (N, 28, 28).
        members: for each digit the places of its images, from thin to thick.
        looks: for each digit float32 (M, 2), thickness and slant of its members, each with a deviation of 1.
    """

    images: NDArray[np.uint8]
    members: tuple[NDArray[np.intp], ...]
    looks: tuple[NDArray[np.float32], ...]


def group_images(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> HandImages:
    """Measure how every image looks, so that alike ones can be written side by side."""
    ink = images > 100
    area = ink.sum(axis=(1, 2))
    edges = (ink[:, 1:] != ink[:, :-1]).sum(axis=(1, 2)) + (ink[:, :, 1:] != ink[:, :, :-1]).sum(axis=(1, 2))
    rows, columns = np.mgrid[0:28, 0:28]
    y = (ink * rows).sum(axis=(1, 2)) / np.maximum(area, 1)
    x = (ink * columns).sum(axis=(1, 2)) / np.maximum(area, 1)
    lean = (ink * rows * columns).sum(axis=(1, 2)) / np.maximum(area, 1) - x * y
    spread = (ink * rows**2).sum(axis=(1, 2)) / np.maximum(area, 1) - y**2
    looks = np.stack([area / np.maximum(edges, 1), lean / np.maximum(spread, 1)], axis=1)
    looks = ((looks - looks.mean(axis=0)) / looks.std(axis=0)).astype(np.float32)
    members = [np.flatnonzero(labels == digit) for digit in range(10)]
    members = [places[np.argsort(looks[places, 0], kind="stable")] for places in members]
    return HandImages(images, tuple(members), tuple(looks[places] for places in members))


@dataclass(frozen=True)
class ImageHand:
    """Writes digits with some of MNIST's images.

    Attributes:
        images: all of them.
        chosen: for each digit the places of those that this hand writes.
        edge: the level, 60..190 of 255, that becomes the edge of the ink: the higher, the thinner.
        sharpness: slope of the edge.
        narrow: width as a share of the image's.
        slant: shear to the right.
        heights: float64 (10,), each digit's height as a share of the hand's size.
        bend: how far each image is distorted, in pixels of 28.
        hang: how far nines and sevens (and now and then others) hang below the baseline, as a share of the size.
    """

    images: NDArray[np.uint8]
    chosen: Sequence[NDArray[np.intp]]
    edge: float
    sharpness: float
    narrow: float
    slant: float
    heights: NDArray[np.float64]
    bend: float
    hang: float

    def glyph(self, random: Random, character: str, size: float) -> Glyph | None:
        """A digit about `size` pixels high; None for anything else."""
        if not (character.isascii() and character.isdigit()):
            return None
        digit = int(character)
        members = self.chosen[digit]
        image: Mask = self.images[members[int(len(members) * random.random())]]
        if self.bend:
            image = distorted(random, image, self.bend)
        x, y, width, height = cv2.boundingRect((image >= 60).view(np.uint8))
        if width == 0:
            return None
        down = size * float(self.heights[digit]) * float(np.exp(normal(random, 0.06)))
        across = min(down / height * self.narrow, 1.4 * down / width)
        slant = self.slant + normal(random, 0.03)
        mask = self._scaled(image, (x, y, width, height), across, down / height, slant)
        outline = outline_of(mask)
        if not len(outline):
            return None
        low = outline.min(axis=0)
        right = float(outline[:, 0].max())
        bottom = float(outline[:, 1].max())
        drop = self.hang * size if digit in (7, 9) or (self.hang and chance(random, 0.1)) else 0.0
        return Glyph(mask, -float(low[0]), drop - bottom, right - float(low[0]), outline)

    def _scaled(self, image: Mask, box: tuple[int, ...], across: float, down: float, slant: float) -> Mask:
        x, y, width, height = box
        middle = y + height / 2
        reach = abs(slant) * height * down / 2 + 2 * across
        size = (max(int(width * across + 2 * reach) + 2, 3), max(int((height + 3) * down) + 1, 3))
        matrix = np.array(
            [
                [across, -slant * down, reach - x * across + slant * down * middle],
                [0, down, (1.5 - y) * down],
            ],
            np.float32,
        )
        if down < 1:  # smaller than the image: averaged
            image = cv2.GaussianBlur(image, (0, 0), 0.45 / down)
            return cv2.convertScaleAbs(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR), alpha=1.1)
        mask = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC)
        if down > 1.5:
            mask = cv2.GaussianBlur(mask, (0, 0), 0.3 * down)
        gain = max(self.sharpness * down, 1.0)
        return cv2.addWeighted(mask, gain, mask, 0, 127 - self.edge * gain)


def distorted(random: Random, image: Mask, amount: float) -> Mask:
    """An image moved smoothly, each pixel by about `amount` pixels (Simard et al. 2003)."""
    field = random.standard_normal((2, 4, 4)).astype(np.float32) * amount * 1.6
    maps = [cv2.resize(part, (28, 28), interpolation=cv2.INTER_CUBIC) for part in field]
    return cv2.remap(image, maps[0] + _COLUMNS, maps[1] + _ROWS, cv2.INTER_LINEAR)


_ROWS, _COLUMNS = np.mgrid[0:28, 0:28].astype(np.float32)


def any_image_hand(random: Random, hands: HandImages) -> ImageHand:
    """A hand: a few images of each digit that look alike, and how they are drawn anew."""
    model = hands.looks[int(10 * random.random())]
    thickness, slant_like = model[int(len(model) * random.random())]
    keep = 8 if chance(random, 0.7) else 60
    chosen = []
    for members, looks in zip(hands.members, hands.looks, strict=True):
        first = int(np.searchsorted(looks[:, 0], thickness)) - ALIKE // 2
        first = min(max(first, 0), max(len(members) - ALIKE, 0))
        near = members[first : first + ALIKE]
        away = np.abs(looks[first : first + ALIKE, 1] - slant_like)
        chosen.append(near[np.argpartition(away, keep)[:keep]])
    heights = np.exp(random.normal(0, 0.16, 10)) if chance(random, 0.6) else np.ones(10)
    if chance(random, 0.2):
        heights[0] *= between(random, 0.5, 0.9)
    edge = between(random, 80, 190) if chance(random, 0.5) else 110.0
    slant = normal(random, 0.1) if chance(random, 0.4) else 0.0
    narrow = between(random, 0.75, 1.15)
    bend = between(random, 0.1, 0.6) if chance(random, 0.5) else 0.0
    hang = between(random, 0.1, 0.4) if chance(random, 0.2) else 0.0
    return ImageHand(hands.images, chosen, edge, between(random, 0.4, 1.5), narrow, slant, heights, bend, hang)
