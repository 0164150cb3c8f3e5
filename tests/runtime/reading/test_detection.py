"""What a detector is asked, and what counts as an answer: on answers written by hand."""

import numpy as np

from edgedigits.reading.detection import CLEAN, CLUTTERED, MISSED, answers, right_answers
from edgedigits.reading.detector import Found

HERE, THERE, NOWHERE = (10, 10, 20, 30), (60, 10, 20, 30), (100, 60, 20, 30)
IMAGES = np.zeros((1, 100, 140), np.uint8)


def _found(*rows: tuple[tuple[int, int, int, int], float, int]) -> Found:
    return Found(
        np.array([row[0] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.float32),
        np.eye(10, dtype=np.float32)[[row[2] for row in rows]].reshape(-1, 10),
    )


def _said(found: Found, asked: list, ignored: list) -> list[int]:
    places = [[np.array(boxes, np.float32).reshape(-1, 4)] for boxes in (asked, ignored)]
    return answers(lambda _: found, IMAGES, *places).tolist()


def test_a_digit_is_named_where_it_is_and_missed_where_it_is_not() -> None:
    beside = (14, 12, 20, 30)
    assert _said(_found((beside, 0.9, 7), (THERE, 0.4, 3)), [HERE, THERE], []) == [7, MISSED, CLEAN]


def test_what_is_found_elsewhere_is_held_against_the_picture() -> None:
    found = _found((HERE, 0.9, 7), (NOWHERE, 0.9, 1))
    assert _said(found, [HERE], []) == [7, CLUTTERED]
    assert _said(found, [HERE], [NOWHERE]) == [7, CLEAN]  # unless something is there
    assert _said(_found(), [], []) == [CLEAN]


def test_a_perfect_detector_says_the_truth() -> None:
    names = [np.array([3, 1], np.uint8), np.array([], np.uint8)]
    assert right_answers(names).tolist() == [3, 1, CLEAN, CLEAN]
