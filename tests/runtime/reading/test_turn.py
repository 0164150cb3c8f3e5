"""Turning pictures and boxes."""

import numpy as np
import pytest

from edgedigits.reading.turn import QUARTERS, turned_back, upright


@pytest.mark.parametrize("quarters", [0, *QUARTERS])
def test_a_box_found_on_the_upright_picture_is_put_where_it_was(quarters: int) -> None:
    picture = np.zeros((40, 70), np.uint8)
    picture[5:17, 11:19] = 255  # x 11, y 5, 8 wide, 12 high
    turned = upright(picture, quarters)
    rows, columns = np.nonzero(turned)
    box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
    found = turned_back(np.array([box], np.float32), quarters, (70, 40))
    assert found.tolist() == [[11, 5, 8, 12]]
    assert turned_back(found[:0], quarters, (70, 40)).shape == (0, 4)
