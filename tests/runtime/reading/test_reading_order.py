"""Reading order, on boxes whose rows are known."""

import numpy as np
import pytest

from edgedigits.reading.reading_order import reading_order


def _written(rows: int, columns: int, slope: float = 0.0, bend: float = 0.0, pitch: float = 40.0) -> np.ndarray:
    """Boxes of a block of digits, row by row, each 20x30 pixels."""
    places = [
        (i * pitch, r * 55 + slope * i * pitch + bend * (i * pitch) ** 2) for r in range(rows) for i in range(columns)
    ]
    return np.array([[100 + x, 100 + y, 20, 30] for x, y in places], np.float32)


def _read(boxes: np.ndarray, columns: int) -> None:
    """Shuffle the boxes, and expect them back in the order they were written in."""
    shuffle = np.random.default_rng(1).permutation(len(boxes))
    rows = [[int(shuffle[i]) for i in row] for row in reading_order(boxes[shuffle])]
    assert rows == [list(range(start, start + columns)) for start in range(0, len(boxes), columns)]


@pytest.mark.parametrize("slope", [-0.5, -0.3, -0.1, 0.0, 0.05, 0.2, 0.4, 0.6])
def test_rows_under_a_slope(slope: float) -> None:
    _read(_written(5, 6, slope), 6)


@pytest.mark.parametrize("bend", [-0.0004, 0.0004])
def test_bent_rows(bend: float) -> None:
    _read(_written(4, 9, bend=bend), 9)


def test_a_column_is_a_row_for_each_digit() -> None:
    _read(_written(9, 1), 1)


def test_rows_of_digits_that_stand_far_apart() -> None:
    _read(_written(3, 5, slope=0.05, pitch=90), 5)


def test_columns_are_not_joined() -> None:
    left = _written(4, 3, pitch=25)
    right = left + np.array([400, 0, 0, 0], np.float32)
    rows = reading_order(np.concatenate([left, right]))
    assert sorted(map(tuple, rows)) == sorted(tuple(range(i, i + 3)) for i in range(0, 24, 3))


def test_blocks_are_read_one_after_the_other_and_tables_line_by_line() -> None:
    header, left = _written(1, 16, pitch=32), _written(5, 4, pitch=25)
    across, down = np.array([350, 0, 0, 0], np.float32), np.array([0, 120, 0, 0], np.float32)
    shifted = left * [1, 0.8, 1, 1] + across + [0, 45, 0, 0]  # other lines, nearer to each other
    _read_blocks([header, left + down, (shifted + down).astype(np.float32)], by_block=True)
    _read_blocks([header, left + down, left + down + across], by_block=False)


def _read_blocks(blocks: list[np.ndarray], by_block: bool) -> None:
    boxes = np.concatenate(blocks)
    shuffle = np.random.default_rng(2).permutation(len(boxes))
    rows = [[int(shuffle[i]) for i in row] for row in reading_order(boxes[shuffle])]
    starts = [16, 20, 24, 28, 32, 36, 40, 44, 48, 52] if by_block else [16, 36, 20, 40, 24, 44, 28, 48, 32, 52]
    assert rows == [list(range(16)), *(list(range(start, start + 4)) for start in starts)]


def test_every_box_is_in_one_row_whatever_the_boxes() -> None:
    random = np.random.default_rng(3)
    for count in (0, 1, 2, 7, 60):
        boxes = np.column_stack([random.uniform(0, 900, (count, 2)), random.uniform(1, 90, (count, 2))]).astype(
            np.float32
        )
        assert sorted(i for row in reading_order(boxes) for i in row) == list(range(count))


@pytest.mark.parametrize("gap", [60, 200, 600])
def test_a_page_of_one_line_is_one_row_however_wide_a_gap_is(gap: float) -> None:
    boxes = _written(1, 5, slope=0.01)
    boxes[3:, 0] += gap
    _read(boxes, 5)
    below = boxes + np.array([0, 80, 0, 0], np.float32)
    rows = reading_order(np.concatenate([boxes, below]))
    assert all(len({i // 5 for i in row}) == 1 for row in rows), "two lines are never one row"
