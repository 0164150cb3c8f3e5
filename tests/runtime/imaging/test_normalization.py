"""Pictures become images as MNIST's were made: checked against MNIST itself, drawn larger onto pages."""

import cv2
import numpy as np
import pytest

from edgedigits import DigitClassifier
from edgedigits.imaging.normalization import to_image
from edgedigits.reading.cut import cut
from edgedigits_data import load_mnist


def _page(image: np.ndarray, factor: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """An MNIST image drawn `factor` times as large, somewhere on paper, and the box around its ink."""
    side = 28 * factor
    large = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    left, top, right, bottom = random.integers(2, 20, 4)
    page = np.full((top + side + bottom, left + side + right), 235, np.float32)
    page[top : top + side, left : left + side] -= large * (200 / 255)
    x, y, width, height = cv2.boundingRect((large > 60).astype(np.uint8))
    return page.astype(np.uint8), np.array([[left + x, top + y, width, height]], np.float32)


def _centers_of_mass(images: np.ndarray) -> np.ndarray:
    """(N, 2), x and y in pixels."""
    y, x = np.mgrid[:28, :28]
    mass = images.sum(axis=(1, 2))
    return np.stack([(images * x).sum(axis=(1, 2)) / mass, (images * y).sum(axis=(1, 2)) / mass], axis=1)


@pytest.mark.parametrize("factor", [2, 5])
def test_digits_stand_where_mnist_puts_them(factor: int) -> None:
    split = load_mnist("validation").balanced(200)
    random = np.random.default_rng(0)
    pages = [_page(image, factor, random) for image in split.images]
    pictures = np.stack([to_image(page) for page, _ in pages])
    crops = np.concatenate([cut(page, box) for page, box in pages])
    for images in (pictures, crops):
        off = _centers_of_mass(images) - _centers_of_mass(split.images)
        assert np.abs(off.mean(axis=0)).max() < 0.1
        # The whole pixels of a picture lie elsewhere than those of the original: a quarter of a pixel on average.
        assert np.abs(off).mean(axis=0).max() < 0.4
        right = DigitClassifier().probabilities(images).argmax(axis=1) == split.labels
        assert right.mean() > 0.97
