"""What makes a find believable: its looks, its neighbours, and nothing that depends on the picture's size."""

import numpy as np
import pytest

from edgedigits.belief import believe, company, looks
from edgedigits.detector import Found


def word(
    scores: list[float], sureness: list[float], step: float = 30
) -> tuple[Found, np.ndarray, np.ndarray, np.ndarray]:
    """A row of finds, 20 wide and 32 high, with the detector's scores and how sure both networks are of their names."""
    count = len(scores)
    boxes = np.array([[40 + step * i, 100, 20, 32] for i in range(count)], np.float32)
    probabilities = np.full((count, 10), 0.1, np.float32)
    for i, sure in enumerate(sureness):
        probabilities[i] = (1 - sure) / 9
        probabilities[i, 3 + i % 4] = sure
    found = Found(boxes, np.array(scores, np.float32), probabilities)
    return found, probabilities, probabilities, np.full(count, 0.5, np.float32)


def test_digits_side_by_side_and_a_lone_clear_digit_are_believed() -> None:
    assert (believe(*word([0.9] * 5, [0.98] * 5)) > 0.9).all()
    assert believe(*word([0.9], [0.98]))[0] > 0.7


def test_a_letter_that_looks_like_a_digit_is_less_believable_in_a_word() -> None:
    among_digits = believe(*word([0.8, 0.55, 0.8], [0.97, 0.9, 0.97]))[1]
    in_a_word = believe(*word([0.3, 0.55, 0.3], [0.4, 0.9, 0.35]))[1]
    assert in_a_word < among_digits - 0.3


def test_what_the_classifier_doubts_is_doubted_though_the_detector_names_it() -> None:
    found, named, probabilities, contrasts = word([0.6], [0.9])
    doubtful = np.full_like(named, 0.1)
    assert (
        believe(found, doubtful, probabilities, contrasts)[0] < believe(found, named, probabilities, contrasts)[0] - 0.2
    )


def test_paper_grain_is_no_digit_however_sure_the_networks_are() -> None:
    found, named, probabilities, contrasts = word([0.7], [0.9])
    assert (
        believe(found, named, probabilities, contrasts * 0.02)[0]
        < believe(found, named, probabilities, contrasts)[0] - 0.3
    )


@pytest.mark.parametrize("by", [0.5, 3.0])
def test_belief_depends_on_neither_the_scale_nor_the_place(by: float) -> None:
    found, named, probabilities, contrasts = word([0.9, 0.4, 0.6, 0.3], [0.9, 0.5, 0.8, 0.3])
    moved = Found(found.boxes * np.float32(by) + np.array([300, 200, 0, 0], np.float32), found.scores, found.digits)
    np.testing.assert_allclose(
        believe(moved, named, probabilities, contrasts), believe(found, named, probabilities, contrasts), atol=1e-3
    )


def test_the_order_of_the_finds_does_not_matter() -> None:
    found, named, probabilities, contrasts = word([0.9, 0.4, 0.6, 0.3, 0.8], [0.9, 0.5, 0.8, 0.3, 0.6])
    order = np.array([3, 0, 4, 1, 2])
    np.testing.assert_allclose(
        believe(found.take(order), named[order], probabilities[order], contrasts[order]),
        believe(found, named, probabilities, contrasts)[order],
        atol=1e-4,
    )


def test_what_is_far_away_is_no_company() -> None:
    found, named, probabilities, contrasts = word([0.9, 0.2], [0.9, 0.2], step=500)
    own = looks(found, named, probabilities, contrasts)
    assert own.shape == (2, 12)
    beside = company(found.boxes, np.array([0.9, 0.1], np.float32))
    assert beside.shape == (2, 11)
    assert (beside[:, 1] == 1).all(), "nobody is near"
    assert (beside[:, [0, 2, 3, 4, 8, 9, 10]] == 0).all()
