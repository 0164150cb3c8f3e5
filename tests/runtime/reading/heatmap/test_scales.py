"""The scales that a picture is read at, with a network that finds every dark square of a certain size."""

import cv2
import numpy as np
import pytest

from edgedigits.reading.heatmap.boxes import iou
from edgedigits.reading.heatmap.options import ReaderOptions
from edgedigits.reading.heatmap.page_network import BOX, BOX_GAIN, BOX_UNIT, CHANNELS, LARGEST, SMALL, SMALLEST, STRIDE
from edgedigits.reading.heatmap.page_reader import suppressed
from edgedigits.reading.heatmap.scales import base_scale, detections_of, read_scales

OPTIONS = ReaderOptions()


class SquareFinder:
    """Does what a perfect network would, for dark squares in place of digits; keeps the sizes of what it is given."""

    def __init__(self):
        self.sizes = []

    def run(self, grey):
        self.sizes.append(grey.shape)
        output = np.full((-(-grey.shape[0] // STRIDE), -(-grey.shape[1] // STRIDE), CHANNELS), -9, np.float32)
        ink = cv2.threshold(grey, 150, 255, cv2.THRESH_BINARY_INV)[1]
        for x, y, width, height, _ in cv2.connectedComponentsWithStats(ink)[2][1:]:
            middle = np.array([x + width / 2, y + height / 2]) / STRIDE
            column, row = int(middle[0]), int(middle[1])
            channel = SMALL if max(width, height) < SMALLEST else 3
            if max(width, height) <= LARGEST:
                output[row, column, channel] = 4
                offset = middle - (column + 0.5, row + 0.5)
                output[row, column, BOX] = BOX_GAIN * np.array([*offset, *np.log(np.array([width, height]) / BOX_UNIT)])
        return output


def page(size, *squares):
    picture = np.full(size, 220, np.uint8)
    for x, y, side in squares:
        picture[y : y + side, x : x + side] = 20
    return picture


def found(picture, options=OPTIONS):
    return suppressed(detections_of(read_scales(SquareFinder(), picture, options)), options)


@pytest.mark.parametrize("side", [7, 12, 30, 70, 200, 430])
def test_a_digit_of_any_size_is_found_once(side):
    detections = found(page((480, 640), (100, 20, side)))
    assert len(detections) == 1
    assert iou(detections.boxes, np.array([[100, 20, side, side]], np.float32))[0, 0] > 0.7


def test_digits_across_tiles_and_borders_are_found_once():
    squares = [(x, y, 14) for x in range(20, 2080, 141) for y in range(20, 1480, 133)]
    detections = found(page((1500, 2100), *squares), ReaderOptions(most_pixels=20_000_000))
    truth = np.array([[x, y, s, s] for x, y, s in squares], np.float32)
    assert len(detections) == len(squares)
    assert (iou(truth, detections.boxes).max(axis=1) > 0.6).all()


@pytest.mark.parametrize("size", [(20, 20), (1, 300), (300, 1), (33, 2000)])
def test_pictures_of_any_shape(size):
    assert len(found(page(size))) == 0


def test_a_picture_of_nothing_small_is_not_enlarged_and_a_large_one_is_shrunk():
    finder = SquareFinder()
    read_scales(finder, page((3000, 4000), (500, 500, 400)), OPTIONS)
    assert max(height * width for height, width in finder.sizes) < 1.3 * OPTIONS.base_pixels
    assert base_scale((480, 640), OPTIONS) == 1
    assert base_scale((30000, 30000), OPTIONS) == 0.125


def test_time_is_bounded_by_the_pixels_that_are_enlarged():
    finder = SquareFinder()
    squares = [(x, y, 14) for x in range(3, 2100, 141) for y in range(3, 1500, 133)]
    read_scales(finder, page((1500, 2100), *squares), ReaderOptions(most_pixels=0))
    assert len({size for size in finder.sizes if size[0] * size[1] > OPTIONS.base_pixels * 1.3}) == 0
