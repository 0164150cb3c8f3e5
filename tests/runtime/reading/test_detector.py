"""The detector and what is made of its answers: on answers written by hand, and on pages whose truth is known."""

import cv2
import numpy as np
import pytest

from edgedigits.reading.detector import ARTIFACT, GAIN, STRIDE, UNIT, Detector, Found, decode, flatten, overlaps
from edgedigits.reading.detector_scales import find_digits, merge
from edgedigits.reading.evidence import ONE_NAME, ONE_PLACE, join_evidence, one_in_a_place
from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker, SyntheticPage


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def pages() -> list[SyntheticPage]:
    maker = PageMaker(make_glyphs(load_mnist("validation").balanced(100)))
    return [maker.page(seed, (480, 360), "rows") for seed in range(60)]


def _found(*rows: tuple[float, float, float, float, float]) -> Found:
    values = np.array(rows, np.float32).reshape(-1, 5)
    return Found(values[:, :4], values[:, 4], np.full((len(values), 10), 0.1, np.float32))


def _grey(page: SyntheticPage) -> np.ndarray:
    return cv2.cvtColor(page.picture, cv2.COLOR_BGR2GRAY)


def test_light_is_taken_out_and_ink_stays() -> None:
    paper = np.full((200, 300), 200, np.float32)
    paper[80:120, 100:104] = 60
    shadow = np.linspace(1.0, 0.3, 300)[None]
    plain, shaded = flatten(paper.astype(np.uint8)), flatten((paper * shadow).astype(np.uint8))
    assert abs(int(plain[10, 10]) - 127) <= 2
    assert np.abs(plain.astype(int) - shaded).max() < 40
    assert plain[100, 102] < 40


def test_an_answer_is_read_as_it_was_written() -> None:
    answer = np.zeros((20, 30, 15), np.float32)
    answer[..., 0] = -6
    row, column, box = 7, 11, (39.0, 14.0, 12.0, 30.0)
    middle = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
    answer[row, column, 0] = 2.0
    answer[row, column, 1:3] = (middle - (np.array([column, row]) + 0.5) * STRIDE) / UNIT * GAIN
    answer[row, column, 3:5] = np.log(np.array(box[2:]) / UNIT) * GAIN
    answer[row, column, 5 + 4] = 3.0
    found = decode(answer, 0.3)
    assert len(found) == 1
    assert np.allclose(found.boxes[0], box, atol=1e-3)
    assert found.digits[0].argmax() == 4
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-2.0)))


@pytest.mark.parametrize("artifact", [ARTIFACT, "int8.tflite"])
def test_most_digits_of_pages_are_found_where_they_are(artifact: str, pages: list[SyntheticPage]) -> None:
    detector = Detector(artifact)
    hits = total = 0
    for page in pages:
        found = find_digits(detector, _grey(page), 0.3)
        truth = np.array([digit.box for digit in page.digits], np.float32).reshape(-1, 4)
        hits += int((overlaps(truth, found.boxes).max(axis=1, initial=0) > 0.4).sum())
        total += len(truth)
    assert hits > 0.75 * total


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (17, 33), (480, 641)])
def test_pictures_of_any_size(detector: Detector, size: tuple[int, int]) -> None:
    assert len(find_digits(detector, np.full(size, 200, np.uint8), 0.5)) == 0


def test_a_scale_that_shows_a_digit_better_wins() -> None:
    pieces = _found((100, 100, 40, 50, 0.5), (130, 180, 60, 60, 0.6), (500, 20, 20, 30, 0.9))
    whole = _found((90, 90, 150, 220, 0.8))
    joined = merge(pieces, whole, 1.0)
    assert {tuple(box) for box in joined.boxes.tolist()} == {(90, 90, 150, 220), (500, 20, 20, 30)}
    guess = _found((90, 90, 40, 60, 0.95))
    assert len(merge(pieces, guess, 1.0)) == len(pieces)


def test_a_believed_piece_of_ink_gives_the_box_and_two_digits_in_one_piece_stay_two() -> None:
    found = _found((12, 11, 15, 22, 0.6), (100, 50, 20, 30, 0.7), (125, 50, 20, 30, 0.7))
    pieces = np.array([(10, 10, 20, 30), (98, 48, 50, 34), (300, 300, 20, 30)], np.float32)
    joined = join_evidence(found, pieces)
    boxes = {tuple(box): score for box, score in zip(joined.boxes.tolist(), joined.scores.tolist(), strict=True)}
    assert set(boxes) == {(10, 10, 20, 30), (100, 50, 20, 30), (125, 50, 20, 30), (300, 300, 20, 30)}
    assert boxes[10, 10, 20, 30] > 0.6 > boxes[300, 300, 20, 30]


def test_ink_counts_once() -> None:
    random = np.random.default_rng(0)
    boxes = np.hstack([random.uniform(0, 100, (60, 2)), random.uniform(10, 30, (60, 2))]).astype(np.float32)
    sureness = random.random(60).astype(np.float32)
    names = random.integers(0, 3, 60)
    kept = one_in_a_place(boxes, names, sureness)

    def shared(a: np.ndarray, b: np.ndarray) -> float:
        sides = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
        return float(np.prod(np.maximum(sides, 0)) / min(np.prod(a[2:]), np.prod(b[2:])))

    for i in range(60):
        least = [ONE_NAME if names[i] == names[j] else ONE_PLACE for j in range(60)]
        rivals = [j for j in np.flatnonzero(kept) if j != i and shared(boxes[i], boxes[j]) >= least[j]]
        assert not rivals if kept[i] else any(sureness[j] > sureness[i] for j in rivals)
    assert one_in_a_place(boxes[:0], names[:0], sureness[:0]).shape == (0,)


def test_what_overlaps_is_one_digit_sooner_if_it_has_one_name() -> None:
    boxes = np.array([[0, 0, 20, 30], [12, 0, 20, 30]], np.float32)  # 0.4 of each in the other
    sureness = np.array([0.8, 0.9], np.float32)
    assert list(one_in_a_place(boxes, np.array([4, 4]), sureness)) == [False, True]
    assert list(one_in_a_place(boxes, np.array([4, 7]), sureness)) == [True, True]
