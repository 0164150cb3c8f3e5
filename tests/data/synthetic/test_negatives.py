"""Pictures that are no digits: seeded, various, in the form of digits."""

import numpy as np
import pytest

from edgedigits_data import load_mnist
from edgedigits_data.synthetic.negatives import KINDS, Kind, nondigits

DIGITS = load_mnist("test")


def test_the_same_seed_draws_the_same_images() -> None:
    np.testing.assert_array_equal(nondigits(40, DIGITS, 5), nondigits(40, DIGITS, 5))
    assert (nondigits(40, DIGITS, 5) != nondigits(40, DIGITS, 6)).any(axis=(1, 2)).mean() > 0.9


def test_they_have_the_form_of_digits_and_none_at_all_is_fine() -> None:
    images = nondigits(200, DIGITS)
    assert (images.shape, images.dtype) == ((200, 28, 28), np.uint8)
    assert nondigits(0, DIGITS).shape == (0, 28, 28)
    strong = images[images.max(axis=(1, 2)) > 200]
    assert len(strong) > 150
    # Neither nearer to a corner than digits are: a network would learn where they stand instead of what they are.
    off = np.median(_centers_of_mass(strong), axis=0) - _centers_of_mass(DIGITS.images).mean(axis=0)
    assert np.abs(off).max() < 0.2


def _centers_of_mass(images: np.ndarray) -> np.ndarray:
    """(N, 2), x and y in pixels."""
    y, x = np.mgrid[:28, :28]
    mass = images.sum(axis=(1, 2))
    return np.stack([(images * x).sum(axis=(1, 2)) / mass, (images * y).sum(axis=(1, 2)) / mass], axis=1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_draws_something_and_never_the_same_twice(kind: Kind) -> None:
    random = np.random.default_rng(0)
    drawn = [kind(random, DIGITS) for _ in range(12)]
    assert all(ink.dtype == np.uint8 and ink.ndim == 2 for ink in drawn)
    assert sum(ink.max() > 60 for ink in drawn) >= 10
    assert len({ink.tobytes() for ink in drawn}) >= 10
