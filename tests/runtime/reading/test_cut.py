"""Crops come out as MNIST's images do: checked against MNIST itself, drawn onto pages."""

import cv2
import numpy as np
import pytest

from edgedigits.reading.cut import cut
from edgedigits_data.mnist import load_mnist


def _page(image: np.ndarray, side: int, paper: int, ink: int) -> tuple[np.ndarray, np.ndarray]:
    """An MNIST image drawn on a page, and the box around its ink."""
    large = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    page = np.full((side + 60, side + 90), paper, np.float32)
    page[30:-30, 50:-40] += large / 255.0 * (ink - paper)
    x, y, width, height = cv2.boundingRect((large > 60).astype(np.uint8))
    return page.astype(np.uint8), np.array([[50 + x, 30 + y, width, height]], np.float32)


def _likeness(a: np.ndarray, b: np.ndarray) -> float:
    a, b = (cv2.GaussianBlur(v, (0, 0), 1.0).astype(np.float64).ravel() for v in (a, b))
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize(
    ("side", "paper", "ink"), [(28, 250, 20), (80, 200, 120), (300, 90, 70), (900, 230, 30), (80, 30, 220)]
)
def test_a_digit_comes_back_as_it_was(side: int, paper: int, ink: int) -> None:
    images = load_mnist("validation").balanced(20).images
    likeness = [_likeness(cut(*_page(image, side, paper, ink))[0], image) for image in images]
    assert np.mean(likeness) > 0.9


def test_a_turned_digit_is_turned_back() -> None:
    image = load_mnist("validation").balanced(10).images[3]
    page, box = _page(image, 100, 240, 20)
    turned = np.ascontiguousarray(np.rot90(page))  # counter-clockwise
    x, y, width, height = box[0]
    turned_box = np.array([[y, page.shape[1] - x - width, height, width]], np.float32)
    assert _likeness(cut(turned, turned_box, 90)[0], cut(page, box)[0]) > 0.97


def test_the_neighbours_ink_is_left_out() -> None:
    image = load_mnist("validation").balanced(10).images[0]
    page, box = _page(image, 100, 240, 20)
    alone = cut(page, box)
    page[:, :45] = 20
    assert _likeness(cut(page, box)[0], alone[0]) > 0.97


@pytest.mark.parametrize("tilt", [0, 3])
@pytest.mark.parametrize("upright", [False, True])
def test_a_line_that_the_digit_touches_is_left_out(tilt: int, upright: bool) -> None:
    images = load_mnist("validation").balanced(20).images
    likeness = []
    for image in images:
        page, box = _page(image, 100, 240, 20)
        alone = cut(page, box)
        x, y, width, height = box[0].astype(int)
        if upright:
            cv2.line(page, (x + width - 3, 0), (x + width - 3 + tilt, page.shape[0]), 20, 6)
        else:
            cv2.line(page, (0, y + height - 3), (page.shape[1], y + height - 3 + tilt), 20, 6)
        likeness.append(_likeness(cut(page, box)[0], alone[0]))
    assert np.median(likeness) > 0.9


def test_bold_print_keeps_its_ink() -> None:
    page = np.full((200, 160), 230, np.uint8)
    cv2.rectangle(page, (60, 50), (100, 150), 30, -1)  # as wide as the stem of a bold 1
    image = cut(page, np.array([[60, 50, 41, 101]], np.float32))[0]
    assert (image[6:22, 12:16] > 200).all()


def test_boxes_over_the_edge_and_empty_paper() -> None:
    page = np.full((50, 60), 200, np.uint8)
    boxes = np.array([[-20, -20, 30, 40], [40, 30, 200, 300], [10, 10, 0, 0]], np.float32)
    images = cut(page, boxes)
    assert images.shape == (3, 28, 28)
    assert not images.any()
