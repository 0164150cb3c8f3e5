"""Labels that can be read: none over another, none over another digit, none outside the picture."""

import numpy as np
import pytest

from edgedigits.imaging.annotation import COLORS
from edgedigits.imaging.label_layout import Label, place
from edgedigits.page import Digit

SIZE = (640, 480)


def digit(box: tuple[int, int, int, int], confidence: float = 1.0) -> Digit:
    return Digit(7, confidence, box, 0, [(7, confidence)])


def corners(box: tuple[int, int, int, int]) -> np.ndarray:
    x, y, width, height = box
    return np.array([x, y, x + width, y + height])


def cover(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    a, b = corners(a), corners(b)
    return bool((np.minimum(a[2:], b[2:]) > np.maximum(a[:2], b[:2])).all())


def crowd(columns: int, rows: int, seed: int) -> list[Digit]:
    """A picture full of digits, each as large as its cell allows or down to a third of that."""
    rng = np.random.default_rng(seed)
    wide, high = SIZE[0] // columns, SIZE[1] // rows
    found = []
    for i in range(columns * rows):
        width, height = (int(rng.integers(max(18, side // 3), side)) for side in (wide, high))
        x = i % columns * wide + int(rng.integers(wide - width))
        y = i // columns * high + int(rng.integers(high - height))
        found.append(digit((x, y, width, height), float(rng.random())))
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (5, 1), (5, 4), (20, 5), (10, 10)])
def test_labels_cover_neither_each_other_nor_other_digits(columns: int, rows: int, seed: int) -> None:
    digits = crowd(columns, rows, seed)
    labels = place(digits, SIZE, line=1)
    assert len(labels) == len(digits)
    for i, (mine, label) in enumerate(zip(digits, labels, strict=True)):
        assert label.text in (f"7 {mine.confidence:.0%}", "7")
        assert (corners(label.box)[:2] >= 0).all()
        assert (corners(label.box)[2:] <= SIZE).all()
        assert not any(cover(label.box, other.box) for j, other in enumerate(digits) if j != i)
        assert not any(cover(label.box, other.box) for j, other in enumerate(labels) if j != i)
        assert label.baseline[0] > label.box[0]
        assert label.box[1] < label.baseline[1] < corners(label.box)[3]


def test_where_there_is_room_all_labels_stand_above_and_say_how_sure() -> None:
    row = [digit((60 + 100 * i, 200, 40, 56)) for i in range(5)]
    assert [(label.text, corners(label.box)[3]) for label in place(row, SIZE, 1)] == [("7 100%", 200)] * 5


def test_a_label_grows_with_the_digit_and_with_the_picture() -> None:
    def height(box: tuple[int, int, int, int], line: int) -> int:
        label: Label = place([digit(box)], (6400, 4800), line)[0]
        return label.box[3]

    assert height((500, 500, 20, 30), 1) < height((500, 500, 50, 80), 1)
    assert height((500, 500, 300, 400), 1) < height((500, 500, 300, 400), 4)


def test_nothing_read_is_nothing_to_place() -> None:
    assert place([], SIZE, 1) == []


def test_white_letters_have_contrast_on_every_color() -> None:
    """WCAG 2.1's contrast ratio, at least 4.5 for text (level AA)."""
    for _, color in COLORS:
        blue, green, red = (np.array(color) / 255) ** 2.2
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5
