"""Single digits as a reader really cuts them out of pages: what its classifier should be trained on beside MNIST."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.mnist import Split, load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker, SyntheticPage

Cut = Callable[[NDArray[np.uint8], NDArray[np.float32]], NDArray[np.uint8]]
NO_DIGIT = 10
SIZES = ((640, 480), (960, 1280))
GLYPHS = 9000
SEED = 11


def training_crops(count: int, cut: Cut) -> Split:
    """Cut every digit out of `count` pages of training digits; the same count gives the same digits."""
    glyphs = make_glyphs(load_mnist("train").balanced(min(GLYPHS, 30 * count), SEED), SEED)
    maker = PageMaker(glyphs)
    return page_crops((maker.page(SEED * 1_000_003 + i, SIZES[i % len(SIZES)]) for i in range(count)), cut, SEED)


def page_crops(pages: Iterable[SyntheticPage], cut: Cut, seed: int = 0, jitter: float = 0.05, others: int = 0) -> Split:
    """Cut every digit out of pages.

    Args:
        pages: pages whose digits stand upright; others are passed over.
        cut: the reader's own way from a grey picture and boxes (N, 4) to images (N, 28, 28); given by the
            caller, since data knows nothing of the runtime.
        seed: decides how far each box is off.
        jitter: how far, in parts of the box's longer side, as one standard deviation.
        others: how many places of each page that hold no digit to cut out too; their label is NO_DIGIT.
    """
    random = np.random.default_rng(seed)
    images, labels = [np.empty((0, 28, 28), np.uint8)], [np.empty(0, np.uint8)]
    for page in pages:
        if page.turn:
            continue
        boxes = np.array([digit.box for digit in page.digits], np.float32).reshape(-1, 4)
        empty = _elsewhere(page, boxes, random, others)
        off = random.normal(0, jitter, boxes.shape).astype(np.float32) * boxes[:, 2:].max(axis=1, initial=0)[:, None]
        boxes = np.concatenate([np.maximum(boxes + off * np.array([1, 1, 0.7, 0.7], np.float32), 1), empty])
        if len(boxes):
            images.append(cut(np.asarray(cv2.cvtColor(page.picture, cv2.COLOR_BGR2GRAY), np.uint8), boxes))
            labels.append(np.array([digit.digit for digit in page.digits] + [NO_DIGIT] * len(empty), np.uint8))
    return Split(np.concatenate(images), np.concatenate(labels))


def _elsewhere(
    page: SyntheticPage, boxes: NDArray[np.float32], random: np.random.Generator, count: int
) -> NDArray[np.float32]:
    """Boxes as large as the page's digits where none of them is."""
    height, width = page.picture.shape[:2]
    taken = np.concatenate([boxes, np.array(page.partial, np.float32).reshape(-1, 4)])
    sizes = boxes[:, 2:] if len(boxes) else np.array([[0.06 * height, 0.1 * height]], np.float32)
    found: list[NDArray[np.float32]] = []
    for _ in range(4 * count):
        size = sizes[random.integers(len(sizes))]
        corner = random.uniform(0, 1, 2).astype(np.float32) * (np.array([width, height], np.float32) - size)
        clear = ((corner > taken[:, :2] + taken[:, 2:]) | (corner + size < taken[:, :2])).any(axis=1).all()
        if clear and len(found) < count:
            found.append(np.concatenate([corner, size]).astype(np.float32))
    return np.array(found, np.float32).reshape(-1, 4)
