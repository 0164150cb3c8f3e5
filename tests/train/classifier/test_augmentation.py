"""Deformed digits: seeded, still the same digits, each in its own way."""

import numpy as np
import pytest

from edgedigits_data import load_mnist
from edgedigits_train.classifier import augmentation

DIGITS = load_mnist("test").images[:600]


def test_the_same_seed_gives_the_same_images_and_another_seed_others() -> None:
    first, again, other = (augmentation.augment(DIGITS, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.mean(first == other) < 0.95


def test_images_keep_their_form_and_the_originals_stay_untouched() -> None:
    before = DIGITS.copy()
    result = augmentation.augment(DIGITS, np.random.default_rng(0))
    assert (result.shape, result.dtype) == (DIGITS.shape, np.uint8)
    np.testing.assert_array_equal(DIGITS, before)
    assert augmentation.augment(DIGITS[:0], np.random.default_rng(0)).shape == (0, 28, 28)


def test_sampling_at_every_pixels_own_place_changes_nothing() -> None:
    axis = np.arange(28, dtype=np.float32) - 13.5
    x = np.broadcast_to(axis[None, None, :], DIGITS.shape)
    y = np.broadcast_to(axis[None, :, None], DIGITS.shape)
    np.testing.assert_array_equal(augmentation.sample(DIGITS, x, y), DIGITS)


def test_what_lies_outside_an_image_is_paper_and_not_its_neighbour_in_the_batch() -> None:
    black = np.full((3, 28, 28), 255, np.uint8)
    axis = np.arange(28, dtype=np.float32) - 13.5
    x = np.broadcast_to(axis[None, None, :], black.shape)
    y = np.broadcast_to(axis[None, :, None] + 20, black.shape)
    moved = augmentation.sample(black, x, y)
    assert moved[:, :8].min() == 255
    assert moved[:, 9:].max() == 0


def test_random_fields_have_about_unit_variance_and_are_smooth() -> None:
    fields = augmentation.smooth_field(np.random.default_rng(0), (500,), points=5)
    assert fields.shape == (500, 28, 28)
    assert 0.5 < fields.std() < 1.2
    assert np.abs(np.diff(fields, axis=1)).mean() < 0.3


def test_broad_strokes_hold_the_digit_and_fine_ones_are_held_by_it() -> None:
    result = augmentation.stroke_width(DIGITS, np.random.default_rng(0)).astype(int)
    change = result - DIGITS
    grown, shrunk = (change.min(axis=(1, 2)) >= 0), (change.max(axis=(1, 2)) <= 0)
    assert (grown | shrunk).all()
    assert 0.2 < np.mean(change.max(axis=(1, 2)) > 0) < 0.45
    assert 0.03 < np.mean(change.min(axis=(1, 2)) < 0) < 0.3


@pytest.mark.parametrize(("wear", "share"), [("ruled_lines", 0.1), ("neighbours", 0.125)])
def test_lines_and_neighbours_only_add_ink_near_the_edge_of_a_few(wear: str, share: float) -> None:
    random = np.random.default_rng(0)
    worn = (
        augmentation.neighbours(DIGITS, DIGITS, random)
        if wear == "neighbours"
        else augmentation.ruled_lines(DIGITS, random)
    )
    changed = (worn != DIGITS).any(axis=(1, 2))
    assert (worn >= DIGITS).all()
    assert share / 3 < changed.mean() < 2 * share
    middle = np.s_[:, 9:19, 9:19]
    assert np.mean(worn[middle] != DIGITS[middle]) < 0.002


def test_a_deformation_of_nought_leaves_digits_as_they_are_and_half_of_it_moves_them_less() -> None:
    def moved(by: float) -> float:
        deformed = augmentation.deform(DIGITS, np.random.default_rng(3), strongly=0, by=by)
        return float(np.abs(deformed.astype(float) - DIGITS).mean())

    assert moved(0) < 0.01
    assert moved(0.5) < 0.8 * moved(1)
