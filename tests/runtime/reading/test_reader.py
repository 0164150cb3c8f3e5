"""Reading pages: with the networks that ship, on pages whose truth is known."""

import cv2
import numpy as np
import pytest

from edgedigits import DigitReader, PictureError, annotate
from edgedigits.reading.reader import _contrasts
from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker
from edgedigits_data.synthetic.scoring import PageScore, score_rows


@pytest.fixture(scope="module")
def reader() -> DigitReader:
    return DigitReader()


@pytest.fixture(scope="module")
def block() -> tuple[np.ndarray, list[str]]:
    """A clean photo-like page: three rows of large validation digits, dark on light."""
    digits = load_mnist("validation").balanced(300, 5)
    picture = np.full((420, 640), 225, np.uint8)
    rows, random = [], np.random.default_rng(2)
    for row in range(3):
        chosen = random.integers(0, 300, 6)
        rows.append("".join(str(digits.labels[i]) for i in chosen))
        for column, i in enumerate(chosen):
            ink = cv2.resize(digits.images[i], (84, 84), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
            area = picture[30 + 130 * row :, 40 + 95 * column :][:84, :84]
            area[:] = np.clip(area - ink * 180, 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(picture, (3, 3), 0), rows


def test_a_clean_page_is_read(reader: DigitReader, block: tuple[np.ndarray, list[str]]) -> None:
    picture, rows = block
    page = reader.read(picture)
    assert page.size == (640, 420)
    assert len(page.rows) == 3
    wrong = sum(a != b for read, true in zip(page.rows, rows, strict=True) for a, b in zip(read, true, strict=True))
    assert wrong <= 2
    assert page.text == "\n".join(page.rows)
    for digit in page.digits:
        assert digit.top[0] == (digit.digit, digit.confidence)
        assert len(digit.top) == 3
        x, y, width, height = digit.box
        assert min(x, y) >= 0
        assert x + width <= 640
        assert y + height <= 420


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_held_wrongly_is_recognized(
    reader: DigitReader, block: tuple[np.ndarray, list[str]], quarters: int
) -> None:
    picture, _ = block
    page, standing = reader.read(np.ascontiguousarray(np.rot90(picture, quarters))), reader.read(picture)
    assert page.turn == quarters * 90
    assert page.rows == standing.rows
    side = picture.shape[:2] if quarters % 2 else picture.shape[1::-1]
    assert page.size == side
    for digit in page.digits:
        x, y, width, height = digit.box
        assert np.rot90(picture, quarters)[y : y + height, x : x + width].min() < 120, "a box has ink in it"


def test_colour_and_grey_read_the_same(reader: DigitReader, block: tuple[np.ndarray, list[str]]) -> None:
    picture, _ = block
    assert reader.read(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)).rows == reader.read(picture).rows


def test_most_synthetic_digits_are_read(reader: DigitReader) -> None:
    maker = PageMaker(make_glyphs(load_mnist("validation").balanced(100)))
    pages = [maker.page(seed, (640, 480), layout) for seed in range(4) for layout in ("rows", "grid", "scattered")]
    score = sum((score_rows(reader.read(page.picture).rows, page) for page in pages), PageScore())
    assert score.error_rate < 1.0


def test_empty_pictures_have_no_digits(reader: DigitReader) -> None:
    for shape in [(1, 1), (30, 2000), (600, 800), (600, 800, 3)]:
        page = reader.read(np.full(shape, 190, np.uint8))
        assert page.rows == []
        assert page.text == ""


def test_what_is_no_picture_is_refused(reader: DigitReader) -> None:
    with pytest.raises(PictureError):
        reader.read(np.zeros((20, 20), np.float32))


@pytest.mark.parametrize("paper", [0, 128, 255])
def test_annotations_stand_out_from_any_background(reader: DigitReader, paper: int, block) -> None:
    page = reader.read(block[0])
    picture = np.full((420, 640, 3), paper, np.uint8)
    drawn = annotate(picture, page)
    assert drawn.shape == picture.shape
    assert (picture == paper).all()
    for digit in page.digits:
        x, y, _, height = digit.box
        edge = drawn[y : y + height, x].astype(int)
        assert np.abs(edge - paper).max(axis=1).mean() > 60


@pytest.mark.parametrize("size", [12, 60, 400])
def test_contrast_is_the_share_of_light_that_ink_takes_whatever_the_light_and_the_size(size: int) -> None:
    page = np.full((500, 500), 200, np.uint8)
    page[40 + size // 3 : 40 + size // 2, 40 : 40 + size] = 50
    boxes = np.array([[40, 40, size, size], [5, 5, 20, 20]], np.float32)
    np.testing.assert_allclose(_contrasts(page, boxes), [0.75, 0], atol=0.01)
    np.testing.assert_allclose(_contrasts(page // 2, boxes), [0.75, 0], atol=0.01)
