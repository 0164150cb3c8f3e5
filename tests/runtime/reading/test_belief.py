"""What makes a find believable: its looks, its neighbours, and nothing that depends on the picture's size."""

import numpy as np
import pytest

from edgedigits.reading.belief import Evidence, believe, company, looks
from edgedigits.reading.detector import Found
from edgedigits.reading.surroundings import Statement, Witness

# A witness that does not know.
TWO_MINDS = Statement(np.zeros(1, np.float32), np.full((1, 10), 0.1, np.float32))


def word(scores: list[float], sureness: list[float], step: float = 30) -> Evidence:
    """A row of finds, 20 wide and 32 high, with the detector's scores and how sure all networks are of their names."""
    count = len(scores)
    boxes = np.array([[40 + step * i, 100, 20, 32] for i in range(count)], np.float32)
    probabilities = np.full((count, 10), 0.1, np.float32)
    for i, sure in enumerate(sureness):
        probabilities[i] = (1 - sure) / 9
        probabilities[i, 3 + i % 4] = sure
    found = Found(boxes, np.array(scores, np.float32), probabilities)
    sure = 6 * np.array(sureness, np.float32) - 2
    return Evidence(
        found, probabilities, Statement(sure, probabilities), probabilities, np.full(count, 0.5, np.float32)
    )


def test_digits_side_by_side_and_a_lone_clear_digit_are_believed() -> None:
    assert (believe(word([0.9] * 5, [0.98] * 5)) > 0.9).all()
    assert believe(word([0.9], [0.98]))[0] > 0.7


def test_a_letter_that_looks_like_a_digit_is_less_believable_in_a_word() -> None:
    among_digits = believe(word([0.8, 0.55, 0.8], [0.97, 0.9, 0.97]))[1]
    in_a_word = believe(word([0.3, 0.55, 0.3], [0.4, 0.9, 0.35]))[1]
    assert in_a_word < among_digits - 0.3


def test_what_the_classifier_doubts_is_doubted_though_the_detector_names_it() -> None:
    evidence = word([0.7], [0.9])._replace(statement=TWO_MINDS)
    doubtful = evidence._replace(named=np.full((1, 10), 0.1, np.float32))
    assert believe(doubtful)[0] < believe(evidence)[0] - 0.2


def test_what_goes_on_around_it_speaks_against_what_both_others_take_for_a_digit() -> None:
    evidence = word([0.6], [0.9])
    part = evidence._replace(statement=evidence.statement._replace(sure=np.array([-4], np.float32)))
    assert believe(part)[0] < believe(evidence)[0] - 0.3


def test_paper_grain_is_no_digit_however_sure_detector_and_classifier_are() -> None:
    witness, random = Witness(), np.random.default_rng(0)
    for _ in range(10):
        paper = np.clip(random.normal(200, 1.5, (240, 320)), 0, 255).astype(np.uint8)
        evidence = word([0.7], [0.9])
        statement = witness.testify(paper, evidence.found.boxes)
        grain = evidence._replace(statement=statement, contrasts=np.array([0.015], np.float32))
        assert believe(grain)[0] < 0.2


@pytest.mark.parametrize("by", [0.5, 3.0])
def test_belief_depends_on_neither_the_scale_nor_the_place(by: float) -> None:
    evidence = word([0.9, 0.4, 0.6, 0.3], [0.9, 0.5, 0.8, 0.3])
    found = evidence.found
    moved = Found(found.boxes * np.float32(by) + np.array([300, 200, 0, 0], np.float32), found.scores, found.digits)
    np.testing.assert_allclose(believe(evidence._replace(found=moved)), believe(evidence), atol=1e-3)


def test_the_order_of_the_finds_does_not_matter() -> None:
    found, named, statement, probabilities, contrasts = word([0.9, 0.4, 0.6, 0.3, 0.8], [0.9, 0.5, 0.8, 0.3, 0.6])
    order = np.array([3, 0, 4, 1, 2])
    said = Statement(statement.sure[order], statement.digits[order])
    shuffled = Evidence(found.take(order), named[order], said, probabilities[order], contrasts[order])
    straight = believe(Evidence(found, named, statement, probabilities, contrasts))
    np.testing.assert_allclose(believe(shuffled), straight[order], atol=1e-4)


def test_what_is_far_away_is_no_company() -> None:
    evidence = word([0.9, 0.2], [0.9, 0.2], step=500)
    assert looks(evidence).shape == (2, 54)
    beside = company(evidence.found.boxes, np.array([0.9, 0.1], np.float32))
    assert beside.shape == (2, 11)
    assert (beside[:, 1] == 1).all(), "nobody is near"
    assert (beside[:, [0, 2, 3, 4, 8, 9, 10]] == 0).all()
