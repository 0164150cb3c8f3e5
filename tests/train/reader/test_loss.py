"""The page reader's loss against its formula written out."""

import math

import keras
import numpy as np

from edgedigits.reading.heatmap.page_network import BOX_GAIN
from edgedigits_train.reader.loss import BOX_WEIGHT, OTHERS_WEIGHT, reader_loss
from edgedigits_train.reader.targets import MAPS, OUTPUTS, SMALL_MAP


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def made(count=1):
    return {
        "negative": np.zeros((1, 2, 2, MAPS), np.uint8),
        "cell": np.zeros((1, count), np.int32),
        "map": np.zeros((1, count), np.int32),
        "box": np.zeros((1, count, 4), np.float32),
        "weight": np.zeros((1, count), np.float32),
    }


def loss(targets, page):
    return float(keras.ops.convert_to_numpy(reader_loss(targets, page)))


def test_a_false_alarm():
    targets, page = made(), np.full((1, 2, 2, OUTPUTS), -30, np.float32)
    targets["negative"][0, 1, 0, 4] = 102
    page[0, 1, 0, 4] = 0.7
    heat = sigmoid(0.7)
    assert math.isclose(loss(targets, page), 102 / 255 * heat**2 * -math.log(1 - heat), rel_tol=1e-4)


def test_a_digit_and_its_box():
    targets, page = made(), np.zeros((1, 2, 2, OUTPUTS), np.float32)
    targets["cell"][0, 0], targets["map"][0, 0], targets["weight"][0, 0] = 2, 5, 1
    targets["box"][0, 0] = [1, 2, 3, 4]
    page[0, 1, 0, 5] = -0.4
    page[0, 1, 0, MAPS:] = [1, 1, 1, 1]
    heat = sigmoid(-0.4)
    missed = -((1 - heat) ** 2) * math.log(heat)
    expected = (missed + BOX_WEIGHT * (0 + 1 + 2 + 3) / BOX_GAIN) / 2
    assert math.isclose(loss(targets, page), expected, rel_tol=1e-4)


def test_a_letter_counts_less_and_a_digit_that_is_too_small_has_no_box():
    page = np.full((1, 2, 2, OUTPUTS), 0.3, np.float32)
    heat = sigmoid(0.3)
    missed = -((1 - heat) ** 2) * math.log(heat)
    for place, weight, boxed in ((SMALL_MAP, 1.0, False), (SMALL_MAP + 1, OTHERS_WEIGHT, True)):
        targets = made()
        targets["map"][0, 0], targets["weight"][0, 0] = place, 1
        box = BOX_WEIGHT * 4 * 0.3 / BOX_GAIN if boxed else 0.0
        assert math.isclose(loss(targets, page), weight * (missed + box) / (weight + 1), rel_tol=1e-4)
