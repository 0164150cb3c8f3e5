"""Which of the teacher's copies a student sees, and when."""

import numpy as np
import pytest

from edgedigits_train.distil import CLEAN_END, WEARS, Judged


def copies(count: int) -> Judged:
    return Judged(np.zeros((count, 2, 28, 28), np.uint8), np.full((count, 2, 10), 0.1, np.float16))


def test_a_student_sees_every_copy_and_ends_with_the_nearly_clean_ones() -> None:
    epochs = 48
    order = [copies(len(WEARS)).copy_for(epoch, epochs) for epoch in range(epochs)]
    assert set(order[: len(WEARS)]) == set(range(len(WEARS)))
    last = order[-int(CLEAN_END * epochs) :]
    assert {WEARS[copy] for copy in last} == {min(WEARS)}
    assert len(set(last)) == WEARS.count(min(WEARS)), "each of them, not one over and over"


@pytest.mark.parametrize("epochs", [1, 2, 5])
@pytest.mark.parametrize("count", [1, len(WEARS)])
def test_any_number_of_epochs_and_copies_will_do(epochs: int, count: int) -> None:
    assert all(0 <= copies(count).copy_for(epoch, epochs) < count for epoch in range(epochs))
