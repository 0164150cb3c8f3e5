"""Binomial tails against probabilities that can be counted on fingers."""

import math

import pytest

from edgedigits_data.binomial import upper_tail


@pytest.mark.parametrize(
    ("successes", "trials", "probability", "expected"),
    [
        (3, 3, 0.5, 1 / 8),
        (2, 3, 0.5, 4 / 8),
        (0, 3, 0.5, 1.0),
        (1, 0, 0.5, 0.0),
        (1, 2, 0.1, 0.19),
        (1, 5, 0.0, 0.0),
        (5, 5, 1.0, 1.0),
    ],
)
def test_small_counts(successes: int, trials: int, probability: float, expected: float) -> None:
    assert math.isclose(upper_tail(successes, trials, probability), expected, rel_tol=1e-12, abs_tol=1e-15)


def test_large_counts_neither_overflow_nor_vanish() -> None:
    assert math.isclose(upper_tail(35_000, 70_000, 0.5), 0.5015, abs_tol=1e-3)
    assert 0 < upper_tail(700, 1_000, 0.5) < 1e-30
