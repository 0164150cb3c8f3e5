"""Boxes: intersection over union, coverage, non-maximum suppression."""

import numpy as np
import pytest

from edgedigits.reading.heatmap.boxes import area, coverage, intersection, iou, non_maximum_suppression

A = np.array([[0, 0, 10, 10], [20, 20, 4, 4]], np.float32)
B = np.array([[5, 0, 10, 10], [2, 2, 5, 4], [100, 0, 1, 1]], np.float32)


def test_areas_and_what_boxes_share():
    assert area(A).tolist() == [100, 16]
    assert intersection(A, B).tolist() == [[50, 20, 0], [0, 0, 0]]


def test_intersection_over_union():
    np.testing.assert_allclose(iou(A, B), [[50 / 150, 20 / 100, 0], [0, 0, 0]])


def test_coverage_is_of_the_smaller_box():
    np.testing.assert_allclose(coverage(A, B), [[0.5, 1, 0], [0, 0, 0]])


def test_of_boxes_that_are_the_same_the_one_with_the_highest_score_stays():
    same = np.eye(4, dtype=bool)
    same[0, 1] = same[1, 0] = same[1, 2] = same[2, 1] = True
    # 0 suppresses 1, which can then not suppress 2
    assert non_maximum_suppression(same, np.array([0.9, 0.8, 0.7, 0.1])).tolist() == [0, 2, 3]
    assert non_maximum_suppression(same, np.array([0.7, 0.8, 0.6, 0.9])).tolist() == [3, 1]


@pytest.mark.parametrize("function", [intersection, iou, coverage])
def test_no_boxes(function):
    assert function(np.zeros((0, 4), np.float32), B).shape == (0, 3)
