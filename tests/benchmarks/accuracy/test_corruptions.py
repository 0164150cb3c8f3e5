"""The corruptions: seeded, of the right form, and growing with the strength."""

import numpy as np
import pytest

from edgedigits_bench.accuracy.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from edgedigits_data import load_mnist


@pytest.fixture(scope="module")
def images():
    return load_mnist("test").images[:60]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_corruption_is_seeded_and_grows(name, images):
    before = images.copy()
    distances = []
    for strength in STRENGTHS:
        found = corrupt(images, name, strength)
        assert found.shape == images.shape
        assert found.dtype == np.uint8
        assert np.array_equal(found, corrupt(images, name, strength))
        distances.append(np.abs(found.astype(int) - images).mean())
    assert distances[0] > 0
    assert distances == sorted(distances)
    assert np.array_equal(images, before)


def test_a_rotation_turns_about_the_middle_and_a_scale_keeps_it():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 13:15, 13:15] = 255  # the four pixels around the middle
    for name in ("rotation", "scale"):
        found = corrupt(np.repeat(image, 8, axis=0), name, 5).astype(float)
        weights = found.sum(axis=0)
        rows, columns = np.indices((28, 28))
        assert (weights * rows).sum() / weights.sum() == pytest.approx(13.5, abs=0.05)
        assert (weights * columns).sum() / weights.sum() == pytest.approx(13.5, abs=0.05)


def test_a_shift_moves_by_its_pixels(images):
    image = np.zeros((20, 28, 28), np.uint8)
    image[:, 10:18, 10:18] = 255
    rows, columns = np.indices((28, 28))
    for found in corrupt(image, "shift", 3).astype(float):
        move = ((found * rows).sum() / found.sum() - 13.5, (found * columns).sum() / found.sum() - 13.5)
        assert np.hypot(*move) == pytest.approx(3, abs=0.1)
