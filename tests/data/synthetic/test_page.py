"""Synthetic pages: their truth must be where the ink is, and a seed must say everything."""

import cv2
import numpy as np
import pytest

from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic import page as page_module
from edgedigits_data.synthetic.crops import NO_DIGIT, page_crops
from edgedigits_data.synthetic.faces import printed_faces
from edgedigits_data.synthetic.glyphs import draw, make_glyphs, skeletons
from edgedigits_data.synthetic.page import LAYOUT_ODDS, PageMaker, SyntheticPage
from edgedigits_data.synthetic.scoring import count_errors, edit_distance, score_rows


@pytest.fixture(scope="module")
def maker() -> PageMaker:
    return PageMaker(make_glyphs(load_mnist("validation").balanced(60)))


def _contrast(page: SyntheticPage) -> float:
    """How much more the picture varies inside the digits' boxes than elsewhere."""
    grey = cv2.GaussianBlur(cv2.cvtColor(page.picture, cv2.COLOR_BGR2GRAY), (3, 3), 0).astype(np.float32)
    detail = np.abs(grey - cv2.blur(grey, (41, 41)))
    inside = np.zeros(grey.shape, bool)
    for digit in page.digits:
        x, y, width, height = (round(v) for v in digit.box)
        inside[y : y + height, x : x + width] = True
    return float(detail[inside].mean() - detail[~inside].mean())


def test_a_seed_says_everything(maker: PageMaker) -> None:
    first, again, other = (maker.page(seed, (200, 160)) for seed in (3, 3, 4))
    assert np.array_equal(first.picture, again.picture)
    assert first.digits == again.digits
    assert first.picture.shape == (160, 200, 3)
    assert not np.array_equal(first.picture, other.picture)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_truth_is_where_the_ink_is(maker: PageMaker, turn: int) -> None:
    pages = [maker.page(seed, (320, 240), "rows", turn) for seed in range(12)]
    assert all(page.picture.shape == (240, 320, 3) for page in pages)
    assert np.mean([_contrast(page) > 0 for page in pages if page.digits]) > 0.8


@pytest.mark.parametrize("layout", list(LAYOUT_ODDS))
def test_boxes_lie_in_the_picture_and_rows_are_numbered_in_order(maker: PageMaker, layout: str) -> None:
    for seed in range(4):
        page = maker.page(seed, (256, 256), layout)
        numbers = [digit.row for digit in page.digits]
        assert numbers == sorted(numbers)
        assert sorted(set(numbers)) == list(range(len(page.rows)))
        for digit in page.digits:
            x, y, width, height = digit.box
            assert min(x, y) >= 0
            assert max(x + width, y + height) <= 256
        assert not (page.digits and layout == "none")


def test_thinning_leaves_lines_that_hang_together_as_before() -> None:
    images = load_mnist("validation").balanced(50).images
    masks = np.stack([cv2.resize(image, (56, 56), interpolation=cv2.INTER_CUBIC) > 100 for image in images])
    lines = skeletons(masks)
    assert not (lines & ~masks).any()
    for mask, line in zip(masks, lines, strict=True):
        pieces = [cv2.connectedComponents(m.astype(np.uint8), connectivity=8)[0] for m in (mask, line)]
        assert pieces[0] == pieces[1]
        blocks = line[1:, 1:] & line[:-1, 1:] & line[1:, :-1] & line[:-1, :-1]
        assert blocks.mean() < 0.003


def test_crops_carry_their_labels(maker: PageMaker) -> None:
    pages = [maker.page(seed, (256, 256), "rows") for seed in range(5)]
    asked = []

    def cut(grey: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        asked.extend(boxes)
        return np.stack([cv2.resize(grey[:28, :28], (28, 28)) for _ in boxes])

    split = page_crops(pages, cut, others=2)
    digits = split.labels != NO_DIGIT
    assert list(split.labels[digits]) == [digit.digit for page in pages for digit in page.digits]
    truth = np.array([digit.box for page in pages for digit in page.digits])
    assert np.abs(np.array(asked)[digits] - truth).max() < 0.5 * truth[:, 2:].max()
    assert (~digits).sum() > 0


def test_scores(maker: PageMaker) -> None:
    assert edit_distance("kitten", "sitting") == 3
    assert count_errors(["12", "3"], ["312"]) == 0
    assert count_errors(["12", "4"], ["3", "12"]) == 1
    page = maker.page(1, (256, 256), "rows")
    assert score_rows(page.rows, page).exact == 1
    assert score_rows([], page).errors == edit_distance("", "\n".join(page.rows))
    empty = maker.page(2, (256, 256), "none")
    assert score_rows(["12", "3"], empty).false_digits == 3


def test_typefaces_differ_and_have_the_ten_digits() -> None:
    faces = printed_faces()
    assert all(face.labels.tolist() == list(range(10)) for face in faces)
    assert len({face.fields.tobytes() for face in faces}) == len(faces) == 16


def test_a_swelling_stroke_is_broader_here_and_finer_there() -> None:
    glyphs = make_glyphs(load_mnist("validation").balanced(10))
    swell = np.array([[0.4, 0.4, 0.4], [1, 1, 1], [2.5, 2.5, 2.5]], np.float32)
    drawn = [draw(glyphs.fields[0], glyphs.boxes[0], 80, 6, np.eye(2), how)[0] for how in (None, swell)]
    assert drawn[0].shape == drawn[1].shape
    top, bottom = (slice(0, len(drawn[0]) // 4), slice(-(len(drawn[0]) // 4), None))
    assert drawn[1][top].sum() < drawn[0][top].sum()
    assert drawn[1][bottom].sum() > drawn[0][bottom].sum()


def test_print_is_seen_on_a_blackboard(maker: PageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "PAPER_ODDS", {"black": 1.0})
    lighter = []
    for page in (maker.page(seed, (320, 240), "grid") for seed in range(20)):
        for x, y, width, height in (np.round(digit.box).astype(int) for digit in page.digits):
            levels = page.picture[y : y + height, x : x + width]
            lighter.append(np.percentile(levels, 90) - np.percentile(levels, 25))
    assert np.mean(np.array(lighter) > 10) > 0.9
