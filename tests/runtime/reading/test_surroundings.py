"""What the network that sees finds with their surroundings is shown, and what it says, on digits drawn by hand."""

import cv2
import numpy as np
import pytest

from edgedigits.reading.finds import NO_DIGIT, answers, finds_of
from edgedigits.reading.surroundings import SIDE, Statement, Witness, surroundings
from edgedigits_data.mnist import load_mnist

DIGITS = load_mnist("validation").balanced(40, 3)


def page_of(image: np.ndarray, side: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """A digit alone on grey paper, and its box."""
    ink = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    page = np.full((3 * side, 4 * side), 200, np.uint8)
    page[side : 2 * side, side : 2 * side] -= (ink * 0.6).astype(np.uint8)
    x, y, width, height = cv2.boundingRect((ink > 60).astype(np.uint8))
    return page, np.array([[side + x, side + y, width, height]], np.float32)


def test_it_is_shown_the_digit_in_the_middle_with_its_neighbours() -> None:
    page, box = page_of(DIGITS.images[0])
    cv2.line(page, (0, int(box[0, 1] + box[0, 3]) + 12), (page.shape[1], int(box[0, 1] + box[0, 3]) + 12), 60, 3)
    (shown,) = surroundings(page, box)
    assert shown.shape == (SIDE, SIDE)
    assert shown[8:24, 8:24].min() < 80, "its ink"
    assert (shown[24:].min(axis=0) < 90).all(), "the line below it"
    assert surroundings(page, box[:0]).shape == (0, SIDE, SIDE)


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 20), (0.2, 90)])
def test_neither_light_nor_contrast_nor_size_change_what_it_is_shown(gain: float, offset: float) -> None:
    page, box = page_of(DIGITS.images[1])
    dim = (page * gain + offset).astype(np.uint8)
    seen, dimmed = (surroundings(picture, box).astype(int)[0] for picture in (page, dim))
    assert np.abs(seen - dimmed).mean() < 4
    large, its_box = page_of(DIGITS.images[1], 240)
    assert np.abs(seen - surroundings(large, its_box).astype(int)[0]).mean() < 8


def test_it_knows_lone_digits_and_that_half_of_one_is_none() -> None:
    witness = Witness()
    right, halves = 0, 0
    for image, label in zip(DIGITS.images, DIGITS.labels, strict=True):
        page, box = page_of(image)
        right += int(answers(witness.testify(page, box))[0] == label)
        half = box * np.array([[1, 1, 1, 0.4]], np.float32)
        halves += int(witness.testify(page, half).sure[0] < witness.testify(page, box).sure[0])
    assert right >= 34
    assert halves >= 36


def test_answers_name_what_is_surely_a_digit() -> None:
    digits = np.eye(10, dtype=np.float32)[[4, 7]]
    np.testing.assert_array_equal(answers(Statement(np.array([2, -1], np.float32), digits)), [4, NO_DIGIT])


def test_pieces_are_asked_about_where_the_truth_is_known() -> None:
    page, box = page_of(DIGITS.images[2])
    cv2.circle(page, (200, 90), 16, 60, 3)
    name = np.array([5], np.uint8)
    none = np.empty((0, 4), np.float32)
    images, names = finds_of([(page, box, name, none)])
    assert sorted(names) == [5, NO_DIGIT]
    assert images.shape == (2, SIDE, SIDE)
    _, ignored = finds_of([(page, none, name[:0], box)])
    assert list(ignored) == [NO_DIGIT], "only the ring"
