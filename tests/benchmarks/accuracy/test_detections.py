"""Found digits against true ones."""

import numpy as np

from edgedigits_bench.accuracy.detections import match

TRUE = np.array([[0, 0, 10, 20], [20, 0, 10, 20], [40, 0, 10, 20], [60, 0, 10, 20]], np.float32)
NAMES = np.array([3, 4, 5, 12], np.int16)
IGNORED = np.array([False, False, True, False])


def test_right_misread_false_missed_and_neither():
    boxes = np.array([[1, 0, 10, 20], [21, 0, 10, 20], [40, 2, 10, 20], [60, 0, 10, 20], [90, 0, 9, 9]], np.float32)
    found = match(boxes, np.array([3, 9, 5, 0, 1]), TRUE, NAMES, IGNORED)
    assert found.right.tolist() == [True, False, False, False, False]
    assert found.misread.tolist() == [False, True, False, False, False]
    assert found.ignored.tolist() == [False, False, True, False, False]
    assert found.false.tolist() == [False, False, False, True, True]  # a letter and nothing at all
    assert (found.missed, found.errors) == (0, 3)
    assert found.iou[0] > 0.8


def test_a_digit_counts_once_and_the_box_that_fits_best_has_it():
    boxes = np.array([[3, 0, 10, 20], [0, 0, 10, 20]], np.float32)
    found = match(boxes, np.array([3, 3]), TRUE[:2], NAMES[:2], IGNORED[:2])
    assert found.right.tolist() == [False, True]
    assert (found.missed, found.errors) == (1, 2)


def test_nothing_found_and_nothing_there():
    assert match(TRUE[:0], np.zeros(0, int), TRUE, NAMES, IGNORED).missed == 2
    assert match(TRUE, np.zeros(4, int), TRUE[:0], NAMES[:0], IGNORED[:0]).errors == 4
