"""Drawn heat maps become detections."""

import numpy as np
import pytest

from edgedigits.reading.heatmap.decoding import Detections, decode, join, no_detections, small_digits
from edgedigits.reading.heatmap.page_network import BOX, BOX_GAIN, BOX_UNIT, CHANNELS, OTHER, SMALL, STRIDE


def empty(height=8, width=10):
    output = np.full((height, width, CHANNELS), -9, np.float32)
    output[..., BOX] = 0
    return output


def test_a_peak_is_a_digit_and_its_box_is_where_it_is_said_to_be():
    output = empty()
    output[3, 4, 7] = 2
    output[3, 4, BOX] = BOX_GAIN * np.array([0.25, -0.25, np.log(8 / BOX_UNIT), np.log(20 / BOX_UNIT)])
    found = decode(output, 0)
    assert found.logits[0].argmax() == 7
    assert found.best[0] == 2
    middle = ((4.5 + 0.25) * STRIDE, (3.5 - 0.25) * STRIDE)
    np.testing.assert_allclose(found.boxes, [[middle[0] - 4, middle[1] - 10, 8, 20]], atol=1e-4)


def test_a_neighbour_with_less_heat_is_no_digit_whatever_its_name():
    output = empty()
    output[3, 4, 7], output[3, 5, 1], output[3, 7, 1] = 2, 1, 1
    assert sorted(decode(output, 0).logits.argmax(axis=1).tolist()) == [1, 7]


def test_what_is_less_than_asked_for_is_no_digit():
    output = empty()
    output[3, 4, 7] = 0.4
    assert not len(decode(output, 0.5))
    assert len(decode(output, 0.4)) == 1


def test_a_letter_that_is_likelier_stands_there():
    output = empty()
    output[3, 4, 0], output[3, 4, OTHER] = 2, 2.5
    assert not len(decode(output, 0))
    output[3, 4, OTHER] = -1
    assert decode(output, 0).best[0] == pytest.approx(2 - 0.2 * 2)
    output[3, 4, OTHER] = -5
    assert decode(output, 0).best[0] == 2


def test_digits_that_are_too_small():
    output = empty()
    output[1, 2, SMALL] = 1
    assert small_digits(output, 0).tolist() == [[10, 6]]


def test_detections_are_joined_and_chosen():
    output = empty()
    output[3, 4, 7] = 2
    found = decode(output, 0)
    both = join([found, no_detections(), found])
    assert len(both) == 2
    assert len(both.take(np.array([True, False]))) == 1
    assert isinstance(join([]), Detections)
    assert not len(no_detections().best)
