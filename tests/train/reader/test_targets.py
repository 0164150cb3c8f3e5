"""A view's truth as the network's targets."""

import numpy as np
import pytest

from edgedigits.reading.heatmap.page_network import BOX_GAIN, BOX_UNIT, LARGEST, SMALLEST, STRIDE
from edgedigits_data.synthetic.views import CLASSES, View
from edgedigits_train.reader.targets import MAPS, SMALL_MAP, fitted, make_targets

SIDE = 96
CELLS = SIDE // STRIDE
LETTER_O = CLASSES.index("o")


def targets_of(*objects, ignored=False):
    boxes = np.array([box for box, _ in objects], np.float32).reshape(-1, 4)
    names = np.array([name for _, name in objects], np.int16)
    return make_targets(boxes, names, np.full(len(objects), ignored), SIDE)


def test_a_digit_is_a_positive_at_its_middle_and_its_box_is_in_the_networks_units():
    made = targets_of(((30, 40, 16, 24), 7))
    assert made.weight.sum() == 1
    assert (made.cell[0], made.map[0]) == (13 * CELLS + 9, 7)
    # the middle is (38, 52), which is half a cell to the left of cell 9's middle and half a cell above cell 13's
    expected = (38 / 4 - 9.5, 52 / 4 - 13.5, np.log(16 / BOX_UNIT), np.log(24 / BOX_UNIT))
    np.testing.assert_allclose(made.box[0] / BOX_GAIN, expected, atol=1e-6)


def test_a_false_alarm_costs_less_the_nearer_it_is_to_the_digit_and_nothing_at_its_middle():
    negative = targets_of(((30, 40, 16, 24), 7)).negative
    assert negative[13, 9, 7] == 0
    assert negative[13, 9, 7] <= negative[12, 9, 7] < negative[10, 9, 7] <= 255
    assert negative[0, 0, 7] == 255
    assert negative[13, 9, 3] == 255


@pytest.mark.parametrize("height", [LARGEST + 1, SMALLEST - 1])
def test_a_digit_just_out_of_range_is_neither_right_nor_wrong(height):
    negative = targets_of(((30, 20, 10, height), 7)).negative
    row = int((20 + height / 2) / STRIDE)
    assert not negative[row, 8, :10].any()
    assert negative[0, 0, :10].all()


def test_a_digit_that_is_too_small_is_one_on_the_map_of_small_ones_alone():
    made = targets_of(((30, 40, 5, 7), 7))
    assert made.map[0] == SMALL_MAP
    assert made.weight.sum() == 1
    assert (made.negative[..., 7] == 255).all()


def test_a_digit_far_too_large_is_none():
    made = targets_of(((4, 4, 50, 88), 7))
    assert made.weight.sum() == 0
    assert (made.negative[..., :10] == 255).all()


def test_what_is_ignored_costs_nothing_in_any_map():
    made = targets_of(((30, 40, 16, 24), 7), ignored=True)
    assert made.weight.sum() == 0
    assert not made.negative[13, 9].any()
    assert made.negative[0, 0].all()


def test_a_digit_cut_by_the_border_is_ignored_as_far_as_it_is_seen():
    made = targets_of(((-20, 40, 30, 24), 7))
    assert made.weight.sum() == 0
    assert not made.negative[13, 0].any()


def test_a_letter_competes_in_a_map_of_its_own():
    made = targets_of(((30, 40, 16, 24), LETTER_O))
    assert made.map[0] == LETTER_O + 1
    assert (made.negative[..., 0] == 255).all()  # an o is no 0


def test_digits_come_first_where_there_are_too_many_objects():
    letters = [((x, y, 6, 6), LETTER_O) for x in range(0, 90, 6) for y in range(0, 90, 6)]
    made = targets_of(*letters, ((30, 40, 16, 24), 7))
    assert made.map[0] == 7
    assert made.weight.all()


def test_maps_are_digits_small_ones_letters_and_signs():
    assert len(CLASSES) + 1 == MAPS


def test_a_view_with_digits_too_large_is_shrunk_into_the_range():
    image = np.full((192, 192), 200, np.uint8)
    view = View(image, np.array([[20, 20, 90, 150]], np.float32), np.array([3], np.int16), np.array([False]))
    for seed in range(10):
        shrunk = fitted(view, np.random.default_rng(seed))
        assert shrunk.image.shape == image.shape
        x, y, width, height = shrunk.boxes[0]
        assert SMALLEST * 0.9 <= height <= LARGEST * 1.05
        assert x >= 0
        assert y >= 0
        assert x + width <= 192
        assert y + height <= 192
